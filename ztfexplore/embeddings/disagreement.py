"""How much two embeddings disagree about neighbours."""

from __future__ import annotations

import numpy as np

from ztfexplore.embeddings.neighbours import neighbour_graph
from ztfexplore.embeddings.vectors import unit_length

NEIGHBOURS = 12


def disagreement(left: np.ndarray, right: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """For every row, one minus the Jaccard index of its k nearest in two embeddings (cosine distance, without itself).

    Args:
        left: float32 (n, dim); rows of NaN (not embedded) are no row's neighbours.
        right: float32 (n, any dim), for the same objects.
        k: how many neighbours; fewer if there are fewer rows.

    Returns:
        float64 (n,), 0 (the same neighbours) to 1 (none in common); NaN for rows that lack an embedding, and if
        there are too few rows to compare.
    """
    found = np.full(len(left), np.nan)
    rows = np.flatnonzero(np.isfinite(left).all(axis=1) & np.isfinite(right).all(axis=1))
    k = min(k, len(rows) - 1)
    if k < 1:
        return found
    nearest = [neighbour_graph(unit_length(vectors[rows]), k + 1)[0][:, 1:] for vectors in (left, right)]
    both = np.sort(np.concatenate(nearest, axis=1), axis=1)
    # Within one embedding a neighbour occurs only once, so equal adjacent numbers are in both. HNSW gives -1 for none.
    shared = ((both[:, 1:] == both[:, :-1]) & (both[:, 1:] >= 0)).sum(axis=1)
    found[rows] = 1 - shared / (2 * k - shared)
    return found
