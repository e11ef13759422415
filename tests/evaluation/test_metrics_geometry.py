"""Measures of an embedding's geometry: derived a second time in plain loops, or worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import silhouette_samples

from ztfexplore.evaluation.metrics import alignment, object_pairs, silhouette, uniformity

CLASSES = np.array(["AGN", "SN", "VS"])
vectors = arrays.arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(2, 5)), elements=st.floats(0.125, 8))


def cloud(seed: int, alerts: int = 30, objects: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(vectors, labels, objects)."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(objects, size=alerts)
    return rng.normal(size=(alerts, 4)) + 1, CLASSES[groups % 3], groups.astype(str)


def directions(values: np.ndarray) -> list[list[float]]:
    return [[x / math.sqrt(sum(y * y for y in row)) for x in row] for row in values.tolist()]


@settings(max_examples=30, deadline=None)
@given(values=vectors)
def test_identical_views_are_aligned_and_opposite_ones_are_4_apart(values):
    objects = np.arange(len(values)).astype(str)
    assert alignment(values, values, objects) == 0
    assert alignment(values, 3 * values, objects) == pytest.approx(0, abs=1e-9)
    assert alignment(values, -values, objects) == pytest.approx(4, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_alignment_is_the_mean_squared_distance_of_pairs_over_objects(seed):
    first, _, objects = cloud(seed)
    second = first + np.random.default_rng(seed + 10).normal(size=first.shape)
    by_object: dict[str, list[float]] = {}
    for a, b, name in zip(directions(first), directions(second), objects, strict=True):
        by_object.setdefault(name, []).append(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))
    expected = np.mean([np.mean(each) for each in by_object.values()])
    assert alignment(first, second, objects) == pytest.approx(expected, rel=1e-5)


def test_pairs_of_an_object_are_all_of_them():
    first, second = object_pairs(np.array(["a", "b", "a", "c", "a", "b"]))
    assert sorted(map(sorted, zip(first.tolist(), second.tolist(), strict=True))) == [[0, 2], [0, 4], [1, 5], [2, 4]]
    assert all(len(side) == 0 for side in object_pairs(np.array(["a", "b"])))


@pytest.mark.parametrize("seed", range(3))
def test_uniformity_is_the_log_of_the_mean_potential_of_pairs_of_objects(seed):
    values, _, objects = cloud(seed)
    unit, potentials = directions(values), {}
    for i, a in enumerate(unit):
        for j, b in enumerate(unit):
            if objects[i] != objects[j]:
                square = sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
                potentials.setdefault((objects[i], objects[j]), []).append(math.exp(-2 * square))
    expected = math.log(np.mean([np.mean(each) for each in potentials.values()]))
    assert uniformity(values, objects) == pytest.approx(expected, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(values=vectors)
def test_uniformity_lies_between_that_of_the_simplex_and_0(values):
    """The most uniform n points are the corners of a simplex, 2n / (n - 1) apart squared."""
    n = len(values)
    corners = np.eye(n) - 1 / n
    lowest = uniformity(corners, np.arange(n))
    assert lowest == pytest.approx(-4 * n / (n - 1), abs=1e-4)
    found = uniformity(values, np.arange(n))
    assert lowest - 1e-4 <= found <= 1e-6
    assert uniformity(np.ones((n, 3)), np.arange(n)) == pytest.approx(0, abs=1e-5)


def test_uniformity_needs_two_objects():
    assert uniformity(np.eye(3), np.array(["a", "a", "a"])) is None


@pytest.mark.parametrize("seed", range(3))
def test_with_one_alert_an_object_the_silhouette_is_that_of_scikit_learn(seed):
    values, labels, _ = cloud(seed)
    found = silhouette(values, labels, np.arange(len(values)))
    expected = silhouette_samples(values, labels, metric="cosine")
    assert found["mean"] == pytest.approx(expected.mean(), abs=1e-5)
    for name in set(labels):
        assert found["by_class"][name] == pytest.approx(expected[labels == name].mean(), abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), times=arrays.arrays(np.int64, 12, elements=st.integers(1, 4)))
def test_alerts_seen_again_change_no_geometry(seed, times):
    values, labels, objects = cloud(seed)
    rows = np.repeat(np.arange(len(values)), times[objects.astype(int)])
    again = values[rows], labels[rows], objects[rows]
    assert uniformity(again[0], again[2]) == pytest.approx(uniformity(values, objects))
    assert silhouette(*again)["mean"] == pytest.approx(silhouette(values, labels, objects)["mean"])
    assert alignment(again[0], -again[0] + 1, again[2]) == pytest.approx(alignment(values, -values + 1, objects))


def test_classes_on_axes_of_their_own_have_a_silhouette_of_1():
    values = np.repeat(np.eye(2), 3, axis=0)
    labels = np.repeat(["SN", "VS"], 3)
    assert silhouette(values, labels, np.arange(6))["mean"] == pytest.approx(1)
    # The only object of its class has 0, as usual; one class alone has no silhouette.
    assert silhouette(values[2:], labels[2:], np.arange(4))["by_class"] == pytest.approx({"SN": 0, "VS": 1})
    assert silhouette(values[3:], labels[3:], np.arange(3)) == {"mean": None, "by_class": {}}
