"""Defects show where an alert would be found, and edges never take the object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.simulated import CORE, DIFFERENCE, SCIENCE, TEMPLATE, X, Y
from ztfexplore.sources.simulation import artefacts
from ztfexplore.sources.simulation.camera import Conditions


def test_about_a_tenth_of_real_objects_miss_pixels_but_never_at_the_centre(alerts):
    real = [alert for alert in alerts if alert.label != "bogus"]
    share = np.mean([np.isnan(alert.stamp).any() for alert in real])
    assert 0.05 < share < 0.16
    assert all(np.isfinite(alert.stamp[:, np.hypot(X, Y) < 7]).all() for alert in real)
    assert all(np.isfinite(alert.stamp[:, CORE]).all() for alert in alerts)
    masks = [np.isnan(alert.stamp) for alert in alerts]
    assert all((mask == mask[0]).all() for mask in masks)


NIGHT = Conditions("r", 190.0, 2.6, 2.5)
IN_THE_TEMPLATE = (artefacts.bleed_trail, artefacts.edge_glow)
DEFECTS = (
    artefacts.cosmic_ray,
    artefacts.bad_column,
    artefacts.noise_peak,
    artefacts.ghost,
    artefacts.bleed_trail,
    artefacts.edge_glow,
)
each_defect = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)


def spoilt(defect: artefacts.Artefact, seed: int) -> np.ndarray:
    stamp = np.zeros((3, 63, 63), np.float32)
    defect(stamp, NIGHT, np.random.default_rng(seed))
    return stamp


@each_defect
def test_a_defect_is_found_at_the_centre_of_science_and_difference(defect):
    for seed in range(20):
        stamp = spoilt(defect, seed)
        near = np.hypot(X, Y) < 4
        assert stamp.dtype == np.float32 and not np.isinf(stamp).any()
        for channel in (SCIENCE, DIFFERENCE):
            assert np.nanmax(np.abs(stamp[channel][near])) > 0.25 * NIGHT.noise
        assert defect in IN_THE_TEMPLATE or not stamp[TEMPLATE].any(), "a template is the mean of many nights"


@each_defect
def test_each_is_drawn_by_the_seed(defect):
    assert np.array_equal(spoilt(defect, 1), spoilt(defect, 1), equal_nan=True)
    assert not np.array_equal(spoilt(defect, 1), spoilt(defect, 2), equal_nan=True)


@each_defect
def test_only_the_end_of_a_detector_takes_pixels_and_from_all_channels(defect):
    for seed in range(10):
        missing = np.isnan(spoilt(defect, seed))
        assert missing.any() == (defect is artefacts.edge_glow)
        assert (missing == missing[0]).all() and not missing[:, np.hypot(X, Y) < 2].any()


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_an_edge_takes_a_side_or_a_corner_and_never_the_object(seed):
    stamp = np.zeros((3, 63, 63), np.float32)
    artefacts.end_of_detector(stamp, np.random.default_rng(seed))
    missing = np.isnan(stamp)
    assert missing.any() and (missing == missing[0]).all()
    assert not missing[:, np.hypot(X, Y) < 9].any()


@given(st.integers(2, 30), st.integers(0, 2**32))
def test_a_ragged_edge_keeps_within_its_depth_and_takes_something_of_every_row(depth, seed):
    mask = artefacts.ragged(depth, np.random.default_rng(seed))
    assert mask.shape == (63, 63) and not mask[:, depth:].any()
    assert mask[:, 0].all() and (np.diff(mask.astype(int), axis=1) <= 0).all(), "from the side inwards, without holes"
