"""How much two embeddings disagree, against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztfexplore.embeddings.disagreement import disagreement


def by_loop(left: np.ndarray, right: np.ndarray, k: int) -> list[float]:
    def nearest(vectors, row):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        order = np.argsort(-(unit @ unit[row]), kind="stable")
        return set(order[order != row][:k].tolist())

    pairs = [(nearest(left, row), nearest(right, row)) for row in range(len(left))]
    return [1 - len(a & b) / len(a | b) for a, b in pairs]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(4, 40), k=st.integers(1, 12))
def test_it_is_one_less_the_jaccard_index_of_the_neighbours(seed, n, k):
    rng = np.random.default_rng(seed)
    left, right = (rng.normal(size=(n, dim)).astype(np.float32) for dim in (5, 8))
    np.testing.assert_allclose(disagreement(left, right, k), by_loop(left, right, min(k, n - 1)), atol=1e-9)


def test_the_same_embedding_agrees_with_itself():
    vectors = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    assert (disagreement(vectors, 3 * vectors) == 0).all()


def test_rows_without_an_embedding_have_no_value_and_are_nobodys_neighbours():
    rng = np.random.default_rng(1)
    left, right = rng.normal(size=(2, 30, 6)).astype(np.float32)
    left[3], right[7] = np.nan, np.nan
    found = disagreement(left, right, 4)
    there = [row for row in range(30) if row not in (3, 7)]
    assert np.isnan(found[[3, 7]]).all()
    np.testing.assert_allclose(found[there], disagreement(left[there], right[there], 4))


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_rows_have_no_value(n):
    vectors = np.ones((n, 3), dtype=np.float32)
    assert np.isnan(disagreement(vectors, vectors)).all()
