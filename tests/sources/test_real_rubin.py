"""The real Rubin alerts of every framing, accepted as a user would: once each, with the packets' own values."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS
from click.testing import CliRunner

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.cli import main
from ztfexplore.embeddings import embedding
from ztfexplore.encoders import cards
from ztfexplore.sources.lsst import schemas

pytestmark = pytest.mark.real_data

EXACT = 1e-6
CHANNELS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")


@pytest.fixture(scope="module")
def rubin(shared_data) -> Path:
    if not (shared_data / "rubin" / "manifest.csv").exists():
        pytest.skip(f"the Rubin alerts are not at {shared_data / 'rubin'}")
    return shared_data / "rubin"


@pytest.fixture(scope="module")
def manifest(rubin) -> list[dict[str, str]]:
    with (rubin / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ingested(rubin, tmp_path_factory) -> dict[str, Any]:
    """The report of an ingest of both folders, with the catalogue's and the rejects' paths."""
    folder = tmp_path_factory.mktemp("rubin")
    paths = {"--catalogue": folder / "catalogue", "--rejects": folder / "rejects.csv"}
    options = [str(part) for pair in paths.items() for part in pair]
    done = CliRunner().invoke(main, ["ingest", str(rubin), str(rubin.parent / "lsst"), *options, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout) | {"catalogue": paths["--catalogue"], "rejected_as": paths["--rejects"]}


@pytest.fixture(scope="module")
def catalogue(ingested) -> Catalogue:
    return Catalogue.open(ingested["catalogue"])


@pytest.fixture(scope="module")
def records(rubin) -> dict[int, dict[str, Any]]:
    """The packets themselves, by diaSourceId, read without our code but for the schemas' text.

    One was reprocessed and is there in two framings: the first counts.
    """
    found: dict[int, dict[str, Any]] = {}
    for record in _records(rubin):
        if record.get("cutoutScience"):
            found.setdefault(record["diaSource"]["diaSourceId"], record)
    return found


def _records(rubin: Path) -> Iterator[dict[str, Any]]:
    for path in sorted([*rubin.glob("*/*"), *(rubin.parent / "lsst").glob("*.parquet")]):
        if path.suffix == ".parquet":
            columns = ["diaSource", *CHANNELS]
            yield from pq.read_table(path, columns=columns).to_pylist()
        elif path.parent.name.startswith("avro"):
            with path.open("rb") as file:
                yield from fastavro.reader(file)
        elif "12345" not in path.name:
            with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
                number = int.from_bytes(file.read(5)[1:], "big")
                yield fastavro.schemaless_reader(file, schemas.schema(number), None)


def test_every_alert_with_cutouts_is_accepted_once(ingested, catalogue, manifest):
    wanted = {int(row["diaSourceId"]) for row in manifest if row["n_cutouts"] == "3"}
    found = catalogue.table(["candid", "survey"]).to_pylist()
    assert wanted <= {row["candid"] for row in found}
    assert len(found) == len({row["candid"] for row in found}) == ingested["accepted"] == 465
    assert ingested["duplicates"] == 1 and {row["survey"] for row in found} == {"lsst"}


def test_every_packet_without_cutouts_is_rejected_by_name(ingested, manifest, rubin):
    with ingested["rejected_as"].open(newline="", encoding="utf-8") as file:
        rejects = {Path(row["source"]).name: row for row in csv.DictReader(file)}
    bare = {path.name for folder in rubin.glob("*_no_cutouts") for path in folder.iterdir()}
    assert len(bare) == sum(row["n_cutouts"] == "0" for row in manifest) == 28
    for name in bare:
        if "12345" in name:
            assert "schema id 12345, which is unknown" in rejects[name]["reason"]
        else:
            assert rejects[name]["reason"] == "no cutout: science, template, difference"
            assert rejects[name]["candid"] == "281323062375219200"
    assert set(rejects) == bare | {"README.md", "manifest.csv"}


def test_ids_positions_magnitudes_and_dates_are_the_packets_own(catalogue, records):
    rows = catalogue.table().to_pylist()
    assert {row["candid"] for row in rows} == set(records)
    for row in rows:
        source = records[row["candid"]]["diaSource"]
        assert row["object_id"] == str(source["diaObjectId"] or source["ssObjectId"]) != "0"
        assert abs(row["ra"] - source["ra"]) < EXACT and abs(row["dec"] - source["dec"]) < EXACT
        assert abs(row["magnitude"] - (31.4 - 2.5 * math.log10(abs(source["psfFlux"])))) < EXACT
        error = 2.5 / math.log(10) * source["psfFluxErr"] / abs(source["psfFlux"])
        assert abs(row["magnitude_error"] - error) < EXACT
        assert row["band"] == source["band"] and row["band"] in "ugrizy"
        assert row["psfFlux"] == pytest.approx(source["psfFlux"])
    dates = Time([records[row["candid"]]["diaSource"]["midpointMjdTai"] for row in rows], format="mjd", scale="tai")
    np.testing.assert_allclose([row["mjd"] for row in rows], dates.utc.mjd, rtol=0, atol=1e-8)


def test_pixels_are_those_that_astropy_reads(catalogue, records):
    rows = catalogue.table(["candid"]).column("candid").to_pylist()
    for stamp, candid in zip(catalogue.stamps(range(len(rows))), rows, strict=True):
        for image, field in zip(stamp, CHANNELS, strict=True):
            np.testing.assert_array_equal(image, fits.PrimaryHDU.fromstring(records[candid][field]).data)


def test_rotation_and_scale_are_those_of_the_headers(catalogue, records):
    """North by astropy with the missing CTYPE. ROTPA is that of the telescope's axis: away from the celestial equator
    the meridians of a field 3.5 deg wide differ from it by up to two degrees."""
    told = 0
    for row in catalogue.table(["candid", "north_angle", "pixel_scale"]).to_pylist():
        header = fits.PrimaryHDU.fromstring(records[row["candid"]]["cutoutScience"]).header
        header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
        world = WCS(header)
        north = world.wcs_world2pix([[header["CRVAL1"], header["CRVAL2"] + 1e-5]], 1)[0] - world.wcs.crpix
        expected = math.degrees(math.atan2(-north[0], north[1]))
        assert abs((row["north_angle"] - expected + 180) % 360 - 180) < 0.05
        assert 0.15 < row["pixel_scale"] < 0.21
        if "ROTPA" in header:
            told += 1
            assert abs((row["north_angle"] + header["ROTPA"] + 180) % 360 - 180) < 2.2
    assert told > 50


def test_light_curves_come_with_the_alerts(catalogue):
    histories = [catalogue.heavy(row)["history"] for row in range(len(catalogue))]
    assert sum(len(points) > 0 for points in histories) > 150
    assert max(len(points) for points in histories) > 1000
    for points in histories:
        assert [point["mjd"] for point in points] == sorted(point["mjd"] for point in points)


def test_encoders_say_whether_they_fit_and_pca_embeds_them(catalogue):
    assert not cards.fits("simclr", {"lsst"}) and cards.fits("pca", {"lsst"})
    assert embedding.embed(catalogue, embedding.load_encoder(catalogue, "pca")) == len(catalogue)
    assert np.isfinite(embedding.read_embedding(catalogue, "pca").values).all()
