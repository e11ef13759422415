"""Frames of labelled objects without stamps, and features in which their classes lie apart."""

from __future__ import annotations

import numpy as np
import pandas as pd


def sky(objects: int = 90, alerts: int = 2, classes: tuple[str, ...] = ("AGN", "SN", "VS")) -> pd.DataFrame:
    """Labelled objects of several alerts each, and some without a label."""
    known = pd.DataFrame(
        {
            "object_id": np.repeat([f"o{i}" for i in range(objects)], alerts),
            "label": np.repeat([classes[i % len(classes)] for i in range(objects)], alerts),
        }
    )
    unknown = pd.DataFrame({"object_id": [f"u{i}" for i in range(30)], "label": None})
    frame = pd.concat([known, unknown], ignore_index=True)
    return frame.assign(candid=10**18 + np.arange(len(frame)))


def separated(frame: pd.DataFrame, distance: float = 8.0) -> np.ndarray:
    """Features in which the classes are clouds this many sigma apart."""
    codes, names = pd.factorize(frame["label"], sort=True)
    rng = np.random.default_rng(0)
    centres = distance * np.eye(len(names) + 1, 6)
    return (centres[codes] + rng.normal(size=(len(frame), 6))).astype(np.float32)
