"""A packet: what a good one becomes, and that damage is named, costs only what is damaged, and never raises."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import packets
from tests.support.packets import CANDID, CENTRE, CUTOUTS, avro, from_avro, packet, previous, read_bytes
from ztfexplore.alerts.alert import Reason, Reject
from ztfexplore.catalogue import schema
from ztfexplore.sources import cutout
from ztfexplore.sources.ztf_packet import alert_from_packet

SCIENCE = CUTOUTS[0]
IMAGE = packets.images()[0]
GZIPPED = packets.cutout(IMAGE)


# --- a good packet ------------------------------------------------------------------------------------------------


def test_what_a_packet_says_is_what_the_alert_says():
    alert = from_avro(packet(CANDID, "ZTF18abcdefg", jd=2459000.75, fid=2, magpsf=18.5, sigmapsf=0.125, isdiffpos="t"))
    assert (alert.survey, alert.candid, alert.object_id) == ("ztf", CANDID, "ZTF18abcdefg")
    assert (alert.ra, alert.dec) == (210.5, -12.25)
    assert alert.mjd == 59000.25
    assert (alert.band, alert.magnitude, alert.magnitude_error, alert.positive) == ("r", 18.5, 0.125, True)
    assert alert.source == "memory"
    assert alert.label is None and alert.label_source is None


def test_the_channels_are_science_template_difference_as_read():
    pixels = packets.images(3)
    pixels[1, 5, 6] = np.nan
    alert = from_avro(packet(pixels=pixels))
    assert alert.stamp.dtype == np.float32 and alert.stamp.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(alert.stamp, pixels)


def test_every_scalar_of_the_candidate_record_is_kept():
    kept = from_avro(packet(rb=0.75, ssnamenr="null", ndethist=12, drb=None)).candidate
    assert kept["rb"] == 0.75 and kept["ssnamenr"] == "null" and kept["ndethist"] == 12 and kept["drb"] is None
    assert set(kept) == set(packets.CANDIDATE)
    assert kept["candid"] == CANDID


def test_an_uncompressed_cutout_is_read_as_well():
    pixels = packets.images()
    alert = from_avro(packet(pixels=pixels, cutouts={SCIENCE: packets.fits(pixels[0])}))
    np.testing.assert_array_equal(alert.stamp, pixels)


@pytest.mark.parametrize(("fid", "band"), [(1, "g"), (2, "r"), (3, "i"), (4, "unknown"), (None, "unknown")])
def test_bands(fid, band):
    assert from_avro(packet(fid=fid)).band == band


@pytest.mark.parametrize(
    ("written", "positive"),
    [("t", True), ("1", True), ("true", True), ("f", False), ("0", False), ("false", False), (None, None), ("?", None)],
)
def test_isdiffpos_in_all_its_spellings(written, positive):
    assert from_avro(packet(isdiffpos=written)).positive is positive


@pytest.mark.parametrize("nothing", [-999.0, float("nan"), float("inf"), None])
def test_nothing_is_nothing_however_it_is_written(nothing):
    alert = from_avro(packet(magpsf=nothing, drb=nothing, sgscore1=nothing))
    assert alert.magnitude is None
    row = schema.to_table([alert]).to_pylist()[0]
    assert row["drb"] is None and row["sgscore1"] is None and row["rb"] == 0.75
    assert "NaN" not in row["candidate"] and "Infinity" not in row["candidate"]
    json.loads(row["candidate"])


@pytest.mark.parametrize("field", ["drb", "xpos", "ypos", "sgscore1", "magpsf", "isdiffpos", "fid"])
def test_a_field_that_old_packets_lack_does_not_matter(field):
    assert from_avro(packet(), without=[field]).candid == CANDID


def test_a_packet_without_earlier_detections():
    assert from_avro(packet(previous=None)).history == ()
    assert from_avro(packet(), without=["prv_candidates"]).history == ()


def test_the_history_is_in_the_order_of_time_with_limits_and_without_what_has_no_date():
    entries = [
        previous(2458990.5, magpsf=19.5, sigmapsf=0.25, isdiffpos="f"),
        previous(None, magpsf=17.0),
        previous(2458980.5, fid=2, diffmaglim=20.25),
        previous(float("nan")),
    ]
    first, second = from_avro(packet(previous=entries)).history
    assert (first.mjd, first.band, first.magnitude, first.limit, first.positive) == (58980.0, "r", None, 20.25, None)
    assert (second.mjd, second.band, second.magnitude, second.positive) == (58990.0, "g", 19.5, False)


def test_a_negative_candid_is_a_candid():
    assert from_avro(packet(-121540793515135002)).candid == -121540793515135002


def test_candids_that_differ_in_the_last_digit_stay_apart():
    alerts, _ = read_bytes(avro(packet(CANDID), packet(CANDID + 1)))
    assert float(CANDID) == float(CANDID + 1)
    assert [alert.candid for alert in alerts] == [CANDID, CANDID + 1]


# --- stamps cut by the detector's edge ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xpos", "ypos", "rows", "columns"),
    [
        (11.0, 1500.0, slice(0, 63), slice(21, 63)),
        (3062.0, 1500.0, slice(0, 63), slice(0, 42)),
        (1500.0, 11.0, slice(21, 63), slice(0, 63)),
        (1500.0, 3070.0, slice(0, 42), slice(0, 63)),
        (11.0, 3070.0, slice(0, 42), slice(21, 63)),
    ],
)
def test_an_edge_stamp_has_its_object_at_the_centre(xpos, ypos, rows, columns):
    cut = packets.images()[:, rows, columns]
    stamp = from_avro(packet(pixels=cut, xpos=xpos, ypos=ypos)).stamp
    assert stamp.shape == (3, 63, 63)
    assert np.unravel_index(np.nanargmax(stamp[2]), (63, 63)) == (CENTRE, CENTRE)
    np.testing.assert_array_equal(stamp[:, rows, columns], cut)
    assert np.isnan(stamp).sum() == stamp.size - cut.size


# --- a damaged packet ---------------------------------------------------------------------------------------------


def pixels_of(height: int, width: int) -> np.ndarray:
    return np.ones((3, height, width), dtype=np.float32)


BLANK = packets.images()
BLANK[2] = np.nan
FILLED = packets.images()
FILLED[1] = 3.4e38

DAMAGE = {
    "no candid": (packet(None), Reason.MISSING_FIELD, "candid"),
    "no objectId": (packet(object_id=None), Reason.MISSING_FIELD, "objectId"),
    "empty objectId": (packet(object_id=""), Reason.MISSING_FIELD, "objectId"),
    "no candidate": (packet() | {"candidate": None}, Reason.MISSING_FIELD, "candidate"),
    "no ra": (packet(ra=None), Reason.MISSING_FIELD, "ra"),
    "dec is NaN": (packet(dec=float("nan")), Reason.MISSING_FIELD, "dec"),
    "jd is none": (packet(jd=-999.0), Reason.MISSING_FIELD, "jd"),
    "no cutout": (packet() | {"cutoutTemplate": None}, Reason.NO_CUTOUT, "template"),
    "empty cutout": (packet(cutouts={SCIENCE: b""}), Reason.NO_CUTOUT, "science"),
    "null cutout": (packet(cutouts={CUTOUTS[2]: None}), Reason.NO_CUTOUT, "difference"),
    "jpeg": (packet(cutouts={SCIENCE: b"\xff\xd8 JFIF"}), Reason.DAMAGED_CUTOUT, "science"),
    "text": (packet(cutouts={SCIENCE: b"<html>"}), Reason.DAMAGED_CUTOUT, "science"),
    "cut gzip": (packet(cutouts={SCIENCE: GZIPPED[:900]}), Reason.DAMAGED_CUTOUT, "science"),
    "bad gzip": (
        packet(cutouts={SCIENCE: GZIPPED[:500] + b"\0" * 20 + GZIPPED[520:]}), Reason.DAMAGED_CUTOUT, "science",
    ),
    "cut FITS": (packet(cutouts={SCIENCE: packets.fits(IMAGE)[:9000]}), Reason.DAMAGED_CUTOUT, "science"),
    "cut header": (packet(cutouts={SCIENCE: packets.fits(IMAGE)[:200]}), Reason.DAMAGED_CUTOUT, "science"),
    "no image": (
        packet(cutouts={SCIENCE: packets.fits(IMAGE, NAXIS=0, NAXIS1=None, NAXIS2=None)}),
        Reason.DAMAGED_CUTOUT, "science",
    ),
    "cube": (
        packet(cutouts={SCIENCE: packets.fits(IMAGE, NAXIS=3, NAXIS3=1)}), Reason.DAMAGED_CUTOUT, "science",
    ),
    "vast header": (
        packet(cutouts={SCIENCE: packets.fits(IMAGE, NAXIS1=200000, NAXIS2=200000)}), Reason.DAMAGED_CUTOUT, "science",
    ),
    "bomb": (
        packet(cutouts={SCIENCE: gzip.compress(bytes(64 * 1024**2), 9)}), Reason.DAMAGED_CUTOUT, "science",
    ),
    "too large": (packet(pixels=pixels_of(64, 63)), Reason.WRONG_SIZE, "64x63"),
    "huge": (packet(pixels=pixels_of(1000, 1000)), Reason.WRONG_SIZE, "1000x1000"),
    "less than half": (packet(pixels=pixels_of(63, 31)), Reason.WRONG_SIZE, "63x31"),
    "edge unknown": (packet(pixels=pixels_of(63, 50), xpos=None), Reason.WRONG_SIZE, "63x50"),
    "all NaN": (packet(pixels=BLANK), Reason.BLANK_CUTOUT, "difference"),
    "all fill values": (packet(pixels=FILLED), Reason.BLANK_CUTOUT, "template"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_packet_is_named_with_its_reason_and_costs_only_itself(name):
    damaged, reason, what = DAMAGE[name]
    alerts, (reject,) = read_bytes(avro(packet(1), damaged, packet(2)))
    assert [alert.candid for alert in alerts] == [1, 2]
    assert reject.reason == reason
    assert what in reject.detail and "\n" not in reject.message
    assert reject.candid == damaged["candid"] and reject.object_id == damaged["objectId"]


ODD = {
    "candidate is a list": packet() | {"candidate": [1]},
    "candidate is text": packet() | {"candidate": "jd"},
    "candid is a float": packet() | {"candid": float(CANDID)},
    "candid is text": packet() | {"candid": str(CANDID)},
    "candid is too large": packet() | {"candid": 2**63},
    "candid is a bool": packet() | {"candid": True},
    "objectId is a number": packet() | {"objectId": 7},
    "jd is text": packet(jd="NaN"),
    "ra is a bool": packet(ra=True),
    "cutout is bytes": packet() | {SCIENCE: b"SIMPLE"},
    "stampData is text": packet() | {SCIENCE: {"stampData": "SIMPLE  ="}},
    "stampData is a list": packet() | {SCIENCE: {"stampData": [1, 2]}},
}


@pytest.mark.parametrize("name", ODD)
def test_a_packet_with_fields_of_other_types_is_rejected(name):
    reject = alert_from_packet(ODD[name], "memory")
    assert isinstance(reject, Reject)
    assert reject.message


@pytest.mark.parametrize("entries", [[None, previous(2458990.5)], [previous(2458990.5), "jd", {"jd": "NaN"}]])
def test_odd_entries_of_the_history_are_left_out(entries):
    alert = alert_from_packet(packet(previous=entries), "memory")
    assert [point.mjd for point in alert.history] == [58990.0]


@pytest.mark.parametrize("entries", ["jd", 7, {"jd": 1.0}])
def test_a_history_that_is_no_list_is_none(entries):
    assert alert_from_packet(packet(previous=entries), "memory").history == ()


@pytest.mark.parametrize("given", [None, 7, "candid", [packet()]])
def test_what_is_no_record_is_no_packet(given):
    assert alert_from_packet(given, "memory").reason == Reason.UNKNOWN_FORMAT


# --- cutouts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bitpix", "dtype"), [(-64, ">f8"), (-32, ">f4"), (16, ">i2"), (32, ">i4")])
def test_every_kind_of_pixel_is_read(bitpix, dtype):
    image = np.arange(12).reshape(3, 4)
    data = packets.fits(image.astype("f4"), BITPIX=bitpix)[:2880] + image.astype(dtype).tobytes()
    found = cutout.read_cutout(data + bytes(-len(data) % 2880))
    assert found.dtype == np.float32 and found.dtype.isnative
    np.testing.assert_array_equal(found, image)


def test_scaled_pixels_are_unscaled():
    image = np.arange(12).reshape(3, 4)
    data = packets.fits(image.astype("f4"), BITPIX=16, BSCALE=0.5, BZERO=10)[:2880] + image.astype(">i2").tobytes()
    np.testing.assert_array_equal(cutout.read_cutout(data + bytes(-len(data) % 2880)), image * 0.5 + 10)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_damaged_cutout_is_an_image_or_a_cutout_error(data):
    whole = data.draw(st.sampled_from([GZIPPED, packets.fits(IMAGE)]))
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 3)) if damaged else 0):
        damaged[data.draw(st.integers(0, min(len(damaged), 600) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = cutout.read_cutout(bytes(damaged))
    except cutout.CutoutError:
        return
    assert image.ndim == 2 and image.size
