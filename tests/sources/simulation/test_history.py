"""Light curves before the alert suit its class and its own flux."""

from __future__ import annotations

import numpy as np

from tests.support.simulated import of


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
