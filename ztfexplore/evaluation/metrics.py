"""Metrics of predictions and embeddings. An object always counts once, however many alerts it has.

Shapes: n alerts, c classes, dim the length of an embedding. Nothing here opens a catalogue or knows an encoder.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score

from ztfexplore.embeddings.vectors import unit_length

DRAWS = 1000
CALIBRATION_BINS = 10
# Counts of resampled objects held in memory at a time, about 64 MB.
RESAMPLED = 8_000_000


def object_weights(objects: np.ndarray) -> np.ndarray:
    """A weight for every alert (n,), so that each object's alerts together weigh 1."""
    _, of, counts = np.unique(objects.astype(str), return_inverse=True, return_counts=True)
    return 1.0 / counts[of]


# --- predictions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Predictions:
    """A classifier's predictions for alerts whose class is known.

    Attributes:
        true: classes, str (n,).
        objects: object ids, str (n,).
        classes: the classifier's, str (c,), in the order of the columns of `probabilities`.
        probabilities: (n, c), each row summing to 1.
    """

    true: np.ndarray
    objects: np.ndarray
    classes: np.ndarray
    probabilities: np.ndarray

    @property
    def predicted(self) -> np.ndarray:
        """The most probable class of each alert, str (n,)."""
        return self.classes[self.probabilities.argmax(axis=1)]


@dataclass(frozen=True)
class Score:
    """A classifier's result on the test part.

    Attributes:
        balanced_accuracy: mean recall of the tested classes, with `interval`, 95 % by bootstrap over objects.
        macro_f1: mean F1 of the tested classes.
        recall: of each tested class, with `recall_interval`, 95 % by bootstrap over objects.
        classes: those in the test part and those that the classifier knows.
        confusion: counts of alerts; rows are true, columns predicted, in the order of `classes`.
        objects, alerts: the numbers tested.
        C: the inverse of the probe's regularisation strength; None for a classifier that is not a linear probe.
    """

    balanced_accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    recall: dict[str, float]
    recall_interval: dict[str, tuple[float, float]]
    classes: list[str]
    confusion: list[list[int]]
    objects: int
    alerts: int
    C: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Its fields by name; C also as 'regularisation', its name in older results and cards."""
        return {**asdict(self), "regularisation": self.C}


def score(predictions: Predictions, C: float | None = None) -> Score:
    """Balanced accuracy, macro-F1, recalls with their intervals, confusion matrix and counts."""
    true, predicted, objects = predictions.true, predictions.predicted, predictions.objects
    names, correct = np.unique(true).tolist(), (true == predicted)[:, None]
    recalls = class_means(true, correct, objects)[:, 0]
    drawn = _resampled(true, correct, objects, DRAWS, seed=0)[:, :, 0]
    classes = sorted({*names, *predictions.classes.tolist()})
    f1 = f1_score(
        true, predicted, labels=names, average="macro", zero_division=0, sample_weight=object_weights(objects)
    )
    return Score(
        balanced_accuracy=float(recalls.mean()),
        interval=_percentiles(drawn.mean(axis=1)),
        macro_f1=float(f1),
        recall=dict(zip(names, recalls.tolist(), strict=True)),
        recall_interval={name: _percentiles(drawn[:, index]) for index, name in enumerate(names)},
        classes=classes,
        confusion=confusion_matrix(true, predicted, labels=classes).tolist(),
        objects=len(set(objects)),
        alerts=len(true),
        C=C,
    )


def class_means(true: np.ndarray, values: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """Mean of `values` (n, m) over the objects of each class, (c, m), classes sorted.

    If `values` say which predictions are right, the means are recalls. An object whose alerts have two labels counts in
    each class by its share of alerts.
    """
    means = []
    for name in np.unique(true):
        sums, shares = _per_object(true == name, values, objects)
        means.append(sums.sum(axis=0) / shares.sum())
    return np.stack(means)


def _per_object(own: np.ndarray, values: np.ndarray, objects: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(sums of weighted values (o, m), weights (o,)) of the objects with alerts in `own`, bool (n,)."""
    _, of_all, alerts = np.unique(objects.astype(str), return_inverse=True, return_counts=True)
    kept, of = np.unique(of_all[own], return_inverse=True)
    sums = np.stack([np.bincount(of, column, len(kept)) for column in values[own].T.astype(float)], axis=1)
    counts = np.bincount(of)
    # The weight times the mean: both are exact for an object of one class with all alerts right, so that 1 stays 1.
    share = counts / alerts[kept]
    return share[:, None] * (sums / counts[:, None]), share


