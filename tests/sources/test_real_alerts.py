"""The real alerts, taken in as a user would: every count, every reject, every label, and stamps at the chip's edge."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections import Counter
from pathlib import Path

import fastavro
import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy.ndimage import uniform_filter

from ztfexplore.alerts import stamps
from ztfexplore.alerts.labels_csv import read_labels
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.cli import main

pytestmark = pytest.mark.real_data

CENTRE, INNER = ZTF.stamp_size // 2, 31
LABELS = {"VS": 578, "asteroid": 301, "SN": 186, "bogus": 140, "AGN": 54}
VERSIONS = {"1.7", "1.8", "2.0", "3.0", "3.1", "3.2", "3.3", "3.5", "4.01", "4.02"}
EDGE_ALERTS = 20
FAINT_EDGE_ALERTS = 1  # candid 396522680015040001 is no more than noise, and its peak is elsewhere


def sources(shared_data: Path) -> list[Path]:
    nights = sorted((shared_data / "ztf").glob("ztf_public_part*.tar.gz"))
    return [*nights, shared_data / "fink" / "fink_alerts.parquet", shared_data / "ztf" / "corrupt.tar.gz"]


@pytest.fixture(scope="module")
def command(shared_data, tmp_path_factory) -> list[str]:
    """The command line that takes everything in."""
    folder = tmp_path_factory.mktemp("real")
    labels = shared_data / "ztf" / "labels.csv"
    options = {"--catalogue": folder / "catalogue", "--labels": labels, "--rejects": folder / "rejects.csv"}
    return ["ingest", *map(str, sources(shared_data)), *(str(x) for pair in options.items() for x in pair), "--json"]


@pytest.fixture(scope="module")
def ingested(command) -> Result:
    return CliRunner().invoke(main, command, catch_exceptions=False)


@pytest.fixture(scope="module")
def catalogue(command, ingested) -> Catalogue:
    return Catalogue.open(command[command.index("--catalogue") + 1])


def test_all_good_packets_are_accepted_and_the_six_damaged_rejected(ingested, catalogue):
    assert ingested.exit_code == 0
    report = json.loads(ingested.stdout)
    assert (report["accepted"], report["duplicates"], report["rejected"]) == (1979, 0, 6)
    assert report["reasons"] == {"damaged cutout": 6}
    assert len(catalogue) == 1979


def test_each_reject_is_named_with_its_reason(command, ingested, shared_data):
    with tarfile.open(shared_data / "ztf" / "corrupt.tar.gz") as tar:
        names = tar.getnames()
    with Path(command[command.index("--rejects") + 1]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["candid"] for row in rows] == [name.removesuffix(".avro") for name in names]
    assert all(int(row["candid"]) < 0 for row in rows)
    for row, name in zip(rows, names, strict=True):
        assert row["source"] == f"{shared_data / 'ztf' / 'corrupt.tar.gz'}:{name}"
        assert row["reason"] == "damaged cutout: science: not FITS but a JPEG picture"
        assert row["candid"] in ingested.stderr


def test_the_second_run_changes_nothing(command, catalogue):
    version = catalogue.version
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["accepted"], report["duplicates"], report["rejected"]) == (0, 1979, 6)
    assert report["relabelled"] == 0
    catalogue.refresh()
    assert (len(catalogue), catalogue.version) == (1979, version)


def test_the_candids_are_those_of_the_packets_to_the_last_digit(catalogue, shared_data):
    with (shared_data / "ztf" / "labels.csv").open(newline="") as file:
        expected = sorted(int(row["candid"]) for row in csv.DictReader(file))
    assert sorted(catalogue.table(["candid"]).column("candid").to_pylist()) == expected


def test_every_label_is_that_of_the_file(catalogue, shared_data):
    table = catalogue.table(["candid", "label", "label_source"])
    assert Counter(table.column("label").to_pylist()) == LABELS | {None: 720}
    told = read_labels(shared_data / "ztf" / "labels.csv")
    for row in table.to_pylist():
        label = told.get(row["candid"])
        assert (row["label"], row["label_source"]) == ((label.label, label.label_source) if label else (None, None))


def test_every_version_of_the_schema_is_read(catalogue, shared_data):
    """An alert of each version, compared with what its packet says."""
    found = {}
    for packet, version in packets(sources(shared_data)[:4]):
        found.setdefault(version, packet)
        if set(found) == VERSIONS:
            break
    assert set(found) == VERSIONS
    for packet in found.values():
        row = catalogue.row_of(packet["candid"])
        kept, candidate = catalogue.table().slice(row, 1).to_pylist()[0], packet["candidate"]
        assert (kept["object_id"], kept["ra"], kept["dec"]) == (packet["objectId"], candidate["ra"], candidate["dec"])
        assert kept["band"] == {1: "g", 2: "r", 3: "i"}[candidate["fid"]]
        assert kept["positive"] == (candidate["isdiffpos"] in ("t", "1"))
        assert kept["magnitude"] == pytest.approx(candidate["magpsf"])
        assert kept["drb"] == pytest.approx(candidate.get("drb"), nan_ok=True)
        dated = [entry for entry in packet["prv_candidates"] or () if entry["jd"] is not None]
        assert len(catalogue.heavy(row)["history"]) == len(dated)


def packets(paths: list[Path]):
    """Every packet of the archives, with the version of its schema."""
    for path in paths:
        with tarfile.open(path) as tar:
            for member in tar:
                reader = fastavro.reader(io.BytesIO(tar.extractfile(member).read()))
                for packet in reader:
                    yield packet, packet.get("schemavsn") or reader.writer_schema["version"]


def test_every_stamp_is_whole_and_can_be_normalised(catalogue):
    found = catalogue.stamps(range(len(catalogue)))
    assert {stamp.shape for stamp in found} == {(3, 63, 63)}
    good = np.array([stamps.good_pixels(stamp).all() for stamp in found])
    assert 0.10 < 1 - good.mean() < 0.16  # about 13 % carry bad pixels
    assert np.isfinite(stamps.normalise(np.stack(found))).all()


def test_stamps_cut_by_the_edge_have_their_object_at_the_centre(catalogue):
    rows, candidates = edge_alerts(catalogue)
    assert len(rows) == EDGE_ALERTS
    at_centre = 0
    for stamp, candidate in zip(catalogue.stamps(rows), candidates, strict=True):
        # Bad subtractions are dark at the centre, and neighbours may be brighter further out.
        flux = np.abs(uniform_filter(stamps.normalise(stamp)[2], 3))
        peak = np.unravel_index(np.argmax(stamps.centre_crop(flux, INNER)), (INNER, INNER))
        at_centre += max(abs(row - INNER // 2) for row in peak) <= 1
        known = stamps.good_pixels(stamp[2])
        x, y = round(candidate["xpos"]), round(candidate["ypos"])
        assert not known[: max(0, CENTRE + 1 - y)].any() and not known[:, : max(0, CENTRE + 1 - x)].any()
        assert known[CENTRE, CENTRE]
    assert at_centre >= EDGE_ALERTS - FAINT_EDGE_ALERTS


def edge_alerts(catalogue: Catalogue) -> tuple[list[int], list[dict]]:
    """Rows and candidate records of the alerts so near to an edge that their cutouts lack rows or columns."""
    rows, candidates = [], []
    width, height = ZTF.detector
    for row, text in enumerate(catalogue.table(["candidate"]).column("candidate").to_pylist()):
        candidate = json.loads(text)
        x, y = candidate["xpos"], candidate["ypos"]
        if min(x - 1, y - 1, width - x, height - y) < CENTRE - 0.5:
            rows.append(row)
            candidates.append(candidate)
    return rows, candidates
