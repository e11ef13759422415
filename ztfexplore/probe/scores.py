"""How good the probes of one question are, on which objects, and the predictions behind every figure.

An object counts once, however many alerts it has. Scores on objects whose labels an encoder was trained with are
marked. Next to them, where possible, are scores on objects whose labels none of the compared encoders has seen.
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
from ztfexplore.probe.compare import ProbeData, TrainedProbe

VALIDATED, TESTED = "cross-validation", "test part"
# Objects of each class in an evaluation set: fewer say nothing.
FEWEST_EVALUATED = 2


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """A set of alerts that probes are scored on.

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

    def probabilities(self, trained: TrainedProbe) -> np.ndarray:
        """A probe's probabilities for these alerts, float64 (repeats, m, c)."""
        return (trained.validated if self.name == VALIDATED else trained.tested)[:, self.positions]


def cross_validation_set(data: ProbeData) -> EvaluationSet:
    """All objects outside the test part (at the label fraction asked for), by cross-validation."""
    return _evaluation_set(data, VALIDATED, np.ones(len(data.parts.fit), dtype=bool))


def unseen_set(data: ProbeData, trained: Sequence[TrainedProbe]) -> EvaluationSet | None:
    """Objects whose labels none of the encoders was trained with; None if there are none, or if it is unknown.

    They come from outside the test part if every class has enough of them, otherwise from the test part.
    """
    if any(one.seen is None for one in trained):
        return None
    seen = frozenset[str]().union(*(one.seen or () for one in trained))
    parts = data.parts
    outside = ~np.isin(parts.objects[parts.fit], sorted(seen))
    evaluation_set = _evaluation_set(data, VALIDATED, outside)
    wanted = {str(name) for name in np.unique(parts.labels[parts.fit])}
    if set(evaluation_set.counts) == wanted and min(evaluation_set.counts.values()) >= FEWEST_EVALUATED:
        return evaluation_set
    evaluation_set = _evaluation_set(data, TESTED, ~np.isin(parts.objects[parts.test], sorted(seen)))
    return evaluation_set if len(evaluation_set.counts) >= FEWEST_EVALUATED else None


def _evaluation_set(data: ProbeData, name: str, kept: np.ndarray) -> EvaluationSet:
    parts, positions = data.parts, np.flatnonzero(kept)
    rows = (parts.fit if name == VALIDATED else parts.test)[positions]
    return EvaluationSet(name, positions, rows, parts.labels[rows], parts.objects[rows], not kept.all())


def count_seen_objects(evaluation_set: EvaluationSet, trained: TrainedProbe) -> int | None:
    """How many of its objects an encoder has seen with their labels; None if unknown."""
    return None if trained.seen is None else len(set(evaluation_set.objects.tolist()) & trained.seen)


