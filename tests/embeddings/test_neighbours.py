"""Nearest neighbours: FAISS against brute force in numpy, and what is never a neighbour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.errors import refused
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding, neighbours
from ztfexplore.embeddings.neighbours import NeighbourIndex, neighbour_graph
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.errors import CatalogueError


def vectors(n: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)


def objects(n: int, alerts: int = 1) -> np.ndarray:
    """Object ids, `alerts` rows in turn belonging to one."""
    return np.array([f"ZTF{row // alerts}" for row in range(n)], dtype=object)


def cosine_distances(values: np.ndarray, row: int) -> np.ndarray:
    """1 - cos of a row with every row, in float64."""
    values = values.astype(np.float64)
    lengths = np.linalg.norm(values, axis=1)
    return 1 - values @ values[row] / (lengths * lengths[row])


# --- stamps from one picture -----------------------------------------------------------------------------------------


def cut_out(n: int, width: float, seed: int = 0) -> pd.DataFrame:
    """Metadata of galaxies cut out of one picture, and of an alert that was not, last."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"survey": "hubble", "x": rng.uniform(0, width, n), "y": rng.uniform(0, width, n)})
    frame["object_id"] = [f"HDF{row}" for row in range(n)]
    return pd.concat([frame, pd.DataFrame({"survey": ["ztf"], "object_id": ["ZTF1"]})], ignore_index=True)


def share_pixels(frame: pd.DataFrame, one: int, other: int) -> bool:
    """Whether two 53-pixel stamps have a row and a column of the picture in common, counted out."""
    if "ztf" in (frame["survey"][one], frame["survey"][other]):
        return one == other
    spans = [
        [set(range(centre - 26, centre + 27)) for centre in (round(frame[axis][one]), round(frame[axis][other]))]
        for axis in ("x", "y")
    ]
    return all(first & second for first, second in spans)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), width=st.sampled_from((60.0, 200.0, 1000.0)), k=st.integers(1, 30))
def test_stamps_that_share_pixels_are_no_neighbours(seed, width, k):
    frame, values = cut_out(30, width, seed), vectors(31, seed=seed)
    index = NeighbourIndex.of(frame, values)
    for row in (0, 7, 30):
        nearest = np.argsort(cosine_distances(values, row), kind="stable").tolist()
        expected = [other for other in nearest if not share_pixels(frame, row, other)][:k]
        assert index.query(row, k).rows.tolist() == expected
        assert set(index.query(row, 31, same_object=True).rows.tolist()) == set(range(31)) - {row}


def test_a_catalogue_without_pictures_has_no_boxes():
    assert neighbours.stamp_boxes(cut_out(3, 50).iloc[3:]) is None


# --- queries --------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(2, 60),
    dim=st.integers(1, 20),
    alerts=st.integers(1, 4),
    k=st.integers(1, 70),
    same_object=st.booleans(),
    missing=st.floats(0, 0.5),
    seed=st.integers(0, 10_000),
)
def test_neighbours_are_those_of_brute_force(n, dim, alerts, k, same_object, missing, seed):
    rng = np.random.default_rng(seed)
    values = vectors(n, dim, seed) * rng.uniform(0.01, 100, (n, 1)).astype(np.float32)  # lengths do not matter
    values[rng.random(n) < missing] = np.nan
    values[0] = vectors(1, dim, seed + 1)
    groups = objects(n, alerts)
    found = NeighbourIndex(values, groups).query(0, k, same_object)

    distance = cosine_distances(values, 0)
    allowed = np.isfinite(distance) & (groups != groups[0] if not same_object else np.arange(n) != 0)
    expected = np.sort(distance[allowed])[:k]
    assert len(found.rows) == len(found.distances) == min(k, allowed.sum())
    assert len(set(found.rows.tolist())) == len(found.rows)
    assert allowed[found.rows].all()
    assert np.isfinite(found.distances).all()
    assert (np.diff(found.distances) >= 0).all()
    assert np.allclose(found.distances, expected, atol=2e-6)
    assert np.allclose(distance[found.rows], found.distances, atol=2e-6)


