"""How the score grows with the number of labels: probes on a few labelled objects per class, in many random draws.

The test part is not used, unless an encoder was trained with the labels of all other objects.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ztfexplore.evaluation.classifiers import DEFAULT_C, linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy, bootstrap_interval
from ztfexplore.evaluation.split import FOLDS
from ztfexplore.probe.compare import ProbeData, features_of
from ztfexplore.probe.fit import FitConfig, folds_of_repeat
from ztfexplore.probe.scores import VALIDATED, EvaluationSet
from ztfexplore.progress import OnStep, no_step

COUNTS = (2, 5, 10, 25, 50, 100, 200, 500, 1000)
DRAWS = 10
COLUMNS = ("encoder", "count", "labels_per_class", "balanced_accuracy", "spread", "low", "high", "draws", "objects")


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw of labels: the rows to fit on in every fold (a single fold, if scores are on the test part).

    Attributes:
        fitted: row numbers of each fold, int64.
        evaluated: positions in the evaluation set, of each fold, int64.
    """

    fitted: tuple[np.ndarray, ...]
    evaluated: tuple[np.ndarray, ...]


def counts(data: ProbeData) -> list[int]:
    """The numbers of labels per class: up to what the largest class has left when a fold is held out."""
    labels, objects = data.parts.labels[data.parts.fit], data.parts.objects[data.parts.fit]
    sizes = pd.DataFrame({"label": labels, "object": objects}).groupby("label")["object"].nunique()
    most = int(sizes.max() * (FOLDS - 1) / FOLDS)
    return sorted({*(count for count in COUNTS if count < most), most})


def draws(
    data: ProbeData, evaluation_set: EvaluationSet, count: int, config: FitConfig, number: int = DRAWS
) -> list[Draw]:
    """Seeded draws of up to `count` objects per class, one alert each: the same for every encoder.

    In cross-validation every fold is predicted from a draw out of the other folds, so every draw predicts every object.
    """
    parts = data.parts
    labels, objects = parts.labels[parts.fit], parts.objects[parts.fit]
    made = []
    for draw in range(number):
        rng = np.random.default_rng([config.seed, count, draw])
        if evaluation_set.name == VALIDATED:
            folds = [(rest, held) for rest, held in folds_of_repeat(labels, objects, config.seed, draw) if len(held)]
        else:
            folds = [(np.arange(len(labels)), evaluation_set.positions)]
        fitted, evaluated = [], []
        for rest, held in folds:
            fitted.append(_pick(parts.fit[rest], labels[rest], objects[rest], count, rng))
            evaluated.append(np.flatnonzero(np.isin(evaluation_set.positions, held)))
        made.append(Draw(tuple(fitted), tuple(evaluated)))
    return made


def _pick(
    rows: np.ndarray, labels: np.ndarray, objects: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Rows of up to `count` objects per class, one alert each."""
    chosen = []
    for name in np.unique(labels):
        order = rng.permutation(np.flatnonzero(labels == name))
        _, firsts = np.unique(objects[order], return_index=True)  # one alert of each object, any
        chosen.append(rows[order[np.sort(firsts)[:count]]])
    return np.concatenate(chosen)


def curve(
    data: ProbeData,
    evaluation_set: EvaluationSet,
    names: Sequence[str],
    config: FitConfig,
    on_step: OnStep = no_step,
    number: int = DRAWS,
) -> pd.DataFrame:
    """Balanced accuracy of every probe at every number of labels per class.

    C is the one asked for. Where it would be chosen automatically it is DEFAULT_C, because a few labels are too few to
    choose it by.

    Returns:
        COLUMNS: labels_per_class, the mean number of labels drawn per class (a smaller class gives all it has);
        balanced_accuracy, the mean over draws; spread, its standard deviation over draws; low and high, 95 % by
        bootstrap over objects and draws; objects, the number scored.
    """
    features = {name: features_of(data, name) for name in names}
    asked, rows = counts(data), []
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.filterwarnings("ignore", module=r"sklearn\.")
        for index, count in enumerate(asked):
            drawn = draws(data, evaluation_set, count, config, number)
            for place, name in enumerate(names):
                on_step(f"{count} labels per class", (index * len(names) + place) / (len(asked) * len(names)))
                found = np.stack(
                    [_predict(features[name], data, evaluation_set, draw, config) for draw in drawn], axis=1
                )
                rows.append((name, count, _labels(data, drawn), *_scores(evaluation_set, found)))
    on_step("done", 1.0)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _labels(data: ProbeData, drawn: Sequence[Draw]) -> float:
    """The mean number of labels per class."""
    classes = len(np.unique(data.parts.labels[data.parts.fit]))
    return float(np.mean([len(rows) for draw in drawn for rows in draw.fitted]) / classes)


def _predict(
    features: np.ndarray, data: ProbeData, evaluation_set: EvaluationSet, draw: Draw, config: FitConfig
) -> np.ndarray:
    """Classes of the evaluation set by the probes of one draw, str (m,)."""
    labels = data.parts.labels
    made = np.empty_like(evaluation_set.true)
    for rows, evaluated in zip(draw.fitted, draw.evaluated, strict=True):
        if not len(evaluated):
            continue
        if len(set(labels[rows])) < 2:
            made[evaluated] = labels[rows[0]]
            continue
        probe = linear_probe(config.seed, config.C or DEFAULT_C, config.weights)
        made[evaluated] = probe.fit(features[rows], labels[rows]).predict(features[evaluation_set.rows[evaluated]])
    return made


def _scores(evaluation_set: EvaluationSet, predicted: np.ndarray) -> tuple[float, float | None, float, float, int, int]:
    each = [balanced_accuracy(evaluation_set.true, column, evaluation_set.objects) for column in predicted.T]
    low, high = bootstrap_interval(evaluation_set.true, predicted, evaluation_set.objects)
    spread = float(np.std(each, ddof=1)) if len(each) > 1 else None
    return float(np.mean(each)), spread, low, high, len(each), len(set(evaluation_set.objects.tolist()))
