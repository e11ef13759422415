"""Uploaded alerts: read from any kind of file, placed among similar alerts, never added to the catalogue."""

from __future__ import annotations

import bz2
import gzip
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.errors import refused
from tests.support.fits import fits_bytes
from tests.support.packets import CANDID, CUTOUTS, archive, avro, cutout, fink, images, packet
from ztfexplore.alerts.alert import Alert, Reason
from ztfexplore.alerts.survey import SURVEYS
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, principal_axes, projection, uploaded_alert
from ztfexplore.embeddings.neighbours import NeighbourIndex, Neighbours
from ztfexplore.embeddings.uploaded_alert import UploadedAlertError
from ztfexplore.encoders import encoder
from ztfexplore.errors import EncoderError
from ztfexplore.sources.simulation.simulate import simulate_alerts

GOOD = avro(packet())


def first(file: bytes | Path, name: str) -> Alert:
    return uploaded_alert.read_uploaded_alerts(file, name)[0]


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress], ids=["plain", "gzip", "bzip2"])
def test_a_packet_is_read_packed_or_not(pack):
    alert = first(pack(GOOD), "../night/alert.avro.gz")
    assert (alert.candid, alert.object_id, alert.survey) == (CANDID, "ZTF18abcdefg", "ztf")
    assert alert.source.startswith("alert.avro.gz")


def test_fits_parquet_archives_and_paths_are_read(tmp_path):
    image = images()[0]
    assert first(fits_bytes(image), "M51.fits").object_id == "M51"
    assert first(gzip.compress(fits_bytes(image)), "M51.fits.gz").stamp.shape == (1, 63, 63)
    assert first(fink(tmp_path / "one.parquet", [packet()]), "one.parquet").candid == CANDID
    assert first(archive(tmp_path / "n.tar.gz", {"a.avro": GOOD}), "n.tar.gz").candid == CANDID


def test_several_alerts_are_offered_in_order_and_not_without_end():
    several = [packet(CANDID + n) for n in range(uploaded_alert.MOST_ALERTS + 20)]
    found = uploaded_alert.read_uploaded_alerts(avro(*several[:3]), "three.avro")
    assert [alert.candid for alert in found] == [CANDID, CANDID + 1, CANDID + 2]
    assert len(uploaded_alert.read_uploaded_alerts(avro(*several), "many.avro")) == uploaded_alert.MOST_ALERTS


