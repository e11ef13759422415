"""Nearest neighbours in an embedding, by cosine distance (FAISS, exact)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np
import pandas as pd

from ztfexplore.alerts.survey import SURVEYS
from ztfexplore.catalogue.snapshot import object_numbers
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.errors import CatalogueError

# Up to this many vectors, comparing all pairs takes seconds to minutes on two cores.
EXACT_GRAPH = 50_000
# Weight of unwanted examples relative to wanted ones.
UNLIKE_WEIGHT = 0.5


@dataclass(frozen=True)
class Neighbours:
    """The nearest rows to a query, nearest first.

    Attributes:
        rows: catalogue row numbers, int64 (k,).
        distances: cosine distances, 1 - cos, float32 (k,), from 0 (same direction) to 2.
    """

    rows: np.ndarray
    distances: np.ndarray


class NeighbourIndex:
    """Searches one embedding. Building it normalises the vectors; it keeps one copy of them.

    Args:
        embedding: float32 (n, dim); rows of NaN (not embedded yet) are never found.
        groups: (n,) object ids, for leaving out other alerts of the same object.
        boxes: float (n, 3), x, y and size of stamps that were cut from one picture (pixels), NaN for others;
            stamps that share pixels are left out like those of the same object. None if there are none.
    """

    def __init__(self, embedding: np.ndarray, groups: np.ndarray, boxes: np.ndarray | None = None) -> None:
        self._rows = np.flatnonzero(np.isfinite(embedding).all(axis=1))
        self._position = np.full(len(embedding), -1, dtype=np.int64)
        self._position[self._rows] = np.arange(len(self._rows))
        # Numbers are compared a hundred times faster than names.
        self._groups = pd.factorize(np.asarray(groups))[0]
        self._boxes = boxes
        self._vectors = unit_length(embedding[self._rows])
        self._index = faiss.IndexFlatIP(embedding.shape[1])
        self._index.add(self._vectors)

    @classmethod
    def of(cls, frame: pd.DataFrame, embedding: np.ndarray) -> NeighbourIndex:
        """The index of a catalogue: its metadata, one row per alert, and an embedding of the same length."""
        return cls(embedding, object_numbers(frame), stamp_boxes(frame))

    def query(self, row: int, k: int = 12, same_object: bool = False) -> Neighbours:
        """The k nearest rows to a row, without itself.

        Args:
            row: catalogue row number.
            k: how many; fewer come back if there are fewer.
            same_object: whether to include other alerts of the same object, and stamps that share pixels with this one.

        Raises:
            CatalogueError: if the row has no embedding.
        """
        position = self._position[row]
        if position < 0:
            raise CatalogueError(f"row {row} has no embedding yet; run 'ztfexplore embed'")
        left_out = {row} if same_object else self._same(row)
        return self._search(self._vectors[position], k, left_out)

    def query_several(
        self, like: Sequence[int], unlike: Sequence[int] = (), k: int = 12, same_object: bool = False
    ) -> Neighbours:
        """The k nearest rows to several at once: their mean direction minus half that of others (Rocchio 1971).

        Args:
            like: rows to be near to; those without an embedding are skipped.
            unlike: rows to be far from.
            k: how many.
            same_object: see `query`.

        Raises:
            CatalogueError: if none of `like` has an embedding.
        """
        near, far = self._vectors_of(like), self._vectors_of(unlike)
        if not len(near):
            raise CatalogueError("none of the objects has an embedding yet; run 'ztfexplore embed'")
        vector = near.mean(axis=0) - (UNLIKE_WEIGHT * far.mean(axis=0) if len(far) else 0)
        own = {*like, *unlike}
        left_out = own if same_object else own.union(*(self._same(row) for row in own))
        return self._search(unit_length(vector[None])[0], k, left_out)

    def _vectors_of(self, rows: Sequence[int]) -> np.ndarray:
        positions = self._position[np.asarray(rows, dtype=np.int64)]
        return self._vectors[positions[positions >= 0]]

    def _same(self, row: int) -> set[int]:
        """Rows of the same object, or that share pixels, including the row itself."""
        same = self._groups == self._groups[row]
        if self._boxes is not None:
            same = same | overlapping(self._boxes, row)
        return set(np.flatnonzero(same).tolist())

    @property
    def rows(self) -> np.ndarray:
        """The catalogue's rows that have an embedding, ascending, int64 (m,)."""
        return self._rows

    def distances(self, row: int, others: Sequence[int] | np.ndarray) -> np.ndarray:
        """Cosine distances of a row to others, all of them embedded, float32 (len(others),)."""
        positions = self._position[np.asarray(others, dtype=np.int64)]
        return np.clip(1 - self._vectors[positions] @ self._vectors[self._position[row]], 0, 2)

    def query_vector(self, vector: np.ndarray, k: int = 12) -> Neighbours:
        """The k nearest rows to a vector (dim,) that need not be in the catalogue."""
        return self._search(unit_length(vector[None])[0], k, set())

    def _search(self, vector: np.ndarray, k: int, left_out: set[int]) -> Neighbours:
        wanted = min(k + len(left_out), len(self._rows))
        if wanted == 0:
            return Neighbours(np.empty(0, np.int64), np.empty(0, np.float32))
        similarity, positions = self._index.search(vector[None], wanted)
        rows = self._rows[positions[0]]
        kept = np.array([row not in left_out for row in rows.tolist()], dtype=bool)
        distances = np.clip(1 - similarity[0], 0, 2)
        return Neighbours(rows[kept][:k], distances[kept][:k].astype(np.float32))


