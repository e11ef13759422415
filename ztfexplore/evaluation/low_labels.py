"""Few labels: probes, or trainings from scratch, on 5, 10 or 25 labelled objects per class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ztfexplore.evaluation.classifiers import Parts, linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy, bootstrap_interval

COUNTS = (5, 10, 25)
DRAWS = 10

# (labelled stamps as read, their classes, other stamps, seed) -> (probabilities (m, classes) of the others, classes)
Stamps = Sequence[np.ndarray]
Scratch = Callable[[Stamps, np.ndarray, Stamps, int], tuple[np.ndarray, np.ndarray]]


def label_draws(parts: Parts, count: int, draws: int = DRAWS) -> list[np.ndarray]:
    """Seeded draws of `count` objects per class outside the test part, one alert each: the same for every encoder.

    A class with fewer objects contributes all of them.

    Returns:
        row numbers of each draw, int64.
    """
    labels, objects = parts.labels[parts.fit], parts.objects[parts.fit]
    made = []
    for draw in range(draws):
        rng, rows = np.random.default_rng([count, draw]), []
        for name in np.unique(labels):
            own = parts.fit[labels == name]
            found = np.unique(objects[labels == name])
            for chosen in rng.choice(found, min(count, len(found)), replace=False):
                rows.append(rng.choice(own[parts.objects[own] == chosen]))
        made.append(np.array(rows))
    return made


def labels_per_class(parts: Parts, rows: np.ndarray) -> dict[str, int]:
    """The number of labels of each class in a draw."""
    names, counts = np.unique(parts.labels[rows], return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def probe_fits(features: np.ndarray, parts: Parts, draws: Sequence[np.ndarray]) -> np.ndarray:
    """Classes of the test part by a linear probe on each draw's labels, str (len(test), draws)."""
    with threadpool_limits(1):
        fitted = [linear_probe().fit(features[rows], parts.labels[rows]) for rows in draws]
        return np.stack([probe.predict(features[parts.test]) for probe in fitted], axis=1)


def scratch_fits(
    scratch: Scratch,
    stamps: Sequence[np.ndarray],
    parts: Parts,
    draws: Sequence[np.ndarray],
    on_fit: Callable[[], object] = lambda: None,
) -> np.ndarray:
    """Classes of the test part by a network trained from scratch on each draw's labels, str (len(test), draws).

    Args:
        scratch: trains and predicts.
        stamps: as read, one per row of the frame behind `parts`.
        on_fit: called after each training.

    Raises:
        TrainingError: if a training fails.
    """
    predicted, test = [], [stamps[row] for row in parts.test]
    for seed, rows in enumerate(draws):
        probabilities, classes = scratch([stamps[row] for row in rows], parts.labels[rows], test, seed)
        predicted.append(np.asarray(classes, dtype=str)[np.asarray(probabilities).argmax(axis=1)])
        on_fit()
    return np.stack(predicted, axis=1)


def summarise_fits(predicted: np.ndarray, parts: Parts) -> dict[str, Any]:
    """The mean balanced accuracy of several fits (len(test), fits), its interval and the spread over the fits.

    Returns:
        'balanced_accuracy', the mean; 'spread', the standard deviation over the fits; 'interval', 95 % by bootstrap
        over tested objects and fits; 'draws', the number of fits.
    """
    true, objects = parts.labels[parts.test], parts.objects[parts.test]
    each = [balanced_accuracy(true, column, objects) for column in predicted.T]
    return {
        "balanced_accuracy": float(np.mean(each)),
        "spread": float(np.std(each, ddof=1)) if len(each) > 1 else None,
        "interval": bootstrap_interval(true, predicted, objects),
        "draws": len(each),
    }