def test_other_alerts_of_the_same_object_are_left_out_unless_asked_for():
    values = vectors(30)
    values[:3] = values[0] + 1e-3 * vectors(3, seed=1)  # three alerts of one object, alike
    index = NeighbourIndex(values, np.array(["same"] * 3 + [f"o{i}" for i in range(27)], object))
    assert not {0, 1, 2} & set(index.query(0, 12).rows.tolist())
    assert len(index.query(0, 12).rows) == 12
    assert set(index.query(0, 2, same_object=True).rows.tolist()) == {1, 2}


def test_identical_vectors_are_at_distance_zero_and_oneself_is_never_among_them():
    values = np.repeat(vectors(2), 20, axis=0)
    index = NeighbourIndex(values, objects(40))
    for row in range(40):
        found = index.query(row, 19)
        assert row not in found.rows
        assert set(found.rows.tolist()) == set(range(20 * (row // 20), 20 * (row // 20) + 20)) - {row}
        assert found.distances == pytest.approx(np.zeros(19), abs=1e-6)
        assert (found.distances >= 0).all()


def test_rounding_makes_no_distance_negative():
    values = np.repeat(vectors(100, 100), 2, axis=0)
    index = NeighbourIndex(values, objects(200))
    nearest = np.array([index.query(row, 1).distances[0] for row in range(200)])
    assert (nearest >= 0).all() and (nearest < 1e-6).all()


def test_distances_run_from_0_to_2():
    values = np.array([[1, 0], [5, 0], [0, 3], [-2, 0]], dtype=np.float32)
    found = NeighbourIndex(values, objects(4)).query(0)
    assert found.rows.tolist() == [1, 2, 3]
    assert found.distances.tolist() == [0, 1, 2]


def test_rows_not_embedded_yet_are_neither_found_nor_asked_for():
    values = vectors(10)
    values[[2, 5]] = np.nan
    values[7, 3] = np.inf
    index = NeighbourIndex(values, objects(10))
    assert set(index.query(0, 12).rows.tolist()) == {1, 3, 4, 6, 8, 9}
    for row in (2, 5, 7):
        with refused(CatalogueError, row):
            index.query(row)


def test_a_catalogue_without_neighbours_gives_none():
    assert len(NeighbourIndex(vectors(1), objects(1)).query(0).rows) == 0
    assert len(NeighbourIndex(vectors(3), objects(3, alerts=3)).query(1).rows) == 0
    nothing = NeighbourIndex(np.full((4, 8), np.nan, np.float32), objects(4))
    assert len(nothing.query_vector(vectors(1)[0]).rows) == 0
    assert len(NeighbourIndex(np.empty((0, 8), np.float32), objects(0)).query_vector(vectors(1)[0]).rows) == 0


def test_a_blank_stamp_s_zero_vector_has_neighbours_and_no_nan():
    values = vectors(10)
    values[4] = 0
    index = NeighbourIndex(values, objects(10))
    assert index.query(4, 9).distances.tolist() == [1.0] * 9
    assert np.isfinite(index.query(0, 9).distances).all()


def test_a_vector_from_outside_finds_itself_first():
    values = vectors(20)
    found = NeighbourIndex(values, objects(20)).query_vector(3 * values[11], 5)
    assert found.rows[0] == 11 and found.distances[0] == pytest.approx(0, abs=1e-6)
    assert len(found.rows) == 5


def test_searching_changes_nothing_for_the_one_who_gave_the_vectors():
    values = vectors(20)
    before = values.copy()
    NeighbourIndex(values, objects(20)).query(3)
    assert np.array_equal(values, before)


@pytest.mark.parametrize("name", ("simclr", "s-simclr"))
def test_in_the_demo_neighbours_share_the_class_more_often_than_chance(demo_catalogue, name):
    catalogue = Catalogue.open(demo_catalogue)
    frame = catalogue.frame(["object_id", "label"])
    labels = frame["label"].to_numpy(object)
    index = NeighbourIndex(embedding.read_embedding(catalogue, name).values, frame["object_id"].to_numpy(object))
    shared = np.mean([(labels[index.query(row, 5).rows] == labels[row]).mean() for row in range(len(frame))])
    chance = (frame["label"].value_counts(normalize=True) ** 2).sum()
    assert shared > chance + 0.15


# --- the graph ------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(n=st.integers(5, 60), dim=st.integers(2, 12), seed=st.integers(0, 10_000))
def test_the_graph_is_that_of_brute_force_with_oneself_first(n, dim, seed):
    values = unit_length(vectors(n, dim, seed))
    k = min(n, 5)
    indices, distances = neighbour_graph(values, k)
    exact = np.linalg.norm(values[:, None].astype(np.float64) - values[None], axis=2)
    assert (indices[:, 0] == np.arange(n)).all() and (distances[:, 0] == 0).all()
    assert all(len(set(row)) == k for row in indices.tolist())
    assert np.allclose(distances, np.sort(exact, axis=1)[:, :k], atol=2e-3)  # near 0 the root magnifies rounding
    assert np.allclose(distances, np.take_along_axis(exact, indices, axis=1), atol=2e-3)


@pytest.mark.parametrize("limit", (10, 10_000), ids=("HNSW", "exact"))
def test_oneself_is_first_among_more_copies_than_neighbours(limit, monkeypatch):
    monkeypatch.setattr(neighbours, "EXACT_GRAPH", limit)
    values = unit_length(np.concatenate([np.repeat(vectors(1), 50, axis=0), vectors(100, seed=2)]))
    indices, distances = neighbour_graph(values, 15)
    assert (indices[:, 0] == np.arange(150)).all()
    assert all(len(set(row)) == 15 for row in indices.tolist())
    assert (np.diff(distances, axis=1) >= 0).all()
    assert distances[:50] == pytest.approx(np.zeros((50, 15)), abs=1e-3)


def test_a_large_catalogue_s_graph_is_nearly_that_of_brute_force(monkeypatch):
    values = unit_length(vectors(1500, 16) + 2 * vectors(10, 16, seed=1)[np.arange(1500) % 10])
    exact, _ = neighbour_graph(values, 15)
    monkeypatch.setattr(neighbours, "EXACT_GRAPH", 1000)
    indices, distances = neighbour_graph(values, 15)
    assert (indices[:, 0] == np.arange(1500)).all() and (distances[:, 0] == 0).all()
    assert (np.diff(distances, axis=1) >= 0).all()
    recall = np.mean([len(set(a) & set(b)) / 15 for a, b in zip(indices.tolist(), exact.tolist(), strict=True)])
    assert recall > 0.95
    again, _ = neighbour_graph(values, 15)
    assert np.array_equal(indices, again)


def test_a_vector_that_the_search_missed_pushes_the_others_back_with_their_distances():
    indices = np.array([[3, 1, 2], [1, 0, 2], [0, 2, 3]])
    distances = np.array([[0.1, 0.2, 0.3], [0.0, 0.5, 0.6], [0.0, 0.0, 0.4]], dtype=np.float32)
    neighbours._put_self_first(indices, distances)
    assert indices.tolist() == [[0, 3, 1], [1, 0, 2], [2, 0, 3]]
    assert distances == pytest.approx(np.array([[0, 0.1, 0.2], [0, 0.5, 0.6], [0, 0, 0.4]]))


def test_unit_length_keeps_directions_and_zeros():
    values = np.array([[3, 4], [0, 0], [-1e-3, 0], [1e6, 1e6]], dtype=np.float32)
    scaled = unit_length(values)
    expected = np.array([[0.6, 0.8], [0, 0], [-1, 0], [0.5**0.5, 0.5**0.5]])
    assert scaled == pytest.approx(expected, abs=1e-6) and scaled.dtype == np.float32