# --- scores ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scores:
    """How good one probe is on one evaluation set; intervals are 95 % by bootstrap over objects (and repeats).

    Attributes:
        balanced_accuracy: mean over repeats, with `interval` and `spread`, the standard deviation over repeats.
        macro_f1: mean over repeats.
        recall: (value, low, high) of each class.
        objects, alerts: how many.
        repeats: how often each was predicted.
        seen: how many objects' labels the encoder has seen; None if unknown.
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


def score_probe(evaluation_set: EvaluationSet, trained: TrainedProbe) -> Scores:
    """The scores of a probe on an evaluation set."""
    true, objects = evaluation_set.true, evaluation_set.objects
    predicted = _predicted(evaluation_set, trained)
    each = [balanced_accuracy(true, column, objects) for column in predicted.T]
    weights, names = object_weights(objects), np.unique(true)
    f1 = [
        f1_score(true, column, labels=names, average="macro", zero_division=0, sample_weight=weights)
        for column in predicted.T
    ]
    recalls = class_means(true, predicted == true[:, None], objects).mean(axis=1)
    intervals = [
        bootstrap_interval(true[own], predicted[own], objects[own]) for own in (true == name for name in names)
    ]
    return Scores(
        balanced_accuracy=float(np.mean(each)),
        interval=bootstrap_interval(true, predicted, objects),
        spread=float(np.std(each, ddof=1)) if len(each) > 1 else None,
        macro_f1=float(np.mean(f1)),
        recall={
            name: (float(value), *interval)
            for name, value, interval in zip(names.tolist(), recalls, intervals, strict=True)
        },
        objects=len(set(objects.tolist())),
        alerts=len(true),
        repeats=predicted.shape[1],
        seen=count_seen_objects(evaluation_set, trained),
    )


def _predicted(evaluation_set: EvaluationSet, trained: TrainedProbe) -> np.ndarray:
    """Classes, str (m, repeats)."""
    return np.asarray(trained.saved.classes, dtype=str)[evaluation_set.probabilities(trained).argmax(axis=2)].T


def paired_differences(evaluation_set: EvaluationSet, trained: Mapping[str, TrainedProbe]) -> pd.DataFrame:
    """Balanced accuracy of each probe minus that of each later one, on the same objects and folds.

    Returns:
        first, second, difference, low, high (95 % by paired bootstrap over objects and repeats).
    """
    predicted = {name: _predicted(evaluation_set, one) for name, one in trained.items()}
    rows = []
    for first, second in combinations(predicted, 2):
        found = paired_difference(evaluation_set.true, predicted[first], predicted[second], evaluation_set.objects)
        rows.append((first, second, found.difference, *found.interval))
    return pd.DataFrame(rows, columns=["first", "second", "difference", "low", "high"])


# --- object by object -----------------------------------------------------------------------------------------------


def predictions_by_object(evaluation_set: EvaluationSet, trained: TrainedProbe) -> pd.DataFrame:
    """One row per object (two if its alerts have two classes): its class and the prediction, from its probabilities
    averaged over its alerts, in the first repeat.

    Returns:
        row (of the catalogue: the alert with the highest probability), object_id, true, predicted, probability (of the
        predicted class), alerts, and probability_CLASS for each class.
    """
    classes = np.asarray(trained.saved.classes, dtype=str)
    first = evaluation_set.probabilities(trained)[0]
    keys = pd.DataFrame({"object_id": evaluation_set.objects, "true": evaluation_set.true})
    names = [f"probability_{name}" for name in classes]
    groups = pd.concat([keys, pd.DataFrame(first, columns=names)], axis=1).groupby(["object_id", "true"], sort=True)
    made = groups[names].mean().reset_index()
    made["alerts"] = groups.size().to_numpy()
    values = made[names].to_numpy().reshape(len(made), len(names))
    made["predicted"] = classes[values.argmax(axis=1)]
    made["probability"] = values.max(axis=1)
    surest = pd.Series(first.max(axis=1)).groupby(groups.ngroup().to_numpy()).idxmax()
    made["row"] = evaluation_set.rows[surest.to_numpy()]
    return made[["row", "object_id", "true", "predicted", "probability", "alerts", *names]]


def confusion_counts(objects: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Objects by class (rows) and predicted class (columns), ordered as `classes`; from `predictions_by_object`."""
    counts = pd.crosstab(objects["true"], objects["predicted"])
    return counts.reindex(index=list(classes), columns=list(classes), fill_value=0)


def reliability_curve(objects: pd.DataFrame, classes: Sequence[str]) -> tuple[pd.DataFrame, float, float]:
    """The reliability curve of `predictions_by_object`, its calibration error, and that with classes weighted equally.

    Returns:
        low, high, confidence, accuracy, objects of every bin that is not empty; and the two errors.
    """
    probabilities = objects[[f"probability_{name}" for name in classes]].to_numpy()
    # Two classes of one object stay two rows, as in the confusion matrix.
    keys = (objects["object_id"] + "\n" + objects["true"]).to_numpy(dtype=str)
    found = calibration(Predictions(objects["true"].to_numpy(dtype=str), keys, np.array(classes), probabilities))
    return pd.DataFrame(found["bins"]), found["ece"], found["ece_balanced"]