def balanced_accuracy(true: np.ndarray, predicted: np.ndarray, objects: np.ndarray) -> float:
    """Mean recall of the classes; the mean over the fits if predictions are (n, fits)."""
    return float(class_means(true, _correct(true, predicted), objects).mean())


def bootstrap_interval(
    true: np.ndarray, predicted: np.ndarray, objects: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the balanced accuracy by the percentile bootstrap over objects (Efron & Tibshirani 1993).

    Objects are drawn with replacement within each class, so that every draw has every class. Where there are several
    fits, they are drawn with replacement as well (the crossed bootstrap of Owen 2007, Ann. Appl. Stat. 1, 386): the
    interval then covers the choice of tested objects and of labels to fit on.

    Args:
        true: classes (n,).
        predicted: classes (n,), or (n, fits) for several fits.
        objects: object ids (n,).
    """
    return _mean_interval(true, _correct(true, predicted), objects, draws, seed)


@dataclass(frozen=True)
class Difference:
    """One method's balanced accuracy minus another's on the same alerts, with its 95 % interval."""

    difference: float
    interval: tuple[float, float]


def paired_difference(
    true: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    objects: np.ndarray,
    draws: int = DRAWS,
    seed: int = 0,
) -> Difference:
    """How much better `first` is than `second`, by the paired bootstrap: both are scored on the same resampled objects.

    Args:
        true: classes (n,).
        first, second: predicted classes (n,), or (n, fits), fit by fit on the same labels.
        objects: object ids (n,).
    """
    gain = _correct(true, first).astype(float) - _correct(true, second)
    return Difference(float(class_means(true, gain, objects).mean()), _mean_interval(true, gain, objects, draws, seed))


def _correct(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Whether each prediction is right, bool (n, fits)."""
    return predicted.reshape(len(true), -1) == true[:, None]


def _mean_interval(
    true: np.ndarray, values: np.ndarray, objects: np.ndarray, draws: int, seed: int
) -> tuple[float, float]:
    means = _resampled(true, values, objects, draws, seed).mean(axis=1)  # (draws, fits)
    fits = np.random.default_rng([seed, 1]).integers(means.shape[1], size=means.shape)
    return _percentiles(np.take_along_axis(means, fits, axis=1).mean(axis=1))


def _resampled(true: np.ndarray, values: np.ndarray, objects: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """`class_means` of objects drawn with replacement within each class, (draws, c, m)."""
    rng, means = np.random.default_rng(seed), []
    for name in np.unique(true):
        sums, shares = _per_object(true == name, values, objects)
        columns, count = np.column_stack([sums, shares]), len(shares)
        step = max(1, RESAMPLED // count)
        drawn = np.concatenate(
            [
                rng.multinomial(count, np.full(count, 1 / count), size=min(step, draws - start)) @ columns
                for start in range(0, draws, step)
            ]
        )
        means.append(drawn[:, :-1] / drawn[:, -1:])
    return np.stack(means, axis=1)


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


# --- calibration ----------------------------------------------------------------------------------------------------


def calibration(predictions: Predictions, bins: int = CALIBRATION_BINS) -> dict[str, Any]:
    """Whether probabilities match accuracy: expected calibration error and reliability curve (Guo et al. 2017).

    Alerts are binned by the probability of their predicted class, in bins of equal width.

    Returns:
        'ece', the mean gap between accuracy and confidence, over objects as they are (0 is perfect);
        'ece_balanced', the same with classes weighted equally, as a class-balanced probe assumes;
        'bins', the curve: low, high, confidence, accuracy and objects of every bin that is not empty.
    """
    confidence = predictions.probabilities.max(axis=1)
    correct = predictions.predicted == predictions.true
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    weights = object_weights(predictions.objects)
    _, of = np.unique(predictions.true, return_inverse=True)
    curve = []
    for number in np.unique(bin_of).tolist():
        own = bin_of == number
        curve.append(
            {
                "low": number / bins,
                "high": (number + 1) / bins,
                "confidence": float(np.average(confidence[own], weights=weights[own])),
                "accuracy": float(np.average(correct[own], weights=weights[own])),
                "objects": float(weights[own].sum()),
            }
        )
    return {
        "ece": _calibration_error(confidence, correct, bin_of, weights),
        "ece_balanced": _calibration_error(confidence, correct, bin_of, weights / np.bincount(of, weights)[of]),
        "bins": curve,
    }


def _calibration_error(confidence: np.ndarray, correct: np.ndarray, bin_of: np.ndarray, weights: np.ndarray) -> float:
    """Sum over the bins of |weighted accuracy - weighted confidence|, as a share of all weight."""
    gaps = np.bincount(bin_of, weights * (correct - confidence))
    return float(np.abs(gaps).sum() / weights.sum())


# --- the geometry of an embedding -----------------------------------------------------------------------------------


def alignment(first: np.ndarray, second: np.ndarray, objects: np.ndarray) -> float:
    """Mean squared distance of positive pairs on the unit sphere (Wang & Isola 2020, arXiv:2005.10242, alpha = 2).

    Args:
        first, second: (n, dim), row by row the two views of a pair.
        objects: object ids (n,); the mean is over objects.

    Returns:
        from 0 (pairs coincide) to 4 (opposite).
    """
    distance = ((unit_length(first) - unit_length(second)) ** 2).sum(axis=1, dtype=float)
    return float(np.average(distance, weights=object_weights(objects)))


def object_pairs(objects: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of every pair of alerts of one object, each int64 (pairs,)."""
    order = np.argsort(objects.astype(str), kind="stable")
    runs = np.split(order, np.flatnonzero(np.diff(np.unique(objects.astype(str), return_inverse=True)[1][order])) + 1)
    pairs = [rows[np.stack(np.triu_indices(len(rows), 1))] for rows in runs]
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def uniformity(values: np.ndarray, objects: np.ndarray) -> float | None:
    """Log of the mean Gaussian potential of pairs on the unit sphere (Wang & Isola 2020, t = 2).

    Pairs are of different objects, each object weighing the same.

    Returns:
        0 if all points coincide, lower the more evenly they fill the sphere; None if there are fewer than two objects.
    """
    potential = np.exp(-2 * _squared_distances(values))
    pairs = np.outer(object_weights(objects), object_weights(objects)) * (objects[:, None] != objects[None])
    return float(np.log((potential * pairs).sum() / pairs.sum())) if pairs.any() else None


def _squared_distances(values: np.ndarray) -> np.ndarray:
    """Between the directions of vectors, (n, n)."""
    unit = unit_length(values).astype(float)
    return np.clip(2 - 2 * unit @ unit.T, 0, 4)


def silhouette(values: np.ndarray, labels: np.ndarray, objects: np.ndarray) -> dict[str, Any]:
    """How much nearer alerts are to their own class than to the next nearest, by cosine distance (Rousseeuw 1987).

    Distances are to other objects, each weighing the same. By convention it is 0 for the only object of a class.

    Returns:
        'mean' over objects, from -1 to 1 (None if there are fewer than two classes), and 'by_class'.
    """
    names, of = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return {"mean": None, "by_class": {}}
    cosine_distance = 0.5 * _squared_distances(values)
    weights = object_weights(objects)
    others = weights[None] * (objects[:, None] != objects[None])  # (n, n)
    members = (of[:, None] == np.arange(len(names))[None]).astype(float)  # (n, c)
    total = others @ members
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 0, (cosine_distance * others) @ members / total, np.nan)  # (n, c)
    own = mean[np.arange(len(of)), of]
    mean[np.arange(len(of)), of] = np.inf
    nearest = np.nanmin(mean, axis=1)
    largest = np.maximum(own, nearest)
    with np.errstate(invalid="ignore", divide="ignore"):
        width = np.where(np.isfinite(largest) & (largest > 0), (nearest - own) / largest, 0.0)
    by_class = {name: _average(width[of == index], weights[of == index]) for index, name in enumerate(names.tolist())}
    return {"mean": _average(width, weights), "by_class": by_class}


def _average(values: np.ndarray, weights: np.ndarray) -> float:
    return float(np.average(values, weights=weights))
