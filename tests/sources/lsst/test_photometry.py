"""Fluxes and dates of Rubin's packets: there and back again, and the history as a light curve."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rubin import earlier
from ztfexplore.sources.lsst import photometry

FLUXES = st.floats(1e-3, 1e9) | st.floats(-1e9, -1e-3)


@given(FLUXES)
def test_a_magnitude_gives_its_flux_back(flux):
    found = photometry.magnitude(flux)
    assert 10 ** ((photometry.ZERO_POINT - found) / 2.5) == pytest.approx(abs(flux), rel=1e-9)


@given(FLUXES)
def test_magnitudes_are_ab(flux):
    assert photometry.magnitude(flux) == pytest.approx((abs(flux) * u.nJy).to_value(u.ABmag), abs=1e-9)


@given(FLUXES, st.floats(1e-6, 1e-3))
def test_the_error_is_that_of_a_small_change_of_flux(flux, relative):
    brighter, fainter = photometry.magnitude(flux * (1 + relative)), photometry.magnitude(flux * (1 - relative))
    assert photometry.magnitude_error(flux, abs(flux) * relative) == pytest.approx((fainter - brighter) / 2, rel=1e-4)


@pytest.mark.parametrize("flux", [0.0, math.inf, math.nan])
def test_no_light_has_no_magnitude(flux):
    assert photometry.magnitude(flux) is None and photometry.magnitude_error(flux, 1.0) is None


@pytest.mark.parametrize(("tai", "seconds"), [(61105.25, 37), (57454.5, 36), (50000.0, 29)])
def test_utc_is_earlier_by_the_leap_seconds_of_its_day(tai, seconds):
    assert photometry.utc([tai])[0] == pytest.approx(tai - seconds / 86400, abs=1e-9)


def test_impossible_dates_neither_raise_nor_change():
    dates = [1e300, -1e300, 0.0, math.inf]
    assert photometry.utc(dates).tolist() == dates
    assert len(photometry.utc([])) == 0


@pytest.mark.parametrize(
    ("record", "positive"),
    [
        ({"isNegative": True, "psfFlux": 5.0}, False),
        ({"isNegative": False, "psfFlux": -5.0}, True),
        ({"is_negative": True}, False),
        ({"isNegative": None, "psfFlux": -5.0}, False),
        ({"psfFlux": 5.0}, True),
        ({}, None),
    ],
)
def test_the_sign_is_what_the_packet_says_of_it(record, positive):
    assert photometry.is_positive(record) is positive


def history(**packet: object):
    return photometry.history(packet, {"visit": 999})


def test_detections_and_forced_photometry_become_one_light_curve():
    detections = earlier(1100, "prvDiaSources", 2, isNegative=True)
    forced = earlier(1100, "prvDiaForcedSources", 4, psfFlux=-5000.0)
    points = history(prvDiaSources=detections[::-1], prvDiaForcedSources=forced)
    assert [round(point.mjd) for point in points] == [61000, 61001, 61002, 61003]
    assert all(point.magnitude == pytest.approx(31.4 - 2.5 * math.log10(5000)) for point in points)
    assert [point.positive for point in points] == [False] * 4
    assert points[0].mjd == pytest.approx(61000 - 37 / 86400) and points[0].band == "r"
    assert points[0].magnitude_error == pytest.approx(1.0857 * 250 / 5000, rel=1e-4)


def test_forced_photometry_of_a_visit_with_a_detection_is_not_a_second_point():
    same, forced = earlier(1100, "prvDiaSources", 1), earlier(1100, "prvDiaForcedSources", 1)
    assert len(history(prvDiaSources=same, prvDiaForcedSources=forced)) == 1
    assert len(photometry.history({"prvDiaForcedSources": forced}, {"visit": 1})) == 0  # the alert's own visit


def test_faint_forced_photometry_is_a_limit_of_five_sigma():
    (point,) = history(prvDiaForcedSources=earlier(1100, "prvDiaForcedSources", 1, psfFlux=700.0))
    assert point.magnitude is None and point.positive is None
    assert point.limit == pytest.approx(31.4 - 2.5 * math.log10(5 * 250))


@pytest.mark.parametrize("given", [None, [], "text", [None, 3], [{"midpointMjdTai": np.nan, "psfFlux": 1.0}]])
def test_a_history_without_measurements_is_empty(given):
    assert history(prvDiaSources=given, prvDiaForcedSources=given) == ()
