"""Do neighbours in an embedding look alike? Agreement in measured size and shape, compared with random pairs and PCA.

The measurements come from the detection's isophote, not from the encoder's pixels, and no encoder has seen them.
Neighbours are those that a click shows: by cosine distance, without stamps that share pixels with the query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from ztfexplore.embeddings.neighbours import NeighbourIndex, overlapping, stamp_boxes
from ztfexplore.errors import CatalogueError

NEIGHBOURS = 12
DRAWS = 2000
RANDOM = "random pairs"
# What is compared: the column, and the scale on which differences are meaningful.
QUANTITIES: Mapping[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "log10 isophotal area": ("isophotal_area", np.log10),
    "ellipticity": ("ellipticity", np.asarray),
}

MEASURED = tuple(column for column, _ in QUANTITIES.values())


@dataclass(frozen=True)
class MeanWithInterval:
    """A mean over query objects with its 95 % bootstrap interval over them."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Agreement:
    """How alike an embedding's neighbours are in one quantity.

    Attributes:
        embedding: its name; RANDOM for random pairs of stamps that do not overlap.
        quantity: a key of QUANTITIES.
        difference: mean absolute difference between an object and its k nearest neighbours, in the quantity's unit.
        gains: by the name of another embedding, how much larger its difference is, paired by query object; above 0,
            the neighbours in this embedding agree better.
        correlation: Spearman's, between an object's value and the mean of its neighbours'; None for random pairs.
        queries, neighbours: the number of query objects, and of neighbours of each.
    """

    embedding: str
    quantity: str
    difference: MeanWithInterval
    gains: Mapping[str, MeanWithInterval]
    correlation: float | None
    queries: int
    neighbours: int


def agreement(
    frame: pd.DataFrame, embeddings: Mapping[str, np.ndarray], k: int = NEIGHBOURS, draws: int = DRAWS, seed: int = 0
) -> list[Agreement]:
    """Every embedding's agreement in every quantity, and that of random pairs, on the same query objects.

    Query objects are those with all measurements and a vector in every embedding; all use the same bootstrap draws,
    so that differences are paired.

    Args:
        frame: a catalogue's metadata, one row per object, with isophotal_area and ellipticity.
        embeddings: by name, float (n, dim).
        k: neighbours of each object.
        draws: bootstrap draws over query objects.

    Raises:
        CatalogueError: if too few objects have measurements and vectors.
    """
    usable = _usable(frame, list(embeddings.values()))
    queries = np.flatnonzero(usable)
    if len(queries) < 2 * k:
        raise CatalogueError(
            f"{len(queries)} objects with isophotal area, ellipticity and embeddings are too few for {k} neighbours"
        )
    # Only usable rows may be neighbours: the others have no values to compare.
    near = {
        name: neighbour_rows(frame, np.where(usable[:, None], vectors, np.nan), queries, k)
        for name, vectors in embeddings.items()
    }
    drawn = np.random.default_rng(seed).integers(len(queries), size=(draws, len(queries)))
    found = []
    for quantity, (column, scale) in QUANTITIES.items():
        with np.errstate(divide="ignore", invalid="ignore"):  # rows without a logarithm are not usable
            values = scale(frame[column].to_numpy(dtype=np.float64))
        differences = {name: _differences(values, queries, rows) for name, rows in near.items()}
        differences[RANDOM] = random_differences(frame, values, queries)
        for name, per_query in differences.items():
            gains = {o: _mean_with_interval(d - per_query, drawn) for o, d in differences.items() if o != name}
            correlation = _correlation(values, queries, near[name]) if name in near else None
            estimate = _mean_with_interval(per_query, drawn)
            found.append(Agreement(name, quantity, estimate, gains, correlation, len(queries), k))
    return found


def _usable(frame: pd.DataFrame, embeddings: Sequence[np.ndarray]) -> np.ndarray:
    """Rows with all measurements and a vector in every embedding, bool (n,)."""
    missing = [column for column in MEASURED if column not in frame]
    if missing:
        raise CatalogueError(f"the catalogue has no {', '.join(missing)}")
    area, ellipticity = (frame[column].to_numpy(dtype=np.float64) for column, _ in QUANTITIES.values())
    embedded = [np.isfinite(vectors).all(axis=1) for vectors in embeddings]
    return np.logical_and.reduce([area > 0, np.isfinite(area), np.isfinite(ellipticity), *embedded])


def neighbour_rows(frame: pd.DataFrame, vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """The k nearest rows of each query, as a click shows them, int64 (len(queries), k).

    Raises:
        CatalogueError: if an object has fewer than k others that do not overlap it.
    """
    index = NeighbourIndex.of(frame, vectors)
    found = [index.query(int(row), k).rows for row in queries]
    fewest = min(len(rows) for rows in found)
    if fewest < k:
        raise CatalogueError(f"an object has only {fewest} others that do not overlap it, too few for {k} neighbours")
    return np.stack(found)


def _differences(values: np.ndarray, queries: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Mean absolute difference of each query to its neighbours, (q,)."""
    return np.abs(values[near] - values[queries][:, None]).mean(axis=1)


def random_differences(frame: pd.DataFrame, values: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """The exact mean for random neighbours: each query against all other queries that do not overlap it.

    Args:
        frame: with object_id and, if stamps are cut from one picture, x and y.
        values: (n,).
        queries: row numbers, (q,).

    Returns:
        (q,).
    """
    boxes, ids = stamp_boxes(frame), frame["object_id"].to_numpy(dtype=object)
    allowed = np.zeros(len(frame), dtype=bool)
    allowed[queries] = True
    result = np.empty(len(queries))
    for at, row in enumerate(queries):
        others = allowed & (ids != ids[row])
        if boxes is not None:
            others &= ~overlapping(boxes, int(row))
        result[at] = np.abs(values[others] - values[row]).mean()
    return result


def _correlation(values: np.ndarray, queries: np.ndarray, near: np.ndarray) -> float:
    return float(spearmanr(values[queries], values[near].mean(axis=1)).statistic)


def _mean_with_interval(per_query: np.ndarray, drawn: np.ndarray) -> MeanWithInterval:
    low, high = np.percentile(per_query[drawn].mean(axis=1), [2.5, 97.5])
    return MeanWithInterval(float(per_query.mean()), float(low), float(high))


def agreement_table(found: Sequence[Agreement]) -> str:
    """The results as a Markdown table: one row per embedding and quantity."""
    others = [name for name in (RANDOM, "pca") if any(name in one.gains for one in found)]
    head = ["embedding", "quantity", "mean difference [95 %]", *(f"better than {name} by" for name in others)]
    lines = [[*head, "rank correlation"], ["---"] * (len(head) + 1)]
    for one in found:
        gains = [str(one.gains[name]) if name in one.gains else "" for name in others]
        correlation = "" if one.correlation is None else f"{one.correlation:.2f}"
        lines.append([one.embedding, one.quantity, str(one.difference), *gains, correlation])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
