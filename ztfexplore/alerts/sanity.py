"""What no alert can be: off the sky, out of this age, brighter than the Sun, or with a name that no screen holds.

The one place where values of any source are checked. Readers check that a field is there; this checks what it says.
"""

from __future__ import annotations

from dataclasses import replace

from ztfexplore.alerts.alert import Alert, Detection, Reason, Reject, printable

# Digital surveys: 1 January 1990 and 1 January 2100, as MJD (days).
FIRST_MJD, LAST_MJD = 47892.0, 88069.0
# The Sun has -26.7 mag; a single photon a year is brighter than 40.
BRIGHTEST, FAINTEST = -30.0, 40.0
LONGEST_ID = 200
SHOWN = 60

# Of an Alert's attributes: the smallest and the largest value, and the unit.
LIMITS: dict[str, tuple[float, float, str]] = {
    "ra": (0.0, 360.0, "deg"),
    "dec": (-90.0, 90.0, "deg"),
    "mjd": (FIRST_MJD, LAST_MJD, "days, which is 1990 to 2100"),
    "magnitude": (BRIGHTEST, FAINTEST, "mag"),
}


def checked(item: Alert | Reject) -> Alert | Reject:
    """The same item, or a Reject that names the field and the value that cannot be.

    Earlier detections that cannot be are left out of an alert's history.
    """
    if isinstance(item, Reject):
        return item
    problem = _problem(item)
    if problem:
        name = item.object_id if _is_name(item.object_id) else None
        return Reject(item.source, Reason.IMPOSSIBLE, problem, item.candid, name)
    history = tuple(point for point in item.history if _is_possible(point))
    return item if len(history) == len(item.history) else replace(item, history=history)


def _problem(alert: Alert) -> str:
    """The first field that cannot be, with its value; empty if there is none."""
    for name, (low, high, unit) in LIMITS.items():
        value = getattr(alert, name)
        if value is not None and not low <= value <= high:  # NaN is not within either
            return f"{name} is {value:.10g}, not between {low:g} and {high:g} {unit}"
    return "" if _is_name(alert.object_id) else f"object_id is {_shown(alert.object_id)}"


def _is_name(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable()


def _shown(text: str) -> str:
    """A name that cannot be, in a few printable characters, and what is wrong with it."""
    start = repr(printable(text[:SHOWN])) + ("..." if len(text) > SHOWN else "")
    if len(text) > LONGEST_ID:
        return f"{start}, {len(text):,} characters, more than {LONGEST_ID}"
    return f"{start}, which holds control characters" if text else "empty"


def _is_possible(point: Detection) -> bool:
    """Whether a point of a light curve has a date and magnitudes that can be."""
    magnitudes = [value for value in (point.magnitude, point.limit) if value is not None]
    return FIRST_MJD <= point.mjd <= LAST_MJD and all(BRIGHTEST <= value <= FAINTEST for value in magnitudes)
