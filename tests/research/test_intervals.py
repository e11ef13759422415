"""Intervals over seeds and objects: derived again from variances, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from ztfexplore.evaluation.metrics import class_means
from ztfexplore.research.intervals import over_seeds, over_seeds_and_objects


def crossed(rng, objects, seeds, by_object, by_seed, by_both):
    """Values with a part of the object's, a part of the seed's and one of both; mean 0."""
    return (
        rng.normal(0, by_object, (objects, 1))
        + rng.normal(0, by_seed, (1, seeds))
        + rng.normal(0, by_both, (objects, seeds))
    )


def one_class(values, draws=4000):
    """As if all objects were of a class and alike."""
    shares = np.ones((1, values.shape[1]))
    objects = len(values)
    return over_seeds_and_objects(values, np.zeros(objects, dtype=int), np.ones(objects), shares, draws)


@pytest.mark.parametrize("parts", [(1.0, 0.0, 0.0), (0.0, 0.5, 0.0), (0.6, 0.3, 1.0), (0.5, 0.02, 0.1)])
def test_the_width_is_that_of_the_two_variances(parts):
    """Second way: the variance of the mean over rows plus that over columns, each as a text book has it."""
    values = crossed(np.random.default_rng(0), 400, 8, *parts)
    found = one_class(values)
    of_objects = values.mean(axis=1).var(ddof=0) / values.shape[0]
    of_seeds = values.mean(axis=0).var(ddof=1) / values.shape[1]
    # Welch-Satterthwaite with 399 and 7 degrees of freedom.
    freedom = (of_objects + of_seeds) ** 2 / (of_objects**2 / 399 + of_seeds**2 / 7 + 1e-300)
    reach = t.ppf(0.975, freedom) * np.sqrt(of_objects + of_seeds)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * reach, rel=0.06)
    assert (found.high + found.low) / 2 == pytest.approx(found.value)
    assert found.p == pytest.approx(2 * t.sf(abs(values.mean()) / np.sqrt(of_objects + of_seeds), freedom), abs=0.03)


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("by_seed", [0.0, 0.05, 0.1, 0.3])
def test_it_holds_the_truth_about_as_often_as_it_says(seeds, by_seed):
    """Whether objects or seeds are what varies; of two seeds, a little less often."""
    rng, held = np.random.default_rng(seeds), []
    for _ in range(400):
        found = one_class(crossed(rng, 100, seeds, 1.0, by_seed, 1.0), draws=300)
        held.append(found.low <= 0 <= found.high)
    assert np.mean(held) > (0.88 if seeds == 2 else 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400))


def test_one_seed_is_an_interval_over_objects_alone():
    values = crossed(np.random.default_rng(2), 300, 1, 1.0, 5.0, 0.0)
    found = one_class(values)
    assert found.seeds == 1
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(300), rel=0.1)


def test_the_mean_is_that_of_the_classes_weighted_by_their_objects_alerts():
    """The same figure that `metrics` gives for alerts."""
    rng = np.random.default_rng(3)
    true = rng.choice(["a", "b", "c"], 200, p=[0.6, 0.3, 0.1])
    right = (rng.random((200, 2)) < 0.7).astype(float)
    objects = np.array([f"o{number}" for number in range(200)])
    names, codes = np.unique(true, return_inverse=True)
    found = over_seeds_and_objects(right, codes, np.ones(200), np.full((3, 2), 1 / 3))
    assert found.value == pytest.approx(class_means(true, right, objects).mean())
    only = over_seeds_and_objects(right, codes, np.ones(200), np.array([[1.0, 0], [0, 0], [0, 1.0]]))
    recall = class_means(true, right, objects)
    assert only.value == pytest.approx((recall[0, 0] + recall[2, 1]) / 2)
    assert len(names) == 3


def test_a_test_finds_a_difference_that_is_there_and_not_one_that_is_not():
    rng = np.random.default_rng(4)
    noise = crossed(rng, 200, 4, 0.3, 0.01, 0.3)
    assert one_class(noise + 0.2).p < 0.01
    assert one_class(noise + 0.2).low > 0
    assert one_class(noise - noise.mean()).p > 0.5
    assert one_class(np.zeros((50, 3))).p == 1


def test_figures_without_objects_have_students_interval():
    found = over_seeds(np.array([1.0, 2.0, 3.0]))
    assert (found.value, found.seeds) == (2.0, 3)
    assert found.high - found.value == pytest.approx(4.303 * 1 / np.sqrt(3), rel=1e-3)
    assert np.isnan(over_seeds(np.array([1.0])).low)
    assert over_seeds(np.zeros(3)).p == 1
