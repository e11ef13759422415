"""How sure a mean over seeds and objects is: one interval for both, and one test, paired where two are compared.

Every seed is tested on the same objects, so seeds and objects are crossed. Two things could have come out otherwise:
which objects are in the test part, and which seeds were trained. The bootstrap draws both anew, with replacement:
objects within each class, an object's results under all seeds together; and seeds. The mean's deviation under redrawn
objects (seeds as they are) and its deviation under redrawn seeds (objects as they are) are added draw by draw, and
percentiles taken (Efron & Tibshirani 1993). The variance of the sum is that of two-way clustering (Cameron, Gelbach &
Miller 2011, J. Bus. Econ. Stat. 29, 238; Owen 2007, Ann. Appl. Stat. 1, 386) without the term that is subtracted for
what the two share, so the interval is too wide rather than too narrow. Redrawn from S seeds a mean varies by (S-1)/S
of what it should, which at 3 seeds is a third: deviations of seeds are multiplied by sqrt(S/(S-1)). With one seed there
is nothing to draw, and the interval is that of objects alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import t

DRAWS = 2000
LEVELS = (2.5, 97.5)


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval.

    Attributes:
        value, low, high: the mean and its interval.
        p: how often the redrawn mean is on the other side of 0, times two: a test of 'no difference', for differences.
        seeds: how many.
    """

    value: float
    low: float
    high: float
    p: float
    seeds: int

    @property
    def sure(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def over_seeds_and_objects(
    values: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray,
    shares: np.ndarray,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
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
    value = float(figures.mean())
    deviation = redrawn.mean(axis=1) - value
    count = len(figures)
    if count > 1:
        rng = np.random.default_rng([seed, count])
        chosen = figures[rng.integers(count, size=(draws, count))].mean(axis=1)
        deviation = deviation + np.sqrt(count / (count - 1)) * (chosen - value)
    return _estimate(value, value + deviation, count)


@lru_cache(maxsize=32)
def _times_drawn(objects: int, draws: int, seed: int, number: int) -> np.ndarray:
    """How often each object of a class is drawn in each draw, (draws, objects): the same for all that is compared."""
    rng = np.random.default_rng([seed, number, objects])
    return rng.multinomial(objects, np.full(objects, 1 / objects), size=draws).astype(float)


def _estimate(value: float, drawn: np.ndarray, seeds: int) -> Estimate:
    low, high = np.percentile(drawn, LEVELS)
    beyond = min((drawn <= 0).mean(), (drawn >= 0).mean())
    return Estimate(value, float(low), float(high), float(np.clip(2 * beyond, 1 / len(drawn), 1)), seeds)


def over_seeds(values: np.ndarray) -> Estimate:
    """Of figures (seeds,) that are not means over objects, by Student's t; of one seed there is no interval (NaN)."""
    value, count = float(values.mean()), len(values)
    if count < 2:
        return Estimate(value, float("nan"), float("nan"), float("nan"), count)
    error = float(values.std(ddof=1) / np.sqrt(count))
    reach = float(t.ppf(LEVELS[1] / 100, count - 1)) * error
    p = float(2 * t.sf(abs(value) / error, count - 1)) if error > 0 else float(value == 0)
    return Estimate(value, value - reach, value + reach, p, count)
