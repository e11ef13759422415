"""Find objects by what a person types: an object_id, a candid, or a position on the sky."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import numpy as np
import pandas as pd
from astropy import units as u
from astropy.coordinates import Latitude, SkyCoord, angular_separation

from ztfexplore.alerts import keys
from ztfexplore.alerts.keys import Key

RADIUS_ARCSEC = 10.0
MOST_OFFERED = 3
LONGEST_TEXT = 200
LONGEST_ID = 64  # only this much of longer ids is compared in the search for the closest
ALIKE = 0.6  # less similar ids are not offered
FORMS = (
    "Accepted: '153.05 41.03' (degrees), '10:12:13.5 +41:02:03' or '10h12m13.5s +41d02m03s' (right ascension in "
    "hours), each optionally with a radius: '30 arcsec', '2 arcmin', 'r=30'."
)

_TYPOGRAPHIC = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2032": "'", "\u2033": '"'})
_UNITS = {"": 1.0, "arcsec": 1.0, '"': 1.0, "arcmin": 60.0, "'": 60.0, "deg": 3600.0}
_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
# A radius needs 'r=' or a unit, and something between it and the position: '10:12 +41:02:03"' has no radius.
_RADIUS = re.compile(
    rf"[\s,;]+(?:(?:r|radius)\s*=?\s*({_NUMBER})\s*(arcsec|arcmin|deg|[\"'])?|({_NUMBER})\s*(arcsec|arcmin|deg))$",
    re.IGNORECASE,
)
_COORDINATES = re.compile(r"[\d\s:.,;+\-hmsd°'\"]+", re.IGNORECASE)
_DEGREES = re.compile(rf"([+-]?(?:{_NUMBER}))\s*[dD°]?\s*[,;\s]\s*([+-]?(?:{_NUMBER}))\s*[dD°]?")


@dataclass(frozen=True)
class FindResult:
    """What was found.

    Attributes:
        understood: how the text was read, in words.
        rows: row numbers, int64 (n,); nearest first, else the newest first.
        separations: from the requested position (arcsec), float64 (n,); None without one.
        message: why there is nothing, and what to try; empty if there is something.
        firsts: positions in `rows` of the first row of each object.
    """

    understood: str
    rows: np.ndarray
    separations: np.ndarray | None = None
    message: str = ""
    firsts: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))


class _NotAPositionError(ValueError):
    """Text that looks like coordinates but is not; says why."""


def find(frame: pd.DataFrame, text: str) -> FindResult:
    """The rows that a text means: an id of the object, a candid, else a position, else part of an id.

    Args:
        frame: survey, candid (int64), object_id, ra and dec (deg), mjd, one row per alert.
        text: as typed.
    """
    text = _plain(text)
    if not text:
        return _nothing("nothing", "Type an object_id, a candid or a position.")
    ids, key = frame["object_id"], keys.parse(text)
    lower = ids.str.lower()
    same: tuple[Callable[[], pd.Series | np.ndarray], ...] = (
        lambda: ids == text,
        lambda: _is_candid(frame, key),
        lambda: lower == text.lower(),
    )
    for is_same in same:
        rows = _rows(is_same())
        if len(rows):
            if key is None or (lower.iloc[rows] == text.lower()).any():
                return _newest(frame, rows, f"object_id {text}")
            return _newest(frame, rows, f"candid {keys.written(key)}")
    wrong = None
    if _looks_like_position(text):
        try:
            return _cone(frame, *_position(text))
        except _NotAPositionError as error:
            wrong = str(error)
    for kind, match in (("begins with", lower.str.startswith), ("contains", _contains(lower))):
        rows = _rows(match(text.lower()))
        if len(rows):
            return _newest(frame, rows, f"object_id that {kind} {text}")
    if wrong:
        return _nothing(f"position {text}", f"{wrong} {FORMS}")
    return _unknown(frame, text)


def _plain(text: str) -> str:
    """Typed or pasted text with plain minus signs and single spaces."""
    return " ".join(text.translate(_TYPOGRAPHIC).split())[:LONGEST_TEXT]


def _contains(column: pd.Series) -> Callable[[str], pd.Series]:
    return lambda part: column.str.contains(part, regex=False)


def _rows(mask: pd.Series | np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.asarray(mask, dtype=bool))


def _is_candid(frame: pd.DataFrame, key: Key | None) -> np.ndarray:
    """Where the candid is exactly this integer, of this survey if one is named ('ztf:123').

    Compared as int64, since a float would match its neighbours too.
    """
    if key is None:
        return np.zeros(len(frame), dtype=bool)
    survey, candid = keys.apart(key)
    same = frame["candid"].to_numpy() == np.int64(candid)
    return same if survey is None else same & (frame["survey"] == survey).to_numpy()


def _newest(frame: pd.DataFrame, rows: np.ndarray, understood: str) -> FindResult:
    """The rows, the newest first, those without a date last."""
    times = frame["mjd"].to_numpy(dtype=np.float64)[rows]
    rows = rows[np.argsort(-np.nan_to_num(times, nan=-np.inf), kind="stable")]
    return FindResult(understood, rows, firsts=_firsts(frame, rows))


def _firsts(frame: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """Positions in `rows` of the first row of each object."""
    return np.flatnonzero(~frame[["survey", "object_id"]].iloc[rows].duplicated().to_numpy())


def _nothing(understood: str, message: str) -> FindResult:
    return FindResult(understood, np.empty(0, np.int64), message=message)


# --- a position ------------------------------------------------------------------------------------------------------


def _looks_like_position(text: str) -> bool:
    """Whether a text is built like coordinates: at least two numbers, and only separators between them."""
    body = _RADIUS.sub("", text)
    return bool(_COORDINATES.fullmatch(body)) and len(re.findall(_NUMBER, body)) >= 2


def _position(text: str) -> tuple[SkyCoord, float]:
    """Position and radius (arcsec) of a text."""
    radius = _RADIUS.search(text)
    arcsec = RADIUS_ARCSEC
    if radius:
        size, unit = (radius[1], radius[2]) if radius[1] else (radius[3], radius[4])
        arcsec = float(size) * _UNITS[(unit or "").lower()]
        text = text[: radius.start()]
    if not 0 < arcsec <= 180 * 3600:
        raise _NotAPositionError("The radius must be above 0 and at most 180 degrees.")
    return _coordinates(text), arcsec


def _coordinates(text: str) -> SkyCoord:
    """The position in degrees or sexagesimal, ICRS."""
    degrees = _DEGREES.fullmatch(text)
    try:
        if degrees:
            ra, dec = float(degrees[1]), float(degrees[2])
        else:
            # One comma or semicolon separates the two; in '10:12:13+41:02:03' the sign does.
            joined = re.sub(r"(?<=[\dsS\"])\s*(?=[+-])", " ", re.sub(r"^([^,;]*)[,;]([^,;]*)$", r"\1 \2", text))
            # Explicit bounds: SkyCoord itself would silently wrap 25 hours around.
            with warnings.catch_warnings(action="ignore"):  # 60 seconds are a minute
                parsed = SkyCoord(joined, unit=(u.hourangle, u.deg))
            ra, dec = parsed.ra.deg, parsed.dec.deg
            hours = re.match(r"\s*[+-]?(\d+)\s*[hH:\s]", joined)
            if joined.lstrip().startswith("-") or (hours and float(hours[1]) > 24):
                raise _NotAPositionError("The right ascension must be from 0 to 24 hours.")
    except _NotAPositionError:
        raise
    except Exception:  # astropy raises many kinds, among them some of its parser's own
        raise _NotAPositionError("These are not coordinates.") from None
    if not 0 <= ra <= 360:
        raise _NotAPositionError("The right ascension must be from 0 to 360 degrees.")
    if not -90 <= dec <= 90:
        raise _NotAPositionError("The declination must be from -90 to 90 degrees.")
    return SkyCoord(ra * u.deg, Latitude(dec * u.deg))


def _cone(frame: pd.DataFrame, centre: SkyCoord, radius: float) -> FindResult:
    """Rows within `radius` (arcsec), nearest first, then newest first. Rows without coordinates are left out."""
    ra, dec = (np.radians(frame[name].to_numpy(dtype=np.float64)) for name in ("ra", "dec"))
    known = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    written = centre.to_string("hmsdms", sep=":", precision=2)
    understood = f"within {_angle(radius)} of {written} ({centre.ra.deg:.5f} {centre.dec.deg:+.5f} deg)"
    if not len(known):
        return _nothing(understood, "Nothing in this catalogue has a position on the sky.")
    separations = np.degrees(angular_separation(centre.ra.rad, centre.dec.rad, ra[known], dec[known])) * 3600
    inside = np.flatnonzero(separations <= radius)
    if not len(inside):
        nearest = int(np.argmin(separations))
        name = frame["object_id"].iat[known[nearest]]
        return _nothing(
            understood, f"Nothing {understood}. The nearest, {name}, is {_angle(separations[nearest])} away."
        )
    newest = -np.nan_to_num(frame["mjd"].to_numpy(dtype=np.float64)[known[inside]], nan=-np.inf)
    order = inside[np.lexsort((newest, separations[inside]))]
    rows = known[order]
    return FindResult(understood, rows, separations[order], firsts=_firsts(frame, rows))


def _angle(arcsec: float) -> str:
    """An angle in a suitable unit."""
    if arcsec < 60:
        return f"{arcsec:.3g} arcsec"
    return f"{arcsec / 60:.3g} arcmin" if arcsec < 3600 else f"{arcsec / 3600:.3g} deg"


# --- an id that is not there -----------------------------------------------------------------------------------------


def _unknown(frame: pd.DataFrame, text: str) -> FindResult:
    """An empty result, with the closest ids."""
    is_number = bool(re.fullmatch(r"[+-]?[0-9]+", text))
    closest = _closest(frame["candid"].astype(str) if is_number else frame["object_id"], text)
    offer = f" The closest: {', '.join(closest)}." if closest else ""
    kind = "object_id or candid" if is_number else "object_id"
    return _nothing(f"{kind} {text}", f"No {kind} {text} in this catalogue.{offer}")


def _closest(ids: pd.Series, text: str) -> list[str]:
    """Ids like `text`, the most similar first: a fast sieve over all of them, then a careful comparison of the best.

    The sieve counts equal characters at equal positions, from the left and from the right, so that an extra or
    missing letter costs little.
    """
    unique = np.asarray(ids.unique(), dtype=f"<U{LONGEST_ID}")
    wanted = text[:LONGEST_ID].lower()
    if not len(unique):
        return []
    lower = np.char.lower(unique)
    score = _equal_characters(lower, wanted)
    score += _equal_characters(np.char.rjust(lower, LONGEST_ID), wanted.rjust(LONGEST_ID), skip=" ")
    best = np.argsort(-score, kind="stable")[:100]
    alike = {str(unique[i]): SequenceMatcher(None, wanted, str(lower[i]), autojunk=False).ratio() for i in best}
    ranked = sorted(alike, key=lambda name: (-alike[name], name))
    return [name for name in ranked if alike[name] >= ALIKE][:MOST_OFFERED]


def _equal_characters(names: np.ndarray, wanted: str, skip: str = "") -> np.ndarray:
    """How many characters of each name are the same as in `wanted` at the same place, int64 (n,)."""
    count = np.zeros(len(names), np.int64)
    table = np.ascontiguousarray(names).view(np.uint32).reshape(len(names), -1)  # (n, characters)
    for place, character in enumerate(wanted[: table.shape[1]]):
        if character != skip:
            count += table[:, place] == ord(character)
    return count
