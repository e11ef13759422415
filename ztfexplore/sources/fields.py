"""Single values of alert packets, whatever the survey: whole numbers kept whole, numbers finite, what JSON can hold."""

from __future__ import annotations

import math

import numpy as np

from ztfexplore.alerts.alert import Reason

Scalar = float | int | str | bool | None


class UnusablePacketError(Exception):
    """A packet that cannot become an Alert; the message says which of its values is why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def integer(value: object) -> int | None:
    """An int64, never through a float; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        return None
    return int(value) if -(2**63) <= value < 2**63 else None


def finite(value: object) -> float | None:
    """A finite float; None for anything else, NaN and booleans among them."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return None
    return float(value) if math.isfinite(value) else None


def scalar(value: object) -> Scalar:
    """A value as JSON can hold it; NaN, infinities, bytes and whatever is nested become None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | str | bool) else None
