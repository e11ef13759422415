"""The one fixed test part, by object; every reported number is measured on it, and nothing is tuned on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from ztfexplore.errors import TrainingError

FOLDS = 5


def given_labels(frame: pd.DataFrame) -> pd.Series:
    """The labels that came with the data: `label_given` if people's labels have replaced them in `label`.

    The test part is made from these: a person's click never moves an object into or out of it, or changes its class.
    """
    return frame["label_given" if "label_given" in frame else "label"]


def key_order(frame: pd.DataFrame) -> np.ndarray:
    """Positions of the rows in the order of candids, then of surveys if the frame names them, int64 (n,): the same
    however the alerts were ingested."""
    by = [name for name in ("candid", "survey") if name in frame]
    return frame[by].reset_index(drop=True).sort_values(by, kind="stable").index.to_numpy()


def has_test_part(frame: pd.DataFrame) -> bool:
    """Whether there are enough labelled objects for a test part."""
    frame = frame.assign(label=given_labels(frame))
    objects = frame[frame["label"].notna()].drop_duplicates("object_id")["label"].value_counts()
    return not objects.empty and bool(objects.max() >= FOLDS)


def test_objects(frame: pd.DataFrame) -> set[str]:
    """Object ids of the test part: the first of five stratified folds over the labelled objects.

    Args:
        frame: with `candid`, `object_id` and `label` (and `label_given`, see `given_labels`); the order of its rows
            does not matter.

    Raises:
        TrainingError: if there are too few labelled objects for the folds.
    """
    frame = frame.assign(label=given_labels(frame))
    labelled = frame[frame["label"].notna()].sort_values("candid")
    objects = labelled.drop_duplicates("object_id")["label"].value_counts()
    if objects.empty or objects.max() < FOLDS:
        raise TrainingError(f"{int(objects.sum())} labelled objects are too few for a test part of one in {FOLDS}")
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    _, test = next(folds.split(np.zeros(len(labelled)), labelled["label"], labelled["object_id"]))
    return set(labelled["object_id"].iloc[test])
