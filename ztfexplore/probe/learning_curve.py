"""How the score grows with the labels: probes on a few labelled objects a class, drawn anew many times.

The test part stays out of it, unless an encoder has been trained with the labels of all others.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ztfexplore.evaluation.classifiers import STRENGTH, linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy, bootstrap_interval
from ztfexplore.evaluation.split import FOLDS
from ztfexplore.probe.compare import Ground, features_of
from ztfexplore.probe.fit import FitConfig, dealt
from ztfexplore.probe.judge import VALIDATED, Jury
from ztfexplore.progress import OnStep, no_step

COUNTS = (2, 5, 10, 25, 50, 100, 200, 500, 1000)
DRAWS = 10
COLUMNS = ("encoder", "count", "labels_a_class", "balanced_accuracy", "spread", "low", "high", "draws", "objects")


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw of labels: in every fold (one, if the test part is judged) the rows that are fitted on.

    Attributes:
        fitted: row numbers of each fold, int64.
        judged: positions in the jury of each fold, int64.
    """

    fitted: tuple[np.ndarray, ...]
    judged: tuple[np.ndarray, ...]


def counts(ground: Ground) -> list[int]:
    """How many labels a class are asked: up to what the largest class has left when a fold is held out."""
    labels, objects = ground.parts.labels[ground.parts.fit], ground.parts.objects[ground.parts.fit]
    sizes = pd.DataFrame({"label": labels, "object": objects}).groupby("label")["object"].nunique()
    most = int(sizes.max() * (FOLDS - 1) / FOLDS)
    return sorted({*(count for count in COUNTS if count < most), most})


def draws(ground: Ground, jury: Jury, count: int, config: FitConfig, number: int = DRAWS) -> list[Draw]:
    """Seeded draws of up to `count` objects a class, one alert each: the same for every encoder.

    By cross-validation a draw is made in every fold from the other folds, so that every draw predicts every object.
    """
    parts = ground.parts
    labels, objects = parts.labels[parts.fit], parts.objects[parts.fit]
    made = []
    for draw in range(number):
        rng = np.random.default_rng([config.seed, count, draw])
        if jury.name == VALIDATED:
            folds = [(rest, held) for rest, held in dealt(labels, objects, config.seed, draw) if len(held)]
        else:
            folds = [(np.arange(len(labels)), jury.positions)]
        fitted, judged = [], []
        for rest, held in folds:
            fitted.append(_pick(parts.fit[rest], labels[rest], objects[rest], count, rng))
            judged.append(np.flatnonzero(np.isin(jury.positions, held)))
        made.append(Draw(tuple(fitted), tuple(judged)))
    return made


def _pick(
    rows: np.ndarray, labels: np.ndarray, objects: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Rows of up to `count` objects a class, one alert each."""
    chosen = []
    for name in np.unique(labels):
        order = rng.permutation(np.flatnonzero(labels == name))
        _, firsts = np.unique(objects[order], return_index=True)  # one alert of each object, any
        chosen.append(rows[order[np.sort(firsts)[:count]]])
    return np.concatenate(chosen)


def curve(
    ground: Ground,
    jury: Jury,
    names: Sequence[str],
    config: FitConfig,
    on_step: OnStep = no_step,
    number: int = DRAWS,
) -> pd.DataFrame:
    """Balanced accuracy of every probe at every number of labels a class.

    The regularisation is the one asked for; where it is to be chosen it is the middle of the range, since a few labels
    are too few to choose by.

    Returns:
        COLUMNS: labels_a_class, the mean over classes of what was drawn (a class with fewer gives all it has);
        balanced_accuracy, the mean over draws; spread, its standard deviation over draws; low and high, 95 % by
        bootstrap over objects and draws; objects, how many were judged.
    """
    features = {name: features_of(ground, name) for name in names}
    asked, rows = counts(ground), []
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.filterwarnings("ignore", module=r"sklearn\.")
        for index, count in enumerate(asked):
            drawn = draws(ground, jury, count, config, number)
            for place, name in enumerate(names):
                on_step(f"{count} labels a class", (index * len(names) + place) / (len(asked) * len(names)))
                found = np.stack([_predict(features[name], ground, jury, draw, config) for draw in drawn], axis=1)
                rows.append((name, count, _labels(ground, drawn), *_scores(jury, found)))
    on_step("done", 1.0)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _labels(ground: Ground, drawn: Sequence[Draw]) -> float:
    """The mean number of labels a class."""
    classes = len(np.unique(ground.parts.labels[ground.parts.fit]))
    return float(np.mean([len(rows) for draw in drawn for rows in draw.fitted]) / classes)


def _predict(features: np.ndarray, ground: Ground, jury: Jury, draw: Draw, config: FitConfig) -> np.ndarray:
    """Classes of the jury by the probes of one draw, str (m,)."""
    labels = ground.parts.labels
    made = np.empty_like(jury.true)
    for rows, judged in zip(draw.fitted, draw.judged, strict=True):
        if not len(judged):
            continue
        if len(set(labels[rows])) < 2:
            made[judged] = labels[rows[0]]
            continue
        probe = linear_probe(config.seed, config.strength or STRENGTH, config.weights)
        made[judged] = probe.fit(features[rows], labels[rows]).predict(features[jury.rows[judged]])
    return made


def _scores(jury: Jury, predicted: np.ndarray) -> tuple[float, float | None, float, float, int, int]:
    each = [balanced_accuracy(jury.true, column, jury.objects) for column in predicted.T]
    low, high = bootstrap_interval(jury.true, predicted, jury.objects)
    spread = float(np.std(each, ddof=1)) if len(each) > 1 else None
    return float(np.mean(each)), spread, low, high, len(each), len(set(jury.objects.tolist()))
