"""Filters on columns of metadata, and the text that keeps them in an address."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd

from ztfexplore.display.colours import MISSING, UNLABELLED

Kind = Literal["number", "date", "category", "text"]
NUMBER: Kind = "number"
DATE: Kind = "date"
CATEGORY: Kind = "category"
TEXT: Kind = "text"
DATES = ("mjd",)
MJD_ZERO = date(1858, 11, 17).toordinal()
LAST_MJD = 200_000.0  # in 2406
CATEGORIES = ("survey", "band", "positive", "label", "label_source")
TEXTS = ("object_id", "source")
# The most that an address may hold; the rest is ignored, and reported.
LONGEST = 2000
MOST_FILTERS = 20
NONE = ""  # stands for 'no value' among the values of a OneOf
_NONE_TEXT = "!"  # and in an address, where a real exclamation mark is written %21

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


@dataclass(frozen=True)
class Between:
    """Numbers from `low` to `high`, both included; None means no bound."""

    column: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class OneOf:
    """Any of these values, as text; NONE among them stands for 'no value'. Without values nothing passes."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Contains:
    """Text that contains another, ignoring case."""

    column: str
    text: str


Filter = Between | OneOf | Contains


# --- columns -----------------------------------------------------------------------------------------------------


def columns(frame: pd.DataFrame) -> list[str]:
    """The columns that can be filtered, in the frame's order: those of a known kind that hold any value."""
    return [name for name in frame.columns if kind(frame, name) is not None and _holds_any(frame[name])]


def _holds_any(column: pd.Series) -> bool:
    """Whether anything in a column is not missing; the first rows mostly decide it."""
    return bool(column.iloc[:100].notna().any() or column.notna().any())


def kind(frame: pd.DataFrame, column: str) -> Kind | None:
    """The kind of filter that a column accepts; None if it accepts none, such as candid, which Find looks up."""
    if column not in frame.columns:
        return None
    if column in DATES:
        return DATE
    if column in CATEGORIES:
        return CATEGORY
    if column in TEXTS:
        return TEXT
    return NUMBER if pd.api.types.is_float_dtype(frame[column]) else None


