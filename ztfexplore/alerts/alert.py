"""Alerts, as every source yields them, and rejects: what a source could not read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np


def printable(text: str) -> str:
    r"""Text that can be written to any file: bytes of a file's name that are not UTF-8 are escaped as \udcXX."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Detection:
    """A point of an object's light curve; an upper limit has no magnitude.

    Attributes:
        mjd: days (UTC).
        band: filter name.
        magnitude, magnitude_error: of the difference flux (mag), None for a limit.
        limit: 5-sigma limiting magnitude (mag).
        positive: True if the source is brighter than in the template; None for a limit.
    """

    mjd: float
    band: str
    magnitude: float | None = None
    magnitude_error: float | None = None
    limit: float | None = None
    positive: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Alert:
    """One stamp with its metadata.

    Attributes:
        survey: name of a Survey.
        candid: the survey's id of this alert (int64; it exceeds 2^53, so it must never pass through a float).
        object_id: the survey's id of the object; several alerts may share it.
        ra, dec: degrees, ICRS; None if unknown.
        mjd: days (UTC); None if unknown.
        band: filter name; None if unknown.
        magnitude, magnitude_error: of the difference flux (mag).
        positive: True if the source is brighter than in the template.
        stamp: float32, (channels, height, width), pixel values as read, the object at the centre; NaN
            where the detector ends.
        source: the file (and member) it came from.
        candidate: every scalar field of the packet's candidate record.
        history: earlier detections and limits, oldest first.
        label, label_source: the class and its origin; None if unlabelled.
    """

    survey: str
    candid: int
    object_id: str
    ra: float | None
    dec: float | None
    mjd: float | None
    band: str | None
    magnitude: float | None
    stamp: np.ndarray
    source: str
    magnitude_error: float | None = None
    positive: bool | None = None
    candidate: Mapping[str, float | int | str | bool | None] = field(default_factory=dict)
    history: tuple[Detection, ...] = ()
    label: str | None = None
    label_source: str | None = None


class Reason(StrEnum):
    """Why something was rejected; rejects are counted by it."""

    MISSING_PATH = "missing path"
    UNREADABLE = "unreadable file"
    UNKNOWN_FORMAT = "unknown format"
    EMPTY = "no alerts in it"
    DAMAGED_PACKET = "damaged packet"
    MISSING_FIELD = "missing field"
    NO_CUTOUT = "no cutout"
    DAMAGED_CUTOUT = "damaged cutout"
    WRONG_SIZE = "wrong cutout size"
    BLANK_CUTOUT = "blank cutout"
    IMPOSSIBLE = "impossible value"


@dataclass(frozen=True, slots=True)
class Reject:
    """Something a source could not read. `source` is the file (and member), `candid` is None if unknown."""

    source: str
    reason: Reason
    detail: str = ""
    candid: int | None = None
    object_id: str | None = None

    @property
    def message(self) -> str:
        """The reason and the details, in one line."""
        detail = " ".join(self.detail.split())
        return f"{self.reason}: {detail}" if detail else str(self.reason)
