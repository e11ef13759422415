"""How good the probes of one question are, on which objects, and what stands behind every figure.

An object counts once, however many alerts it has. Scores on objects whose labels an encoder was trained with are
marked, and an honest set is sought beside them: objects whose labels none of the compared encoders has seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from ztfexplore.evaluation.metrics import (
    Predictions,
    balanced_accuracy,
    bootstrap_interval,
    calibration,
    class_means,
    object_weights,
    paired_difference,
)
from ztfexplore.probe.compare import Ground, Trained

VALIDATED, TESTED = "cross-validation", "test part"
# Of each class, in a set that is to be judged by: fewer say nothing.
FEWEST_JUDGED = 2


@dataclass(frozen=True, eq=False)
class Jury:
    """A set of alerts by which probes are judged.

    Attributes:
        name: 'cross-validation' or 'test part'.
        positions: in `parts.fit` or `parts.test`, int64 (m,).
        rows: row numbers of the catalogue (m,).
        true, objects: class and object id, str (m,).
        unseen_only: whether objects were left out because an encoder has seen their labels.
    """

    name: str
    positions: np.ndarray
    rows: np.ndarray
    true: np.ndarray
    objects: np.ndarray
    unseen_only: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Objects of each class."""
        pairs = pd.DataFrame({"true": self.true, "object": self.objects})
        return {str(name): int(count) for name, count in pairs.groupby("true")["object"].nunique().items()}

    def probabilities(self, trained: Trained) -> np.ndarray:
        """What a probe says of it, float64 (repeats, m, c)."""
        return (trained.validated if self.name == VALIDATED else trained.tested)[:, self.positions]


def validated(ground: Ground) -> Jury:
    """All objects outside the test part (of the fraction asked for), by cross-validation."""
    return _jury(ground, VALIDATED, np.ones(len(ground.parts.fit), dtype=bool))


def unseen(ground: Ground, trained: Sequence[Trained]) -> Jury | None:
    """Objects whose labels none of the encoders was trained with; None if there are none, or that is not known.

    They come from outside the test part if there are enough of every class, otherwise from the test part.
    """
    if any(one.seen is None for one in trained):
        return None
    seen = frozenset[str]().union(*(one.seen or () for one in trained))
    parts = ground.parts
    outside = ~np.isin(parts.objects[parts.fit], sorted(seen))
    jury = _jury(ground, VALIDATED, outside)
    wanted = {str(name) for name in np.unique(parts.labels[parts.fit])}
    if set(jury.counts) == wanted and min(jury.counts.values()) >= FEWEST_JUDGED:
        return jury
    jury = _jury(ground, TESTED, ~np.isin(parts.objects[parts.test], sorted(seen)))
    return jury if len(jury.counts) >= FEWEST_JUDGED else None


def _jury(ground: Ground, name: str, kept: np.ndarray) -> Jury:
    parts, positions = ground.parts, np.flatnonzero(kept)
    rows = (parts.fit if name == VALIDATED else parts.test)[positions]
    return Jury(name, positions, rows, parts.labels[rows], parts.objects[rows], not kept.all())


def seen_objects(jury: Jury, trained: Trained) -> int | None:
    """How many of its objects an encoder has seen with their labels; None if that is not known."""
    return None if trained.seen is None else len(set(jury.objects.tolist()) & trained.seen)


