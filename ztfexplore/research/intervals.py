"""How sure a mean over seeds and objects is: one interval for both, and one test, paired where two are compared.

Every seed is tested on the same objects, so seeds and objects are crossed. Two things could have come out otherwise:
which objects are in the test part, and which seeds were trained. What the first is worth is the variance of the mean
when objects are drawn anew, with replacement, within each class, an object's results under all seeds together
(bootstrap, Efron & Tibshirani 1993). What the second is worth is the variance of the seeds' means over their number.
The two are added: the variance of two-way clustering (Cameron, Gelbach & Miller 2011, J. Bus. Econ. Stat. 29, 238; Owen
2007, Ann. Appl. Stat. 1, 386) without the term that is subtracted for what both share, so it is too large rather than
too small. Few seeds say little about their own variance, so the interval is Student's, with the degrees of freedom of
such a sum (Satterthwaite 1946, Biometrics Bull. 2, 110): as many as the seeds less one where seeds are all that varies,
and endlessly many where objects are. It holds the truth in 93 to 97 % of simulated experiments with three seeds or
more, and in 90 % with two if they are what varies. With one seed the interval is that of the redrawn objects alone
(percentiles).
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
        p: of a mean that is 0, two-sided: a test of 'no difference', for differences.
        seeds: how many.
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
    """The mean over seeds of a weighted mean over classes of the mean over a class's objects.

    Args:
        values: (objects, seeds); for a paired comparison the differences.
        classes: class numbers of the objects, int (objects,).
        weights: of the objects within their class (objects,).
        shares: of the classes in each seed's figure, (classes, seeds): all alike for a balanced accuracy, 1 and
            otherwise 0 for the recall of one class.
    """
    figures = np.zeros(values.shape[1])  # (seeds,)
    redrawn = np.zeros((draws, values.shape[1]))  # by objects
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
    """How often each object of a class is drawn in each draw, (draws, objects): the same for all that is compared."""
    rng = np.random.default_rng([seed, number, objects])
    return rng.multinomial(objects, np.full(objects, 1 / objects), size=draws).astype(float)


def _percentiles(value: float, drawn: np.ndarray) -> IntervalEstimate:
    """Of one seed, by its redrawn figures."""
    low, high = np.percentile(drawn, LEVELS)
    beyond = min((drawn <= 0).mean(), (drawn >= 0).mean())
    return IntervalEstimate(value, float(low), float(high), float(np.clip(2 * beyond, 1 / len(drawn), 1)), 1)


def _student(value: float, variance: float, freedom: float, seeds: int) -> IntervalEstimate:
    """By Student's t of a mean whose variance has so many degrees of freedom."""
    error = float(np.sqrt(variance))
    reach = float(t.ppf(LEVELS[1] / 100, freedom)) * error
    p = float(2 * t.sf(abs(value) / error, freedom)) if error > 0 else float(value == 0)
    return IntervalEstimate(value, value - reach, value + reach, p, seeds)


def over_seeds(values: np.ndarray) -> IntervalEstimate:
    """Of figures (seeds,) that are not means over objects, by Student's t; of one seed there is no interval (NaN)."""
    value, count = float(values.mean()), len(values)
    if count < 2:
        return IntervalEstimate(value, float("nan"), float("nan"), float("nan"), count)
    return _student(value, float(values.var(ddof=1)) / count, count - 1, count)
