"""The simulated source: what it promises about ids, repeats, counts of classes and twins."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.simulated import CORE, DIFFERENCE
from ztfexplore.alerts.alert import Alert
from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.sources.simulation import simulate
from ztfexplore.sources.simulation.scenes import Scene
from ztfexplore.sources.simulation.simulate import WEIGHTS, _class_counts, simulate_alerts, twins


def same(one: Alert, other: Alert) -> bool:
    fields = (
        "candid",
        "object_id",
        "ra",
        "dec",
        "mjd",
        "band",
        "magnitude",
        "positive",
        "candidate",
        "history",
        "label",
    )
    return np.array_equal(one.stamp, other.stamp, equal_nan=True) and all(
        getattr(one, name) == getattr(other, name) for name in fields
    )


def test_stamps_and_metadata_have_the_promised_types(alerts):
    for alert in alerts:
        assert alert.survey == SIMULATED.name and alert.source == "simulated (seed 7)"
        assert alert.stamp.shape == (3, 63, 63) and alert.stamp.dtype == np.float32
        assert not np.isinf(alert.stamp).any()
        assert 0 <= alert.ra < 360 and -30 <= alert.dec <= 90
        assert 58270 <= alert.mjd <= 60670 and alert.band in "gri"
        assert 13 < alert.magnitude < 24 and 0 < alert.magnitude_error < 1.1
        assert type(alert.positive) is bool
        assert alert.label in SIMULATED.classes and alert.label_source == "simulated"
        assert 0.5 < alert.candidate["fwhm"] < 12 and 18 < alert.candidate["diffmaglim"] < 22
        assert isinstance(alert.candidate["kind"], str) and set(SIMULATED.metadata) <= set(alert.candidate)
        assert all(type(value) in (float, str, type(None)) for value in alert.candidate.values())


def test_candids_differ_only_in_the_last_digits_and_would_not_survive_a_float(alerts):
    candids = [alert.candid for alert in alerts]
    assert all(type(candid) is int and 2**53 < candid < 2**63 for candid in candids)
    assert all(after - before == 1 for before, after in pairwise(candids))
    assert len({float(candid) for candid in candids}) < len(candids)
    assert alerts[42].object_id == "SIM7-0000042"
    assert len({alert.object_id for alert in alerts}) == len(alerts)


def test_the_largest_seed_still_fits_int64_and_no_seed_shares_ids():
    (last,) = simulate_alerts(1, seed=2**32 - 1)
    assert last.candid < 2**63
    assert not {alert.candid for alert in simulate_alerts(5, seed=0)} & {
        alert.candid for alert in simulate_alerts(5, seed=1)
    }


def test_the_same_seed_gives_the_same_alerts(alerts):
    again = simulate_alerts(500, seed=7)
    assert all(same(alert, next(again)) for alert in alerts[:40])


def test_another_seed_gives_other_classes_and_other_skies():
    one, other = list(simulate_alerts(20, seed=0)), list(simulate_alerts(20, seed=1))
    assert [alert.label for alert in one] != [alert.label for alert in other]
    assert all(not np.array_equal(a.stamp, b.stamp, equal_nan=True) for a, b in zip(one, other, strict=True))


def test_an_alert_depends_on_seed_index_and_class_alone():
    few, many = list(simulate_alerts(15, seed=3)), list(simulate_alerts(40, seed=3))
    shared = [(a, b) for a, b in zip(few, many, strict=False) if a.label == b.label]
    assert shared and all(same(a, b) for a, b in shared)
    assert all(
        same(a, b)
        for a, b in zip(simulate_alerts(4, weights={"SN": 1}), simulate_alerts(9, weights={"SN": 2}), strict=False)
    )


def test_class_counts_follow_the_weights(alerts):
    assert Counter(alert.label for alert in alerts) == {"VS": 200, "asteroid": 110, "SN": 80, "bogus": 60, "AGN": 50}


@given(
    st.integers(1, 5000),
    st.dictionaries(st.sampled_from(SIMULATED.classes), st.floats(0, 1e6), min_size=1).filter(
        lambda weights: sum(weights.values()) > 0
    ),
)
def test_class_counts_are_exact_for_any_weights(count, weights):
    counts = _class_counts(count, weights)
    total = sum(weights.values())
    assert sum(counts.values()) == count
    assert all(abs(counts[label] - count * weight / total) < 1 + 1e-6 for label, weight in weights.items())


@pytest.mark.parametrize("count", (0, -3))
def test_a_count_that_is_not_positive_is_refused_at_once(count):
    with pytest.raises(ValueError, match="count"):
        simulate_alerts(count)


@pytest.mark.parametrize("seed", (-1, 2**32))
def test_a_seed_out_of_range_is_refused_at_once(seed):
    with pytest.raises(ValueError, match="seed"):
        simulate_alerts(1, seed=seed)


def test_an_unknown_class_is_named_with_the_classes_there_are():
    with pytest.raises(ValueError, match="quasar") as caught:
        simulate_alerts(5, weights={"SN": 1, "quasar": 1})
    assert all(label in str(caught.value) for label in SIMULATED.classes)


@pytest.mark.parametrize("weights", ({}, {"SN": 0}, {"SN": -1, "VS": 2}, {"SN": float("nan")}, {"SN": float("inf")}))
def test_weights_that_mean_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        simulate_alerts(5, weights=weights)


def test_default_weights_name_every_class():
    assert set(WEIGHTS) == set(SIMULATED.classes) and sum(WEIGHTS.values()) == pytest.approx(1)


@pytest.fixture
def photographed(monkeypatch) -> list[tuple[Scene, bool]]:
    """Every scene photographed from now on, and whether its object has a stream of random numbers of its own."""
    seen: list[tuple[Scene, bool]] = []
    original = simulate._photograph

    def photograph(label, latitude, night, rng, own):
        scene, stamp = original(label, latitude, night, rng, own)
        seen.append((scene, own is not rng))
        return scene, stamp

    monkeypatch.setattr(simulate, "_photograph", photograph)
    return seen


def test_twins_are_one_object_in_two_nights_and_two_fields(photographed):
    """What the night's depth decides is not shared: an object is as far above each night's limit."""
    pairs = list(twins(60, seed=5, weights=dict.fromkeys(SIMULATED.classes, 1)))
    assert Counter(label for _, label in pairs) == dict.fromkeys(SIMULATED.classes, 12)
    scenes = [scene for scene, _ in photographed]
    assert len(scenes) == 120 and all(separate for _, separate in photographed)
    for (stamps, label), one, other in zip(pairs, scenes[::2], scenes[1::2], strict=True):
        assert stamps.shape == (2, 3, 63, 63) and stamps.dtype == np.float32
        assert not np.array_equal(*stamps, equal_nan=True)
        assert (one.kind, one.artefact) == (other.kind, other.artefact)
        assert label == "bogus" or (one.x, one.y) == (other.x, other.y)  # a dipole's lobe depends on the seeing
        assert one.conditions.limit != other.conditions.limit  # another night
        field = [{tuple(star[:2]) for star in scene.sky.stars if np.hypot(*star[:2]) > 9} for scene in (one, other)]
        # Other stars around; a saturated one is the object itself, and a large host's knots are its own.
        assert label == "SN" or len(field[0] & field[1]) == (one.kind == "saturated star")
        if label == "asteroid":
            above = [scene.conditions.limit - scene.truth for scene in (one, other)]
            assert above[0] == pytest.approx(above[1]) or min(one.truth, other.truth) < 15
        if label == "SN":
            assert one.offset == other.offset and one.host == pytest.approx(other.host)
            hosts = [scene.sky.galaxies[-1] for scene in (one, other)]
            assert hosts[0].angle == hosts[1].angle and hosts[0].axis_ratio == hosts[1].axis_ratio


def test_twins_are_the_same_every_time_and_others_for_another_seed():
    first, again, other = (list(twins(12, seed=seed)) for seed in (5, 5, 6))
    for (stamps, label), (repeated, same_label), (others, _) in zip(first, again, other, strict=True):
        assert label == same_label and np.array_equal(stamps, repeated, equal_nan=True)
        assert not np.array_equal(stamps, others, equal_nan=True)


def test_twins_are_not_the_alerts_of_the_same_seed():
    shown = {alert.stamp.tobytes() for alert in simulate_alerts(12, seed=5)}
    assert not any(stamp.tobytes() in shown for stamps, _ in twins(12, seed=5) for stamp in stamps)


def test_twins_of_a_source_that_faded_are_shown_bright_as_alerts_are():
    for stamps, _ in twins(15, seed=5, weights={"VS": 1}):
        assert all(np.nanmean(stamp[DIFFERENCE][CORE]) > 0 for stamp in stamps)


def test_what_twins_cannot_be_made_of_is_refused_at_once():
    for arguments, name in (((0,), "count"), ((1, -1), "seed"), ((5, 0, {"quasar": 1}), "quasar")):
        with pytest.raises(ValueError, match=name):
            twins(*arguments)


def test_an_alert_s_object_and_night_come_from_one_stream(photographed):
    """As when the demo was first made: with a stream for each, its stamps would be others."""
    list(simulate_alerts(3, seed=1))
    assert [separate for _, separate in photographed] == [False] * 3
