"""Anomaly scores: what lies apart is found, an object's own alerts do not hide it, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.labelling import anomaly


def crowd(n: int = 300, dim: int = 16, seed: int = 0) -> np.ndarray:
    """Directions about two poles, and as the last row one far from both, float32 (n + 1, dim)."""
    rng = np.random.default_rng(seed)
    poles = np.eye(dim)[:2][rng.integers(2, size=n)]
    near = poles + 0.05 * rng.normal(size=(n, dim))
    return np.concatenate([near, -np.ones((1, dim))]).astype(np.float32)


def names(count: int) -> np.ndarray:
    return np.array([f"o{number}" for number in range(count)])


def test_what_lies_apart_is_the_most_anomalous_and_the_least_typical():
    scores = anomaly.anomaly_scores(crowd(), names(301))
    assert scores[["forest", "distance", "anomaly"]].idxmax().tolist() == [300, 300, 300]
    assert scores["typicality"].idxmin() == 300
    assert scores["anomaly"].iloc[300] == 1


def test_alerts_of_the_same_object_do_not_make_it_common():
    vectors = crowd()
    vectors = np.concatenate([vectors, np.repeat(vectors[-1:], 30, axis=0)])
    objects = np.concatenate([names(301), np.repeat(["o300"], 30)])
    scores = anomaly.anomaly_scores(vectors, objects)
    assert scores["distance"].iloc[300:].min() > scores["distance"].iloc[:300].max()
    apart = anomaly.anomaly_scores(vectors, names(331))["distance"]
    assert apart.iloc[300:].max() < 1e-3, "as thirty objects they are a group of their own"


def test_the_distances_are_those_to_the_nearest_other_objects():
    rng = np.random.default_rng(1)
    unit = unit_length(rng.normal(size=(40, 8)).astype(np.float32))
    found = anomaly.neighbour_distances(unit, names(40), k=3)
    distances = 1 - unit @ unit.T
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_allclose(found, np.sort(distances, axis=1)[:, :3], atol=1e-6)


def test_rows_without_an_embedding_have_no_score_and_change_none():
    vectors = crowd()
    holes = np.insert(vectors, [0, 100], np.nan, axis=0)
    objects = np.insert(names(301), [0, 100], ["x", "y"])
    scores, whole = anomaly.anomaly_scores(holes, objects), anomaly.anomaly_scores(vectors, names(301))
    missing = np.isnan(holes).any(axis=1)
    assert scores[missing].isna().all(axis=None) and scores[~missing].notna().all(axis=None)
    np.testing.assert_array_equal(scores[~missing].to_numpy(), whole.to_numpy())


@settings(max_examples=20, deadline=None)
@given(n=st.integers(0, 12), kinds=st.integers(1, 4), seed=st.integers(0, 3))
def test_few_alerts_and_fewer_objects_have_finite_scores_the_same_every_time(n, kinds, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 4)).astype(np.float32)
    objects = np.array([f"o{number % kinds}" for number in range(n)])
    scores = anomaly.anomaly_scores(vectors, objects, seed)
    assert len(scores) == n and np.isfinite(scores.to_numpy()).all()
    assert ((scores["anomaly"] >= 0) & (scores["anomaly"] <= 1)).all()
    assert scores.equals(anomaly.anomaly_scores(vectors, objects, seed))


def test_equal_vectors_are_equally_typical():
    scores = anomaly.anomaly_scores(np.ones((20, 4), np.float32), names(20))
    assert scores["anomaly"].nunique() == 1 and np.isfinite(scores.to_numpy()).all()


def test_only_so_many_are_compared_with(monkeypatch):
    monkeypatch.setattr(anomaly, "REFERENCE", 50)
    scores = anomaly.anomaly_scores(crowd(), names(301))
    assert scores["anomaly"].idxmax() == 300
    assert scores["distance"].iloc[300] == pytest.approx(
        anomaly.anomaly_scores(crowd(), names(301))["distance"][300], abs=0.5
    )


def test_bogus_stand_out_among_variable_stars_of_the_demo(demo_catalogue):
    from sklearn.metrics import roc_auc_score

    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.embeddings import embedding

    catalogue = Catalogue.open(demo_catalogue)
    frame = catalogue.frame()
    few = frame.index[frame["label"] == "asteroid"][:5]
    rows = np.concatenate([frame.index[frame["label"] == "VS"], few])
    vectors = embedding.read_embedding(catalogue, "simclr").values[rows]
    scores = anomaly.anomaly_scores(vectors, frame["object_id"].to_numpy()[rows])
    assert roc_auc_score(frame["label"].iloc[rows] == "asteroid", scores["anomaly"]) > 0.8
