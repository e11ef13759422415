"""Maps: seeded, made once, and their trustworthiness by the formula."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from tests.support.errors import refused
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, projection
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.errors import CatalogueError
from ztfexplore.sources.simulation.simulate import simulate_alerts

ALERTS = list(simulate_alerts(60, seed=5))


def values(n: int, seed: int = 0, groups: int = 3) -> np.ndarray:
    """Vectors in a few groups."""
    rng = np.random.default_rng(seed)
    return (4 * rng.normal(size=(groups, 8))[np.arange(n) % groups] + rng.normal(size=(n, 8))).astype(np.float32)


def write(catalogue: Catalogue, rows: range, weights: str = "a", seed: int = 0) -> None:
    """Embeddings as an encoder 'toy' would leave them."""
    made = values(len(catalogue), seed)[list(rows)]
    catalogue.write_vectors(embedding.column("toy"), np.array(rows), made, {"weights_sha256": weights})


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    made = Catalogue.create(tmp_path / "catalogue")
    ingest(ALERTS[:40], made)
    return made


@pytest.fixture
def umap_runs(monkeypatch) -> list[int]:
    """The number of points of each map that was made."""
    runs: list[int] = []
    original = projection.umap_points

    def points(vectors, seed):
        runs.append(len(vectors))
        return original(vectors, seed)

    monkeypatch.setattr(projection, "umap_points", points)
    return runs


def test_the_same_seed_draws_the_same_map(tmp_path):
    maps = []
    for name, seed in (("first", 3), ("again", 3), ("other", 4)):
        made = Catalogue.create(tmp_path / name)
        ingest(ALERTS[:40], made)
        write(made, range(40))
        assert projection.project(made, "toy", seed)
        maps.append(projection.read_map(made, "toy").points)
    assert maps[0].shape == (40, 2) and maps[0].dtype == np.float32 and np.isfinite(maps[0]).all()
    assert np.array_equal(maps[0], maps[1])
    assert not np.allclose(maps[0], maps[2], atol=0.1)


def test_a_map_shows_the_groups():
    vectors = unit_length(values(90))
    points = projection.umap_points(vectors, 0)
    near = np.argsort(np.linalg.norm(points[:, None] - points[None], axis=2), axis=1)[:, 1:6]
    assert (near % 3 == np.arange(90)[:, None] % 3).mean() > 0.95
    assert projection.map_trustworthiness(vectors, points) > 0.85


def test_a_map_is_made_once(catalogue, umap_runs):
    write(catalogue, range(40))
    assert projection.project(catalogue, "toy") is True
    first, version = projection.read_map(catalogue, "toy"), catalogue.version
    assert projection.project(catalogue, "toy") is False
    assert projection.project(Catalogue.open(catalogue.path), "toy") is False
    assert umap_runs == [40]
    assert catalogue.version == version
    again = projection.read_map(Catalogue.open(catalogue.path), "toy")
    assert np.array_equal(again.points, first.points) and again.trustworthiness == first.trustworthiness


def test_a_map_is_made_again_for_new_rows_other_weights_or_another_seed(catalogue, umap_runs):
    write(catalogue, range(30))
    projection.project(catalogue, "toy")
    assert np.isfinite(projection.read_map(catalogue, "toy").points[:, 0]).tolist() == [True] * 30 + [False] * 10

    write(catalogue, range(30, 40))
    assert projection.project(catalogue, "toy") is True
    new_rows = projection.read_map(catalogue, "toy").points
    assert np.isfinite(new_rows).all()

    write(catalogue, range(40), weights="b", seed=1)
    assert projection.project(catalogue, "toy") is True
    new_weights = projection.read_map(catalogue, "toy").points
    assert not np.allclose(new_weights, new_rows, atol=0.1)

    assert projection.project(catalogue, "toy", seed=1) is True
    assert not np.allclose(projection.read_map(catalogue, "toy").points, new_weights, atol=0.1)
    assert umap_runs == [30, 40, 40, 40]
    assert projection.project(catalogue, "toy", seed=1) is False


def test_new_alerts_without_an_embedding_do_not_spoil_the_map(catalogue, umap_runs):
    write(catalogue, range(40))
    projection.project(catalogue, "toy")
    ingest(ALERTS[40:], catalogue)
    assert projection.project(catalogue, "toy") is False
    assert np.isfinite(projection.read_map(catalogue, "toy").points[:, 0]).sum() == 40
    assert umap_runs == [40]


@pytest.mark.parametrize("rows", (1, 2, projection.FEWEST - 1))
def test_too_few_embedded_alerts_make_no_map(catalogue, rows):
    write(catalogue, range(rows))
    with refused(CatalogueError, rows):
        projection.project(catalogue, "toy")
    with refused(CatalogueError, "toy"):
        projection.read_map(catalogue, "toy")


def test_the_fewest_alerts_make_one(catalogue):
    write(catalogue, range(projection.FEWEST))
    assert projection.project(catalogue, "toy") is True
    assert 0 < projection.read_map(catalogue, "toy").trustworthiness <= 1


@pytest.mark.parametrize("kind", ("identical", "zero", "two kinds"))
def test_embeddings_that_hold_little_still_make_a_map(kind):
    vectors = np.repeat(values(1), 40, axis=0)
    if kind == "zero":
        vectors[:] = 0
    elif kind == "two kinds":
        vectors[20:] *= -1
    points = projection.umap_points(unit_length(vectors), 0)
    assert points.shape == (40, 2) and np.isfinite(points).all()


def test_what_is_missing_is_said_with_the_command_that_makes_it(catalogue):
    with refused(CatalogueError, f"ztfexplore embed --catalogue {catalogue.path} --encoder toy"):
        projection.project(catalogue, "toy")
    with refused(CatalogueError, f"ztfexplore project --catalogue {catalogue.path} --encoder toy"):
        projection.read_map(catalogue, "toy")


# --- trustworthiness ------------------------------------------------------------------------------------------------


def venna_kaski(high: np.ndarray, low: np.ndarray, k: int) -> float:
    """Venna & Kaski 2001: 1 - 2 / (n k (2n - 3k - 1)) * the sum, over the k map neighbours that are not among the k
    nearest in the embedding, of their rank there minus k."""
    n, total = len(high), 0.0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        by_embedding = sorted(others, key=lambda j: np.linalg.norm(high[i] - high[j]))
        by_map = sorted(others, key=lambda j: np.linalg.norm(low[i] - low[j]))
        for j in by_map[:k]:
            rank = by_embedding.index(j) + 1
            total += max(0, rank - k)
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * total


@pytest.mark.parametrize("n", (20, 45))
@pytest.mark.parametrize("kind", ("random", "good"))
def test_trustworthiness_by_the_formula(n, kind):
    high = unit_length(values(n)).astype(np.float64)
    low = high[:, :2] if kind == "good" else np.random.default_rng(1).normal(size=(n, 2))
    k = min(projection.NEIGHBOURS, (n - 1) // 2)
    score = projection.map_trustworthiness(high, low)
    assert score == pytest.approx(venna_kaski(high, low, k), abs=1e-9)
    assert score == pytest.approx(trustworthiness(high, low, n_neighbors=k), abs=1e-12)


def test_a_faithful_map_scores_1_and_a_random_one_about_a_half():
    high = np.random.default_rng(0).normal(size=(300, 2))
    assert projection.map_trustworthiness(high, 5 * high + 2) == 1
    assert projection.map_trustworthiness(high, np.random.default_rng(1).normal(size=(300, 2))) < 0.65


def test_a_large_map_is_scored_on_a_seeded_sample(monkeypatch):
    high = np.random.default_rng(0).normal(size=(400, 5))
    low = high[:, :2]
    monkeypatch.setattr(projection, "TRUSTWORTHINESS_POINTS", 100)
    first = projection.map_trustworthiness(high, low, seed=1)
    assert first == projection.map_trustworthiness(high, low, seed=1)
    assert first != projection.map_trustworthiness(high, low, seed=2)
    assert 0.5 < first < 1


def test_the_number_beside_the_map_is_that_of_this_map(demo_catalogue):
    catalogue = Catalogue.open(demo_catalogue)
    for name in ("simclr", "s-simclr"):
        shown = projection.read_map(catalogue, name)
        high = unit_length(embedding.read_embedding(catalogue, name).values)
        expected = trustworthiness(high, shown.points, n_neighbors=projection.NEIGHBOURS)
        assert shown.trustworthiness == pytest.approx(expected, abs=1e-4)


def test_a_map_of_other_weights_is_no_map(catalogue):
    """An encoder that was trained anew and has embedded again must not be shown on its old map."""
    write(catalogue, range(40), weights="old")
    projection.project(catalogue, "toy")
    assert projection.mapped(catalogue) == ["toy"]
    write(catalogue, range(40), weights="new", seed=9)
    assert projection.mapped(catalogue) == []
    with pytest.raises(CatalogueError, match="ztfexplore project"):
        projection.read_map(catalogue, "toy")
    assert projection.project(catalogue, "toy")
    assert projection.mapped(catalogue) == ["toy"]
