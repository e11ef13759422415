"""Arithmetic of vectors."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ztfexplore.embeddings.vectors import unit_length

VALUES = st.floats(-1e6, 1e6, width=32, allow_subnormal=False)
VECTORS = arrays.arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(1, 8)), elements=VALUES)


@given(VECTORS)
def test_vectors_have_length_one_and_their_own_direction(vectors):
    before = vectors.copy()
    unit = unit_length(vectors)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    usual = lengths > 1e-15  # beyond, a square is less than what float32 can hold
    assert unit.dtype == np.float32 and unit.shape == vectors.shape and unit.flags["C_CONTIGUOUS"]
    assert np.isfinite(unit).all() and np.array_equal(vectors, before)
    np.testing.assert_allclose(np.linalg.norm(unit[usual], axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(unit[usual] * lengths[usual, None], vectors[usual], rtol=1e-4, atol=1e-6)


def test_a_zero_vector_stays_zero_and_its_neighbours_are_untouched():
    unit = unit_length(np.array([[0, 0], [3, 4]], np.float32))
    np.testing.assert_allclose(unit, [[0, 0], [0.6, 0.8]], rtol=1e-6)


@given(VECTORS)
def test_doing_it_twice_is_doing_it_once(vectors):
    once = unit_length(vectors)
    usual = np.linalg.norm(vectors.astype(np.float64), axis=1) > 1e-15
    np.testing.assert_allclose(unit_length(once)[usual], once[usual], rtol=1e-5, atol=1e-7)
