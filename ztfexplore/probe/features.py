"""The features of a probe: the embedding of the image, metadata of the alert, or both side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ztfexplore.catalogue import schema
from ztfexplore.probe.saved import SavedProbe

IMAGES, METADATA, BOTH = FEATURES = ("images", "metadata", "both")
# Position and time are left out: they say where a survey looked, and would identify single objects.
_PLACES = ("x", "y")
TEXTS = ("band",)
EXTERNAL = re.compile(r"\b(?:VSX|SIMBAD|TNS)\b")
SIMULATED = "simulated"

# (column, kind, value): 'value' is asinh of the number, or `value` where it is missing; 'missing' is 1 where it is
# missing; 'is' is 1 where the text is `value`. asinh because fluxes, counts and distances span decades, and some are
# negative.
Feature = tuple[str, str, float | str]


def recipe(frame: pd.DataFrame, rows: np.ndarray | None = None) -> tuple[Feature, ...]:
    """The metadata features of a catalogue: columns that vary, replacements of missing values, texts that occur.

    Args:
        frame: metadata, one row per alert.
        rows: row numbers that it may depend on, those outside the test part; all if None. Labels are not used.
    """
    known = frame if rows is None else frame.iloc[rows]
    made: list[Feature] = []
    for name in (name for name in _columns() if name in known):
        values = _numbers(known[name])
        there = np.isfinite(values)
        if there.any() and np.ptp(values[there]) > 0:
            made.append((name, "value", float(np.median(values[there]))))
        if there.any() and not there.all():
            made.append((name, "missing", 0.0))
    for name in (name for name in TEXTS if name in known):
        found = sorted(known[name].dropna().astype(str).unique())
        made += [(name, "is", text) for text in found if text and len(found) > 1]
    return tuple(made)


def _columns() -> list[str]:
    """Numbers that may say what an object is, the surveys' own fields last."""
    kept = (field.name for field in schema.metadata_fields())
    return ["magnitude", "magnitude_error", "positive", *(name for name in kept if name not in _PLACES)]


def metadata(frame: pd.DataFrame, features: Sequence[Feature]) -> np.ndarray:
    """The metadata features of every row, float32 (n, len(features)), finite; an absent column counts as missing."""
    made = np.zeros((len(frame), len(features)), dtype=np.float32)
    for index, (name, kind, value) in enumerate(features):
        if kind == "is":
            made[:, index] = (frame[name].astype(object) == value).to_numpy(dtype=bool) if name in frame else False
            continue
        values = _numbers(frame[name]) if name in frame else np.full(len(frame), np.nan)
        there = np.isfinite(values)
        made[:, index] = np.where(there, values, value) if kind == "value" else ~there
    return made


def inputs(probe: SavedProbe, frame: pd.DataFrame, embeddings: np.ndarray | None) -> np.ndarray:
    """The input of a probe, (n, dim): embeddings (n, embedding_dim), metadata of the same rows, or both."""
    if not probe.metadata:
        return np.empty((len(frame), 0)) if embeddings is None else embeddings
    columns = metadata(frame, probe.metadata)
    return columns if embeddings is None else np.concatenate([embeddings, columns], axis=1)


def is_external(frame: pd.DataFrame) -> np.ndarray:
    """Whether a row's label comes from an external catalogue (VSX, SIMBAD or TNS), bool (n,).

    Other labels are made by rules from the packet's own metadata: a classifier given these would rediscover the rules.
    """
    return frame["label_source"].fillna("").astype(str).str.contains(EXTERNAL).to_numpy(dtype=bool)


def circularity(frame: pd.DataFrame, rows: np.ndarray) -> str:
    """Why a score on metadata means little for these labelled rows; empty if all their labels are external."""
    sources = frame["label_source"].iloc[rows]
    if (sources == SIMULATED).all():
        return (
            "These alerts and their metadata are simulated: a score on metadata shows how the simulation was "
            "written, not what real alerts are like."
        )
    inside = ~is_external(frame.iloc[rows])
    if not inside.any():
        return ""
    return (
        f"Circular: {inside.sum()} of {len(rows)} labels come from rules on the alert's own metadata (sgscore1, "
        "distpsnr1, ssdistnr, drb, the number of detections). A probe on these rediscovers the rules: its score "
        "says nothing about the objects. Quote the figure for 'images'."
    )


def _numbers(column: pd.Series) -> np.ndarray:
    """asinh of a column, float64 (n,); NaN where there is no number."""
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.arcsinh(np.where(np.isfinite(values), values, np.nan))
