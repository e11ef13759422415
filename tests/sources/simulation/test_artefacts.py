"""Defects show where an alert would be found, and edges never take the object."""

from __future__ import annotations

import numpy as np

from tests.support.simulated import CORE, X, Y


def test_about_a_tenth_of_real_objects_miss_pixels_but_never_at_the_centre(alerts):
    real = [alert for alert in alerts if alert.label != "bogus"]
    share = np.mean([np.isnan(alert.stamp).any() for alert in real])
    assert 0.05 < share < 0.16
    assert all(np.isfinite(alert.stamp[:, np.hypot(X, Y) < 7]).all() for alert in real)
    assert all(np.isfinite(alert.stamp[:, CORE]).all() for alert in alerts)
    masks = [np.isnan(alert.stamp) for alert in alerts]
    assert all((mask == mask[0]).all() for mask in masks)
