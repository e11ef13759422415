"""Light curves before the alert suit its class and its own flux."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.simulated import of
from ztfexplore.alerts.alert import Detection
from ztfexplore.sources.simulation import history


def test_light_curves_precede_the_alert_and_suit_the_class(alerts):
    for alert in alerts:
        nights = [point.mjd for point in alert.history]
        assert nights == sorted(nights) and all(night < alert.mjd for night in nights)
        assert all((point.magnitude is None) == (point.positive is None) for point in alert.history)
    assert not any(alert.history for alert in of(alerts, "bogus"))
    detected = {
        label: np.mean([point.magnitude is not None for alert in of(alerts, label) for point in alert.history])
        for label in ("AGN", "SN", "VS", "asteroid")
    }
    assert detected["asteroid"] < 0.01 < 0.2 < min(detected["AGN"], detected["SN"], detected["VS"])


LABELS = st.sampled_from((*history.SHAPES, "bogus"))


@given(LABELS, st.sampled_from("gri"), st.floats(13, 22), st.booleans(), st.floats(19, 22), st.integers(0, 2**32))
@settings(max_examples=80, deadline=None)
def test_points_are_earlier_and_a_detection_is_one_that_the_night_could_see(
    label, band, magnitude, positive, limit, seed
):
    points = history.light_curve(label, 59000.0, band, magnitude, positive, limit, np.random.default_rng(seed))
    again = history.light_curve(label, 59000.0, band, magnitude, positive, limit, np.random.default_rng(seed))
    assert points == again
    nights = [point.mjd for point in points]
    assert nights == sorted(nights) and all(59000 - history.LOOK_BACK - 2 < night < 59000 for night in nights)
    for point in points:
        assert point.band in ("g", "r") and abs(point.limit - limit) < 3
        if point.magnitude is None:
            assert point.magnitude_error is None and point.positive is None
        else:
            assert point.magnitude <= point.limit + 1e-9
            assert 0.02 <= point.magnitude_error <= 0.25, "five sigma at least"


def curves(label: str, positive: bool = True, magnitude: float = 15.0) -> list[tuple[Detection, ...]]:
    rngs = map(np.random.default_rng, range(40))
    return [history.light_curve(label, 59000.0, "r", magnitude, positive, 20.5, rng) for rng in rngs]


def test_a_supernova_is_not_there_before_it_explodes_and_never_fainter_than_nothing():
    for points in curves("SN"):
        seen = [point for point in points if point.magnitude is not None]
        assert all(point.positive for point in seen)
        if seen:
            first = points.index(seen[0])
            assert 59000 - seen[0].mjd <= 55 + history.CADENCE
            assert all(point.magnitude is None for point in points[:first])
    assert any(point.magnitude is None for points in curves("SN") for point in points)


def test_what_faded_is_fainter_than_the_template_all_along():
    assert all(point.positive is False for points in curves("SN", positive=False) for point in points)


def test_a_star_varies_both_ways_and_an_asteroid_was_elsewhere():
    signs = {point.positive for points in curves("VS") for point in points}
    assert {True, False} <= signs
    assert not any(point.positive is not None for points in curves("asteroid") for point in points)
    assert curves("bogus") == [()] * 40
