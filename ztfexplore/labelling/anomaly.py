"""How unusual, and how typical, each alert is in an embedding. Labels are not used."""

from __future__ import annotations

import faiss
import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from ztfexplore.embeddings.vectors import unit_length

TREES = 100
NEIGHBOURS = 10
# Number of objects that all others are compared with: a density needs only a fair sample, and comparing 100,000 alerts
# with all others would take a minute.
REFERENCE = 10_000
QUERY_ROWS = 8_192


def anomaly_scores(vectors: np.ndarray, objects: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """How unusual and how typical every alert is, by cosine distance, as for neighbours.

    Args:
        vectors: float32 (n, dim); NaN where nothing is embedded.
        objects: object ids (n,). An object's own alerts do not count as its neighbours, so they do not make it common.
        seed: seed of the trees, and of the sample that alerts are compared with.

    Returns:
        one row per alert, NaN where nothing is embedded:
        forest: the score of the isolation forest (Liu, Ting & Zhou 2008, ICDM), 0 to 1; above 0.5 is unusual.
        distance: cosine distance to the 10th nearest object (Ramaswamy, Rastogi & Shim 2000, SIGMOD), among at most
        10,000 objects drawn once.
        anomaly: 0 to 1, the mean of the ranks by these two: 0.99 is more unusual than 99 % of the alerts.
        typicality: the inverse of the mean distance to the 10 nearest objects (Hacohen, Dekel & Weinshall 2022, ICML).
    """
    embedded = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    columns = {name: np.full(len(vectors), np.nan) for name in ("forest", "distance", "anomaly", "typicality")}
    if len(embedded):
        unit = unit_length(vectors[embedded])
        near = neighbour_distances(unit, np.asarray(objects)[embedded], seed=seed)
        columns["forest"][embedded] = forest_score(unit, seed)
        columns["distance"][embedded] = near[:, -1]
        columns["typicality"][embedded] = 1 / np.maximum(near.mean(axis=1), np.finfo(np.float32).eps)
        columns["anomaly"][embedded] = (_rank(columns["forest"][embedded]) + _rank(near[:, -1])) / 2
    return pd.DataFrame(columns)


def forest_score(unit: np.ndarray, seed: int = 0) -> np.ndarray:
    """The score of an isolation forest of 100 trees on 256 alerts each, float64 (n,).

    Args:
        unit: float32 (n, dim), finite.
        seed: seed of the trees.
    """
    forest = IsolationForest(n_estimators=TREES, max_samples=min(256, len(unit)), random_state=seed)
    return -forest.fit(unit).score_samples(unit)


def neighbour_distances(unit: np.ndarray, objects: np.ndarray, k: int = NEIGHBOURS, seed: int = 0) -> np.ndarray:
    """Cosine distances to the k nearest other objects, among at most 10,000 drawn, ascending, float32 (n, k).

    With fewer than k other objects there are fewer columns; with none, there is one column of zeros.

    Args:
        unit: float32 (n, dim) of length 1.
        objects: object ids (n,); alerts are compared with one drawn alert per object.
        k: how many.
        seed: seed of the draw.
    """
    codes = pd.factorize(np.asarray(objects))[0]
    shuffled = np.random.default_rng(seed).permutation(len(unit))
    firsts = shuffled[
        np.unique(codes[shuffled], return_index=True)[1]
    ]  # one alert per object, the first after shuffling
    drawn = np.sort(np.random.default_rng(seed + 1).permutation(firsts)[:REFERENCE])
    k = min(k, len(firsts) - 1, len(drawn))
    if k < 1:
        return np.zeros((len(unit), 1), dtype=np.float32)
    index = faiss.IndexFlatIP(unit.shape[1])
    index.add(unit[drawn])
    found = []
    for start in range(0, len(unit), QUERY_ROWS):
        part = slice(start, start + QUERY_ROWS)
        similarity, places = index.search(unit[part], min(k + 1, len(drawn)))
        own = codes[drawn[places]] == codes[part, None]  # at most one in a row
        # The own object goes last, then the first k are taken: faiss returns them in order.
        order = np.argsort(own, axis=1, kind="stable")[:, :k]
        found.append(1 - np.take_along_axis(similarity, order, axis=1))
    return np.clip(np.concatenate(found), 0, 2).astype(np.float32)


def _rank(values: np.ndarray) -> np.ndarray:
    """The share of the other values that are smaller, 0 to 1, with ties averaged; (n,)."""
    return (pd.Series(values).rank().to_numpy() - 1) / max(len(values) - 1, 1)