def span(frame: pd.DataFrame, column: str) -> tuple[float, float]:
    """The smallest and the largest finite value of a column of numbers; NaN if there is none."""
    values = frame[column].to_numpy(dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return math.nan, math.nan
    return float(values.min(where=known, initial=math.inf)), float(values.max(where=known, initial=-math.inf))


def values(frame: pd.DataFrame, column: str) -> list[str]:
    """The different values of a column as text, the most frequent first; NONE last, if any is missing."""
    found = [str(value) for value in frame[column].value_counts().index]
    return [*(name for name in found if name != NONE), *([NONE] if frame[column].isna().any() else [])]


def shown_value(column: str, value: str) -> str:
    """A value as a person reads it."""
    if value == NONE:
        return UNLABELLED if column == "label" else MISSING
    if column == "positive":
        return {"True": "brighter", "False": "fainter"}.get(value, value)
    return value


# --- applying them -------------------------------------------------------------------------------------------------


def rows(frame: pd.DataFrame, filters: Sequence[Filter]) -> np.ndarray:
    """Which rows pass all filters, bool (n,). A row without a value passes only a filter that asks for 'no value'."""
    passed = np.ones(len(frame), dtype=bool)
    for one in filters:
        passed &= _passes(frame[one.column], one)
    return passed


def without(frame: pd.DataFrame, one: Filter) -> int:
    """How many rows a filter leaves out because they have no value in its column."""
    if isinstance(one, OneOf) and NONE in one.values:
        return 0
    if isinstance(one, Between):
        return int((~np.isfinite(frame[one.column].to_numpy(dtype=np.float64))).sum())
    return int(frame[one.column].isna().sum())


def _passes(column: pd.Series, one: Filter) -> np.ndarray:
    if isinstance(one, Between):
        numbers = column.to_numpy(dtype=np.float64)
        low = -math.inf if one.low is None else one.low
        high = math.inf if one.high is None else one.high
        return np.isfinite(numbers) & (numbers >= low) & (numbers <= high)
    if isinstance(one, OneOf):
        passed = _as_text(column).isin([value for value in one.values if value != NONE]).to_numpy(dtype=bool)
        return passed | column.isna().to_numpy() if NONE in one.values else passed
    return _as_text(column).str.contains(one.text, case=False, regex=False, na=False).to_numpy(dtype=bool)


def _as_text(column: pd.Series) -> pd.Series:
    """A column of text as it is, any other (of booleans, say) as text; missing values stay missing."""
    if isinstance(column.dtype, pd.StringDtype):
        return column
    return column.astype(object).where(column.isna(), column.astype(str)).astype("str")


# --- as text -------------------------------------------------------------------------------------------------------


def to_text(filters: Sequence[Filter]) -> str:
    """Filters as an address writes them: 'magnitude:15..18;band:g,r;object_id:ZTF18'. `parse` reads it."""
    return ";".join(f"{_quoted(one.column)}:{_condition(one)}" for one in filters)


def _condition(one: Filter) -> str:
    if isinstance(one, Between):
        return f"{_number(one.low)}..{_number(one.high)}"
    if isinstance(one, OneOf):
        return ",".join(_NONE_TEXT if value == NONE else _quoted(value) for value in one.values)
    return _quoted(one.text)


def _quoted(text: str) -> str:
    # Spaces around a text are dropped when it is read, unless they are percent-encoded.
    return quote(text, safe=" " if text == text.strip() else "")


def _number(value: float | None) -> str:
    """The shortest text that is read as the same number."""
    return "" if value is None else repr(float(value)).removesuffix(".0")


def parse(text: str, frame: pd.DataFrame) -> tuple[list[Filter], list[str]]:
    """The filters in a text, and the problems of the parts that are not filters.

    Args:
        text: as `to_text` writes it; dates may also be written as 2020-06-30, the days at both ends included.
        frame: has the columns that they name.
    """
    found: dict[str, Filter] = {}
    problems = []
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition(";")[0]
        problems.append(f"more than {LONGEST} characters: the last filters are left out")
    for part in filter(str.strip, text.split(";")):
        try:
            one = _parsed(part.strip(), frame)
            if one.column in found:
                raise ValueError(f"a second filter on {one.column}")
            if len(found) == MOST_FILTERS:
                raise ValueError(f"more than {MOST_FILTERS} filters")
            found[one.column] = one
        except ValueError as error:
            problems.append(f"{_short(part)}: {error}")
    return list(found.values()), problems


def _short(part: str) -> str:
    text = unquote(part.strip(), errors="replace")
    return text if len(text) <= 40 else f"{text[:40]}…"


def _parsed(part: str, frame: pd.DataFrame) -> Filter:
    """One filter.

    Raises:
        ValueError: if the part is not a filter; says why.
    """
    name, colon, condition = part.partition(":")
    column = unquote(name.strip(), errors="replace")
    what = kind(frame, column)
    if what is None:
        raise ValueError("not a column that can be filtered")
    if not colon:
        raise ValueError("has no condition")
    if what == CATEGORY:
        return OneOf(column, tuple(dict.fromkeys(_value(part) for part in condition.split(",") if part.strip())))
    if what == TEXT:
        return Contains(column, unquote(condition, errors="replace"))
    low, dots, high = condition.partition("..")
    if not dots:
        raise ValueError("a range is written '15..18', '15..' or '..18'")
    return Between(column, _bound(low, what, last=False), _bound(high, what, last=True))


def _value(part: str) -> str:
    return NONE if part.strip() == _NONE_TEXT else unquote(part, errors="replace")


def _bound(text: str, what: Kind, last: bool) -> float | None:
    """A number, or a date as the beginning of its day, or as its end if it is the `last`."""
    text = text.strip()
    if not text:
        return None
    if what == DATE and _DAY.fullmatch(text):
        return mjd_of_day(text) + (1 if last else 0)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{_short(text)!r} is not a {'date (2020-06-30 or an MJD)' if what == DATE else 'number'}")
    return number


def in_words(one: Filter) -> str:
    """A filter as a person reads it."""
    name = "date" if one.column in DATES else one.column.replace("_", " ")
    if isinstance(one, OneOf):
        return f"{name} {' or '.join(shown_value(one.column, value) for value in one.values) or 'of no kind'}"
    if isinstance(one, Contains):
        return f"{name} with {one.text}" if one.text else f"any {name}"
    low, high = (None if bound is None else _bound_in_words(one, bound) for bound in (one.low, one.high))
    if low is None or high is None:
        return f"any {name}" if low == high else f"{name} from {low}" if high is None else f"{name} up to {high}"
    return f"{name} from {low} to {high}"


def _bound_in_words(one: Between, bound: float) -> str:
    if one.column not in DATES or bound != math.floor(bound) or not 0 < bound < LAST_MJD:
        return f"{bound:.10g}"
    # The end of a day is the beginning of the next.
    return day_of_mjd(bound - 1 if bound == one.high else bound)


def mjd_of_day(day: str) -> float:
    """The MJD at which a day, written 2020-06-30 (UTC), begins.

    Raises:
        ValueError: if there is no such day.
    """
    try:
        return float(date.fromisoformat(day).toordinal() - MJD_ZERO)
    except ValueError:
        raise ValueError(f"{day} is not a date") from None


def day_of_mjd(mjd: float) -> str:
    """The day (UTC) of an MJD, written 2020-06-30; dates outside 1858 to 2406 become the nearest inside."""
    return date.fromordinal(MJD_ZERO + math.floor(min(max(mjd, 0.0), LAST_MJD))).isoformat()
