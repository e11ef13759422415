"""Rubin packets of every version become alerts; what is missing or damaged is named with the alert's id."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support import rubin
from tests.support.rubin import FIELDS, OBJECT_ID, SOLAR_ID, SOURCE_ID, cutout, earlier, packet, picture
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.sources.lsst import schemas
from ztfexplore.sources.lsst.packet import alert_from_packet, object_id

NUMBERS = list(schemas.known())


def made(number: int = 1100, **fields) -> Alert:
    found = alert_from_packet(packet(number, **fields), "file")
    assert isinstance(found, Alert), found
    return found


def refused(number: int = 1100, **fields) -> Reject:
    found = alert_from_packet(packet(number, **fields), "file")
    assert isinstance(found, Reject), found
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_every_version_gives_the_same_alert(number):
    alert = made(number)
    assert (alert.survey, alert.candid, alert.object_id, alert.band) == ("lsst", SOURCE_ID, str(OBJECT_ID), "i")
    assert (alert.ra, alert.dec) == (62.517661992531, -47.78624726515)
    assert alert.mjd == pytest.approx(61105.25 - 37 / 86400, abs=1e-9)
    assert alert.magnitude == pytest.approx(31.4 - 2.5 * math.log10(8130.5), abs=1e-9)
    assert alert.magnitude_error == pytest.approx(2.5 / math.log(10) * 513.75 / 8130.5, rel=1e-9)
    assert alert.positive is True and not alert.candidate.get("isNegative")
    assert alert.candidate["reliability"] == 0.75
    np.testing.assert_array_equal(alert.stamp, np.stack([picture()] * 3))


@pytest.mark.parametrize("number", NUMBERS)
def test_a_fainter_source_keeps_its_sign(number):
    alert = made(number, isNegative=True, psfFlux=-300.0)
    assert alert.positive is False and alert.candidate["psfFlux"] == -300.0
    assert alert.magnitude == pytest.approx(31.4 - 2.5 * math.log10(300.0))


def test_the_stamps_summary_is_among_its_numbers():
    cutouts = {name: cutout(angle=30.0, variance=9.0) for name in FIELDS}
    found = made(cutouts=cutouts).candidate
    assert found["pixel_scale"] == pytest.approx(0.2, abs=1e-6)
    assert found["north_angle"] == pytest.approx(30.0, abs=1e-6)
    assert found["psf_fwhm"] == pytest.approx(1.0, rel=1e-3)
    assert 25 < found["diffmaglim"] < 29


# --- whose alert it is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [0, None])
def test_a_moving_object_is_called_by_its_solar_system_id(nothing):
    assert made(diaObjectId=nothing, ssObjectId=SOLAR_ID).object_id == str(SOLAR_ID)


@pytest.mark.parametrize("nothing", [0, None])
def test_alerts_without_any_object_are_not_one_object(nothing):
    first = made(diaObjectId=nothing, ssObjectId=nothing)
    second = made(diaObjectId=nothing, ssObjectId=nothing, diaSourceId=SOURCE_ID + 1)
    assert (first.object_id, second.object_id) == (f"diaSource-{SOURCE_ID}", f"diaSource-{SOURCE_ID + 1}")


def test_ids_come_from_the_records_beside_the_detection_if_it_has_none():
    records = {"diaSource": {}, "diaObject": {"diaObjectId": 0}, "ssSource": {"ssObjectId": SOLAR_ID}}
    assert object_id(records, 7) == str(SOLAR_ID)
    assert object_id(records | {"diaObject": {"diaObjectId": OBJECT_ID}}, 7) == str(OBJECT_ID)


def test_an_id_that_went_through_a_float_is_not_trusted():
    assert object_id({"diaSource": {"diaObjectId": float(OBJECT_ID)}}, 7) == "diaSource-7"
    assert object_id({"diaSource": {"diaObjectId": 1234.0}}, 7) == "1234"


# --- what is missing or damaged -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_a_packet_without_cutouts_is_rejected_by_name(number):
    reject = refused(number, cutouts=dict.fromkeys(FIELDS))
    assert (reject.reason, reject.candid, reject.object_id) == (Reason.NO_CUTOUT, SOURCE_ID, str(OBJECT_ID))
    assert reject.message == "no cutout: science, template, difference"


def test_a_missing_template_is_named():
    assert refused(cutouts={"cutoutTemplate": None}).message == "no cutout: template"


def test_a_source_off_the_image_is_said_to_be():
    reject = refused(cutouts=dict.fromkeys(FIELDS), pixelFlags_offimage=True)
    assert reject.message.endswith("(the source is off the image)")


@pytest.mark.parametrize(
    ("data", "reason", "said"),
    [
        (b"\xff\xd8\xff", Reason.DAMAGED_CUTOUT, "template: not FITS but a JPEG picture"),
        (cutout()[:4000], Reason.DAMAGED_CUTOUT, "template: cut off"),
        (cutout(CRPIX1=40.0), Reason.DAMAGED_CUTOUT, "template: the source is outside of it (at pixel 40.0, 15.8)"),
        (cutout(np.full((30, 30), np.nan)), Reason.BLANK_CUTOUT, "no good pixel in template"),
        (cutout(picture(size=34)), Reason.WRONG_SIZE, "science 30x30, template 34x34, difference 30x30 pixels"),
    ],
)
def test_a_damaged_cutout_is_named(data, reason, said):
    reject = refused(cutouts={"cutoutTemplate": data})
    assert (reject.reason, reject.candid) == (reason, SOURCE_ID)
    assert said in reject.message


@pytest.mark.parametrize("field", ["ra", "dec", "midpointMjdTai"])
def test_a_missing_field_is_named(field):
    reject = refused(**{field: math.nan})
    assert reject.message == f"missing field: {field}" and reject.candid == SOURCE_ID


@pytest.mark.parametrize("given", [None, 7, {}, {"diaSource": None}, {"diaSource": {"ra": 1.0}}])
def test_what_is_not_a_packet_is_rejected(given):
    assert isinstance(alert_from_packet(given, "file"), Reject)


def test_a_history_of_1500_points_is_kept():
    long = {
        "prvDiaSources": earlier(1100, "prvDiaSources", 700),
        "prvDiaForcedSources": earlier(1100, "prvDiaForcedSources", 1500),
    }
    alert = made(**long)
    assert len(alert.history) == 1500
    assert [point.mjd for point in alert.history] == sorted(point.mjd for point in alert.history)


def test_the_packet_is_made_of_the_vendored_schema():
    assert rubin.packet(900)["ssSource"] is None
