"""How a column of metadata becomes colours and symbols on the maps, readable by the colour-blind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np
import pandas as pd

UNLABELLED = "unlabelled"
MISSING = "none"
OTHER = "other"
UNLABELLED_COLOUR = "#9aa0a6"
GREY = (UNLABELLED_COLOUR, "circle")

# Okabe & Ito (2008): eight colours that colour-blind readers can tell apart; a symbol each for prints in grey.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#7f5539")
SYMBOLS = ("circle", "diamond", "triangle-up", "square", "x", "cross", "triangle-down", "star")
CLASS_STYLE: Mapping[str, int] = {"VS": 0, "SN": 1, "asteroid": 2, "AGN": 3, "bogus": 4}
# More categories than this cannot be told apart.
MOST_CATEGORIES = 16
# Positive numbers that span more than this factor are coloured by their logarithm, as sizes and fluxes are.
LOG_SPAN = 30.0
# Not angles and dates, whose zero is a convention.
LINEAR = ("ra", "dec", "mjd")


@dataclass(frozen=True)
class Category:
    """One entry of a legend."""

    name: str
    colour: str
    symbol: str
    count: int


@dataclass(frozen=True)
class Categories:
    """A categorical colouring: `codes` uint8 (n,) index `entries`."""

    codes: np.ndarray
    entries: tuple[Category, ...]


@dataclass(frozen=True)
class Numbers:
    """A numeric colouring: `values` float32 (n,), NaN where there is none; the scale runs from low to high."""

    values: np.ndarray
    low: float
    high: float
    title: str


def colourable(frame: pd.DataFrame) -> list[str]:
    """Columns that can colour a map: the label, then few-valued ones, then numbers that vary.

    If nothing has a label, the label comes last: a map in one grey would be a poor start.
    """
    few = [name for name in ("survey", "band", "positive", "label_source") if frame[name].nunique() > 1]
    left_out = {"candid", "ra", "dec"}
    numeric = [
        name
        for name in frame.columns
        if pd.api.types.is_float_dtype(frame[name]) and name not in left_out and frame[name].nunique() > 1
    ]
    places = [name for name in ("ra", "dec") if frame[name].notna().any()]
    if frame["label"].notna().any():
        return ["label", *few, *places, *numeric]
    return [*few, *numeric, *places, "label"]


def colouring(column: pd.Series, title: str) -> Categories | Numbers:
    """Colours for a column: numbers on a scale (if logarithmic, the title says so), else categories."""
    if not pd.api.types.is_float_dtype(column):
        return _categories(column)
    values = column.to_numpy(dtype=np.float32)
    values = np.where(np.isfinite(values), values, np.float32(np.nan))
    if column.name not in LINEAR and _spans_decades(values):
        values, title = np.log10(values), f"log10 of {title}"
    return Numbers(values, *_scale(values), title)


def _spans_decades(values: np.ndarray) -> bool:
    """Whether all known values are positive and the 99th percentile is more than LOG_SPAN times the 1st."""
    known = values[np.isfinite(values)].astype(np.float64)
    if not len(known) or known.min() <= 0:
        return False
    low, high = np.percentile(known, [1, 99])
    return bool(high > LOG_SPAN * low)


def _scale(values: np.ndarray) -> tuple[float, float]:
    """Where the scale begins and ends, low < high: the 1st and 99th percentile, if they differ."""
    known = values[np.isfinite(values)].astype(np.float64)
    if not len(known):
        return 0.0, 1.0
    low, high = np.percentile(known, [1, 99])
    if low == high:
        low, high = known.min(), known.max()
    return float(low), float(high) if low < high else float(low) + 1.0


def _categories(column: pd.Series) -> Categories:
    none = UNLABELLED if column.name == "label" else MISSING
    # Arrow-backed text and booleans may hold nulls: name them, then everything is text.
    text = column.astype(object).where(column.notna(), none).astype(str)
    counts = text.value_counts()
    named = [name for name in counts.index if name != none]
    known = CLASS_STYLE if column.name == "label" else {}
    kept = sorted(named[: MOST_CATEGORIES - 2], key=lambda name: (known.get(name, len(known)), name))
    rest = [OTHER] if len(named) > len(kept) else []
    names = list(dict.fromkeys([*kept, *rest, *([none] if none in counts.index else [])]))
    lookup = {name: code for code, name in enumerate(names)}
    codes = text.map(lambda name: lookup.get(name, lookup.get(OTHER, 0))).to_numpy(dtype=np.uint8)
    totals = np.bincount(codes, minlength=len(names))
    # A name without a style of its own gets the next free one, never that of another class.
    free = count(len(known))
    styles = [GREY if name in (none, *rest) else _style(known[name] if name in known else next(free)) for name in names]
    entries = tuple(Category(name, *styles[code], int(totals[code])) for name, code in lookup.items())
    return Categories(codes, entries)


def _style(number: int) -> tuple[str, str]:
    """(colour, symbol); beyond the palette the symbols shift, so that no two styles look alike."""
    return PALETTE[number % len(PALETTE)], SYMBOLS[(number + number // len(PALETTE)) % len(SYMBOLS)]


def label_colour(label: str | None) -> str:
    """The colour of a class wherever it is shown."""
    if not isinstance(label, str) or label == UNLABELLED:
        return UNLABELLED_COLOUR
    return _style(CLASS_STYLE.get(label, len(CLASS_STYLE)))[0]