def stamp_boxes(frame: pd.DataFrame) -> np.ndarray | None:
    """Where stamps lie in the picture that all stamps of their survey were cut from.

    Args:
        frame: with survey, x and y, one row per alert.

    Returns:
        float64 (n, 3): x, y and size (pixels), NaN for surveys whose stamps are not cut from one picture; None if
        there are no others.
    """
    whole = {name: survey.stamp_size for name, survey in SURVEYS.items() if survey.one_picture}
    cut = frame["survey"].isin(list(whole)).to_numpy()
    if not cut.any():
        return None
    # A stamp is centred on a pixel, wherever in that pixel the object's centre is.
    places = frame[["x", "y"]].round().to_numpy(dtype=np.float64)
    sizes = frame["survey"].map(whole).to_numpy(dtype=np.float64)
    return np.where(cut[:, None], np.column_stack([places, sizes]), np.nan)


def overlapping(boxes: np.ndarray, row: int) -> np.ndarray:
    """True for the stamps that share a pixel with one, including itself; bool (n,). See `stamp_boxes`."""
    reach = (boxes[:, 2] + boxes[row, 2]) / 2
    return (np.abs(boxes[:, :2] - boxes[row, :2]) < reach[:, None]).all(axis=1)


def neighbour_graph(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of every vector, itself first, by Euclidean distance between unit-length vectors.

    Exact up to EXACT_GRAPH vectors; beyond that by a navigable small-world graph (HNSW), whose cost grows as n log n.

    Args:
        vectors: float32 (n, dim) of length 1.

    Returns:
        (indices int64 (n, k), distances float32 (n, k)), ascending.
    """
    dim = vectors.shape[1]
    index = faiss.IndexFlatIP(dim) if len(vectors) <= EXACT_GRAPH else _hnsw(dim)
    index.add(vectors)
    similarity, indices = index.search(vectors, k)
    # |a - b|^2 = 2 - 2 cos for vectors of length 1
    distances = np.sqrt(np.maximum(0, 2 - 2 * similarity)).astype(np.float32)
    _put_self_first(indices, distances)
    return indices, distances


def _hnsw(dim: int) -> faiss.Index:
    index = faiss.IndexHNSWFlat(dim, 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = 64
    return index


def _put_self_first(indices: np.ndarray, distances: np.ndarray) -> None:
    """Put each row itself first: among equal vectors any may come first, and HNSW may miss a vector."""
    for row in np.flatnonzero(indices[:, 0] != np.arange(len(indices))):
        found = np.flatnonzero(indices[row] == row)
        at = found[0] if len(found) else indices.shape[1] - 1
        indices[row, 1 : at + 1] = indices[row, :at].copy()
        distances[row, 1 : at + 1] = distances[row, :at].copy()
        indices[row, 0] = row
    distances[:, 0] = 0