BAD = {
    "nothing": (b"", Reason.UNKNOWN_FORMAT),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), Reason.UNKNOWN_FORMAT),
    "text": (b"<html><script>alert(1)</script></html>", Reason.UNKNOWN_FORMAT),
    "cut off": (GOOD[: len(GOOD) // 2], Reason.DAMAGED_PACKET),
    "cut off in its gzip": (gzip.compress(GOOD)[:-200], None),
    "a gzip bomb": (gzip.compress(GOOD[:4] + bytes(100 * 1024**2)), None),
    "a bomb of zeros": (gzip.compress(bytes(100 * 1024**2)), Reason.EMPTY),
    "wrong schema": (avro(packet(), without=["candidate"]), Reason.MISSING_FIELD),
    "no stamp": (avro(packet(cutouts={CUTOUTS[0]: None})), Reason.NO_CUTOUT),
    "blank": (avro(packet(pixels=np.full((3, 63, 63), np.nan, "f4"))), Reason.BLANK_CUTOUT),
    "blank FITS": (fits_bytes(np.full((30, 30), np.nan, "f4")), Reason.BLANK_CUTOUT),
    "half a FITS": (fits_bytes(images()[0])[:4000], Reason.DAMAGED_CUTOUT),
    "a table": (fits_bytes(None), Reason.NO_CUTOUT),
}


@pytest.mark.parametrize(("data", "reason"), BAD.values(), ids=BAD.keys())
def test_what_is_no_alert_is_said_so(data, reason):
    with pytest.raises(UploadedAlertError) as error:
        first(data, "x<b>.avro")
    assert "x<b>.avro" in str(error.value) and "\n" not in str(error.value)
    assert error.value.reasons == (() if reason is None else (reason,))


def test_what_is_too_large_is_not_even_read(tmp_path):
    file = tmp_path / "night.avro"
    with file.open("wb") as opened:
        opened.truncate(300 * 1024**2)  # sparse
    with refused(UploadedAlertError, "night.avro", 300, 64):
        first(file, "night.avro")
    with refused(UploadedAlertError, "none.avro"):
        first(tmp_path / "none.avro", "none.avro")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
def test_damage_ends_in_an_alert_or_in_one_clear_line(at, bytes_):
    damaged = GOOD[:at] + bytes_ + GOOD[at + len(bytes_) :]
    with suppress(UploadedAlertError):
        assert isinstance(first(damaged, "a.avro"), Alert)


# --- placement ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parts(demo_catalogue):
    """(catalogue, encoder, index, map) of the demo."""
    catalogue = Catalogue.open(demo_catalogue)
    index = NeighbourIndex.of(catalogue.frame(), embedding.read_embedding(catalogue, "simclr").values)
    return (
        catalogue,
        uploaded_alert.load_matching_encoder(catalogue, "simclr"),
        index,
        projection.read_map(catalogue, "simclr").points,
    )


def test_an_alert_of_the_catalogue_is_placed_on_itself(parts):
    catalogue, network, index, points = parts
    extent = np.linalg.norm(np.ptp(points, axis=0))
    off = []
    for row, alert in zip(range(12), simulate_alerts(150, seed=3), strict=False):
        found = uploaded_alert.place_alert(alert, network, index, points)
        assert alert.candid == catalogue.frame()["candid"].iloc[row]
        assert found.neighbours.rows[0] == row and found.neighbours.distances[0] < 1e-5
        off.append(np.linalg.norm(np.subtract(found.position, points[row])) / extent)
    assert np.median(off) < 0.05


def test_placing_an_alert_adds_nothing(parts):
    catalogue, network, index, points = parts
    before = (catalogue.version, len(catalogue))
    uploaded_alert.place_alert(next(simulate_alerts(1, seed=77)), network, index, points)
    catalogue.refresh()
    assert (catalogue.version, len(catalogue)) == before


def test_a_stamp_that_does_not_fit_the_encoder_is_said_so(parts):
    _, network, index, points = parts
    for image, said in ((images()[0], "63x63"), (images()[:, :15, :15], "15x15")):
        found = uploaded_alert.place_alert(first(fits_bytes(image), "a.fits"), network, index, points)
        assert found.neighbours is None and found.position is None
        assert said in found.problem and "simclr" in found.problem


def test_other_weights_than_the_columns_are_refused(tmp_path):
    catalogue = Catalogue.create(tmp_path / "c")
    ingest(simulate_alerts(20, seed=1), catalogue)
    own = encoder.random_encoder(seed=4)
    own.name = own.card["name"] = "mine"
    encoder.save(own, tmp_path / "mine")
    embedding.embed(catalogue, own)
    with refused(EncoderError, "mine"):
        uploaded_alert.load_matching_encoder(catalogue, "mine")
    other = encoder.random_encoder(seed=5)
    embedding.embed(catalogue, other)
    with refused(EncoderError, "random", "ztfexplore embed"):
        uploaded_alert.load_matching_encoder(catalogue, "random")


def test_the_axes_of_pca_are_found_again_or_refused(tmp_path):
    catalogue = Catalogue.create(tmp_path / "c")
    ingest(simulate_alerts(30, seed=1), catalogue)
    embedding.embed(catalogue, principal_axes.fit_catalogue(catalogue))
    found = uploaded_alert.load_matching_encoder(catalogue, "pca")
    alert = next(simulate_alerts(30, seed=1))
    assert np.allclose(found.embed([alert.stamp])[0], embedding.read_embedding(catalogue, "pca").values[0], atol=1e-4)
    ingest(simulate_alerts(40, seed=2), catalogue)
    with refused(EncoderError, "pca"):
        uploaded_alert.load_matching_encoder(catalogue, "pca")


# --- the place ------------------------------------------------------------------------------------------------------


def near(rows, distances) -> Neighbours:
    return Neighbours(np.array(rows, np.int64), np.array(distances, np.float32))


@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=12), st.data())
def test_a_place_lies_among_the_neighbours(there, data):
    points = np.array(there, np.float32)
    distances = sorted(data.draw(st.lists(st.floats(0, 2), min_size=len(there), max_size=len(there))))
    x, y = uploaded_alert.map_position(points, near(range(len(there)), distances))
    low, high = points.min(axis=0) - 1e-3, points.max(axis=0) + 1e-3
    assert low[0] <= x <= high[0] and low[1] <= y <= high[1]


def test_a_place_does_not_fall_between_two_groups():
    points = np.array([[0, 0], [0.1, 0], [0, 0.1], [0.1, 0.1], [10, 10], [10.1, 10]], np.float32)
    x, y = uploaded_alert.map_position(points, near(range(6), [0.1] * 6))
    assert np.hypot(x, y) < 0.5


def test_neighbours_without_a_place_do_not_count():
    points = np.array([[1, 2], [np.nan, np.nan]], np.float32)
    assert uploaded_alert.map_position(points, near([1, 0], [0, 0.5])) == pytest.approx((1, 2))
    assert uploaded_alert.map_position(points, near([1], [0])) is None
    assert uploaded_alert.map_position(points, near([], [])) is None


# --- notes ----------------------------------------------------------------------------------------------------------


def test_notes_say_what_is_not_alike():
    alert, image = first(GOOD, "a.avro"), first(fits_bytes(images()), "cube.fits")
    assert uploaded_alert.notes(alert, [ZTF], known=False) == ()
    assert "already" in uploaded_alert.notes(alert, [ZTF], known=True)[0]
    (said,) = uploaded_alert.notes(alert, [SIMULATED], known=False)
    assert "Simulated" in said and "taken as" not in said
    (said,) = uploaded_alert.notes(alert, [HUBBLE], known=False)
    assert "red, green, blue" in said
    (said,) = uploaded_alert.notes(image, [ZTF], known=False)
    assert "science, template, difference" in said
    assert set(SURVEYS) >= {alert.survey, image.survey}


def test_the_cutout_helper_is_a_fits_file_too():
    assert first(cutout(images()[0]), "cutout.fits.gz").survey == "fits"
