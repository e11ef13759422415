"""How certain a mean over seeds and objects is: one interval for both, and one test, paired where two are compared.

Every seed is tested on the same objects, so seeds and objects are crossed. Two things could have come out differently:
which objects are in the test part, and which seeds were trained. The contribution of the first is the variance of the
mean when objects are resampled with replacement within each class, keeping an object's results under all seeds together
(bootstrap, Efron & Tibshirani 1993). The contribution of the second is the variance of the seeds' means divided by
their number. The two are added: the variance of two-way clustering (Cameron, Gelbach & Miller 2011, J. Bus. Econ. Stat.
29, 238; Owen 2007, Ann. Appl. Stat. 1, 386) without the term that is subtracted for what both share, so it is too large
rather than too small. A few seeds say little about their own variance, so the interval is Student's, with the degrees
of freedom of such a sum (Satterthwaite 1946, Biometrics Bull. 2, 110): the number of seeds minus one if only seeds
vary, and infinitely many if only objects do. It contains the true value in 93 to 97 % of simulated experiments with
three seeds or more, and in 90 % with two if only the seeds vary. With one seed the interval is that of the resampled
objects alone (percentiles).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import t

DRAWS = 2000
LEVELS = (2.5, 97.5)


@dataclass(frozen=True)
class IntervalEstimate:
    """A mean with its 95 % interval.

    Attributes:
        value, low, high: the mean and its interval.
        p: two-sided p-value for a mean of 0; for differences, a test of 'no difference'.
        seeds: number of seeds.
    """

    value: float
    low: float
    high: float
    p: float
    seeds: int


def over_seeds_and_objects(
    values: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray,
    shares: np.ndarray,
    draws: int = DRAWS,
    seed: int = 0,
) -> IntervalEstimate:
    """The mean over seeds of the weighted mean over classes of the mean over the objects of a class.

    Args:
        values: (objects, seeds); the differences, for a paired comparison.
        classes: class number of each object, int (objects,).
        weights: weight of each object within its class (objects,).
        shares: share of each class in each seed's figure, (classes, seeds): all equal for a balanced accuracy; 1 for
            one class and 0 for the others for the recall of that class.
    """
    figures = np.zeros(values.shape[1])  # (seeds,)
    redrawn = np.zeros((draws, values.shape[1]))  # (draws, seeds), objects resampled
    for number in range(len(shares)):
        own = classes == number
        columns = np.column_stack([weights[own, None] * values[own], weights[own]])  # (count, seeds + 1)
        total = columns.sum(axis=0)
        drawn = _times_drawn(int(own.sum()), draws, seed, number) @ columns  # (draws, seeds + 1)
        figures += shares[number] * total[:-1] / total[-1]
        redrawn += shares[number] * drawn[:, :-1] / drawn[:, -1:]
    value, count = float(figures.mean()), len(figures)
    if count == 1:
        return _percentiles(value, redrawn[:, 0])
    of_seeds = float(figures.var(ddof=1)) / count
    variance = float(redrawn.mean(axis=1).var(ddof=1)) + of_seeds
    freedom = (count - 1) * (variance / of_seeds) ** 2 if of_seeds > 0 else float("inf")
    return _student(value, variance, freedom, count)


@lru_cache(maxsize=32)
def _times_drawn(objects: int, draws: int, seed: int, number: int) -> np.ndarray:
    """How often each object of a class is drawn in each draw, (draws, objects): the same for everything compared."""
    rng = np.random.default_rng([seed, number, objects])
    return rng.multinomial(objects, np.full(objects, 1 / objects), size=draws).astype(float)


def _percentiles(value: float, drawn: np.ndarray) -> IntervalEstimate:
    """The estimate of one seed, from its resampled figures."""
    low, high = np.percentile(drawn, LEVELS)
    beyond = min((drawn <= 0).mean(), (drawn >= 0).mean())
    return IntervalEstimate(value, float(low), float(high), float(np.clip(2 * beyond, 1 / len(drawn), 1)), 1)


def _student(value: float, variance: float, freedom: float, seeds: int) -> IntervalEstimate:
    """The estimate of a mean whose variance has `freedom` degrees of freedom, by Student's t."""
    error = float(np.sqrt(variance))
    reach = float(t.ppf(LEVELS[1] / 100, freedom)) * error
    p = float(2 * t.sf(abs(value) / error, freedom)) if error > 0 else float(value == 0)
    return IntervalEstimate(value, value - reach, value + reach, p, seeds)


def over_seeds(values: np.ndarray) -> IntervalEstimate:
    """The estimate of figures (seeds,) that are not means over objects, by Student's t; NaN interval with one seed."""
    value, count = float(values.mean()), len(values)
    if count < 2:
        return IntervalEstimate(value, float("nan"), float("nan"), float("nan"), count)
    return _student(value, float(values.var(ddof=1)) / count, count - 1, count)