# --- scores ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """How good one probe is by one jury; intervals are 95 % by bootstrap over objects (and repeats).

    Attributes:
        balanced_accuracy: mean over repeats, with `interval` and `spread`, the standard deviation over repeats.
        macro_f1: mean over repeats.
        recall: (value, low, high) of each class.
        objects, alerts: how many.
        repeats: how often they were predicted.
        seen: of how many objects the encoder has seen the labels; None if that is not known.
    """

    balanced_accuracy: float
    interval: tuple[float, float]
    spread: float | None
    macro_f1: float
    recall: Mapping[str, tuple[float, float, float]]
    objects: int
    alerts: int
    repeats: int
    seen: int | None


def verdict(jury: Jury, trained: Trained) -> Verdict:
    """The scores of a probe."""
    predicted = _predicted(jury, trained)
    each = [balanced_accuracy(jury.true, column, jury.objects) for column in predicted.T]
    weights, names = object_weights(jury.objects), np.unique(jury.true)
    f1 = [
        f1_score(jury.true, column, labels=names, average="macro", zero_division=0, sample_weight=weights)
        for column in predicted.T
    ]
    recalls = class_means(jury.true, predicted == jury.true[:, None], jury.objects).mean(axis=1)
    intervals = [
        bootstrap_interval(jury.true[own], predicted[own], jury.objects[own])
        for own in (jury.true == name for name in names)
    ]
    return Verdict(
        balanced_accuracy=float(np.mean(each)),
        interval=bootstrap_interval(jury.true, predicted, jury.objects),
        spread=float(np.std(each, ddof=1)) if len(each) > 1 else None,
        macro_f1=float(np.mean(f1)),
        recall={
            name: (float(value), *interval)
            for name, value, interval in zip(names.tolist(), recalls, intervals, strict=True)
        },
        objects=len(set(jury.objects.tolist())),
        alerts=len(jury.true),
        repeats=predicted.shape[1],
        seen=seen_objects(jury, trained),
    )


def _predicted(jury: Jury, trained: Trained) -> np.ndarray:
    """Classes, str (m, repeats)."""
    return np.asarray(trained.saved.classes, dtype=str)[jury.probabilities(trained).argmax(axis=2)].T


def differences(jury: Jury, trained: Mapping[str, Trained]) -> pd.DataFrame:
    """Balanced accuracy of each probe less that of each later one, on the same objects and folds.

    Returns:
        first, second, difference, low, high (95 % by paired bootstrap over objects and repeats).
    """
    predicted = {name: _predicted(jury, one) for name, one in trained.items()}
    rows = []
    for first, second in combinations(predicted, 2):
        found = paired_difference(jury.true, predicted[first], predicted[second], jury.objects)
        rows.append((first, second, found.difference, *found.interval))
    return pd.DataFrame(rows, columns=["first", "second", "difference", "low", "high"])


# --- object by object -----------------------------------------------------------------------------------------------


def by_object(jury: Jury, trained: Trained) -> pd.DataFrame:
    """One row an object (two if its alerts carry two classes): its class and what the probe says, by its mean
    probabilities over its alerts, in the first repeat.

    Returns:
        row (of the catalogue: the alert that the probe is surest of), object_id, true, predicted, probability (of the
        predicted class), alerts, and probability_CLASS for each class.
    """
    classes = np.asarray(trained.saved.classes, dtype=str)
    first = jury.probabilities(trained)[0]
    keys = pd.DataFrame({"object_id": jury.objects, "true": jury.true})
    names = [f"probability_{name}" for name in classes]
    groups = pd.concat([keys, pd.DataFrame(first, columns=names)], axis=1).groupby(["object_id", "true"], sort=True)
    made = groups[names].mean().reset_index()
    made["alerts"] = groups.size().to_numpy()
    values = made[names].to_numpy().reshape(len(made), len(names))
    made["predicted"] = classes[values.argmax(axis=1)]
    made["probability"] = values.max(axis=1)
    surest = pd.Series(first.max(axis=1)).groupby(groups.ngroup().to_numpy()).idxmax()
    made["row"] = jury.rows[surest.to_numpy()]
    return made[["row", "object_id", "true", "predicted", "probability", "alerts", *names]]


def confusion(objects: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Objects by class (rows) and predicted class (columns), in the order of `classes`; of `by_object`."""
    counts = pd.crosstab(objects["true"], objects["predicted"])
    return counts.reindex(index=list(classes), columns=list(classes), fill_value=0)


def reliability(objects: pd.DataFrame, classes: Sequence[str]) -> tuple[pd.DataFrame, float, float]:
    """The reliability curve of `by_object`, its expected calibration error, and that with classes weighing the same.

    Returns:
        low, high, confidence, accuracy, objects of every bin that is not empty; and the two errors.
    """
    probabilities = objects[[f"probability_{name}" for name in classes]].to_numpy()
    # Two classes of one object stay two rows, as in the confusion matrix.
    keys = (objects["object_id"] + "\n" + objects["true"]).to_numpy(dtype=str)
    found = calibration(Predictions(objects["true"].to_numpy(dtype=str), keys, np.array(classes), probabilities))
    return pd.DataFrame(found["bins"]), found["ece"], found["ece_balanced"]
