"""Where things are on a simulated stamp, and what to measure on it."""

from __future__ import annotations

import numpy as np

from ztfexplore.alerts.alert import Alert
from ztfexplore.alerts.surveys.simulated import SIMULATED

SCIENCE, TEMPLATE, DIFFERENCE = range(3)
CENTRE = SIMULATED.size // 2
Y, X = np.mgrid[-CENTRE : CENTRE + 1, -CENTRE : CENTRE + 1]
CORE = np.hypot(X, Y) < 2


def of(alerts: list[Alert], label: str) -> list[Alert]:
    """Those of one class."""
    return [alert for alert in alerts if alert.label == label]


def noise(image: np.ndarray) -> float:
    """Background sigma, from the median absolute deviation."""
    pixels = image[np.isfinite(image)]
    return float(1.4826 * np.median(np.abs(pixels - np.median(pixels))))
