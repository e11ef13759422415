"""Embedding column -> a two-dimensional map column (UMAP, McInnes et al. 2018), seeded, with its trustworthiness."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.neighbours import neighbour_graph
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.errors import CatalogueError

PREFIX = "map_"
NEIGHBOURS = 15
# Trustworthiness compares all pairs: beyond this many points a seeded sample is used.
TRUSTWORTHINESS_POINTS = 2000
# A map needs at least this many points.
FEWEST = NEIGHBOURS + 2


@dataclass(frozen=True)
class Projection:
    """A map.

    Attributes:
        points: float32 (n, 2); NaN where there is no embedding.
        trustworthiness: share of map neighbours that are neighbours in the embedding (Venna & Kaski 2001), 0 to 1.
    """

    points: np.ndarray
    trustworthiness: float


def column(name: str) -> str:
    """The catalogue column that holds the map of an encoder's embeddings."""
    return PREFIX + name


def project(catalogue: Catalogue, name: str, seed: int = 0) -> bool:
    """Compute the map of an encoder's embeddings, unless there is one of exactly these embeddings.

    Returns:
        whether it was computed.

    Raises:
        CatalogueError: if the encoder has embedded nothing, or too few alerts for a map.
    """
    vectors = embedding.read_embedding(catalogue, name)
    if _is_current(catalogue, name, vectors.present, vectors.metadata["weights_sha256"], seed):
        return False
    rows = np.flatnonzero(vectors.present)
    if len(rows) < FEWEST:
        raise CatalogueError(f"catalogue {catalogue.path}: {len(rows)} embedded alerts are too few for a map")
    values = unit_length(vectors.values[rows])
    points = umap_points(values, seed)
    score = map_trustworthiness(values, points, seed)
    metadata = {
        "weights_sha256": vectors.metadata["weights_sha256"],
        "seed": str(seed),
        "trustworthiness": f"{score:.4f}",
    }
    catalogue.write_vectors(column(name), rows, points, metadata)
    return True


def mapped(catalogue: Catalogue) -> list[str]:
    """Names of the encoders whose embedding here has a map; maps from other weights' embeddings do not count."""
    return [name for name in embedding.embedded_by(catalogue) if _same_weights(catalogue, name)]


def _same_weights(catalogue: Catalogue, name: str) -> bool:
    written = catalogue.vector_metadata(column(name)).get("weights_sha256")
    return written is not None and written == catalogue.vector_metadata(embedding.column(name)).get("weights_sha256")


def _is_current(catalogue: Catalogue, name: str, present: np.ndarray, weights: str, seed: int) -> bool:
    if column(name) not in catalogue.vector_columns(PREFIX):
        return False
    current = catalogue.vectors(column(name))
    same = current.metadata.get("weights_sha256") == weights and current.metadata.get("seed") == str(seed)
    return same and bool((current.present == present).all())


def read_map(catalogue: Catalogue, name: str) -> Projection:
    """An encoder's map.

    Raises:
        CatalogueError: if there is none.
    """
    if name not in mapped(catalogue):
        raise CatalogueError(
            f"catalogue {catalogue.path}: no map for encoder {name}; "
            f"run 'ztfexplore project --catalogue {catalogue.path} --encoder {name}'"
        )
    vectors = catalogue.vectors(column(name))
    return Projection(vectors.values, float(vectors.metadata.get("trustworthiness", "nan")))


def umap_points(values: np.ndarray, seed: int) -> np.ndarray:
    """UMAP of unit-length vectors (n, dim) -> float32 (n, 2), the same for the same seed.

    UMAP gets its neighbour graph from FAISS, which finds it faster and in bounded memory.
    """
    from umap import UMAP  # its import compiles for seconds, so it is imported only here

    indices, distances = neighbour_graph(values, NEIGHBOURS)
    with warnings.catch_warnings():
        # UMAP warns that a seed prevents parallelism and that a given graph cannot place new data: both are intended.
        warnings.simplefilter("ignore")
        reducer = UMAP(
            n_neighbors=NEIGHBOURS,
            min_dist=0.1,
            random_state=seed,
            low_memory=True,
            precomputed_knn=(indices, distances),
        )
        return np.asarray(reducer.fit_transform(values), dtype=np.float32)


def map_trustworthiness(values: np.ndarray, points: np.ndarray, seed: int = 0) -> float:
    """Trustworthiness of a map at NEIGHBOURS neighbours, on a seeded sample of large ones, 0 to 1."""
    from sklearn.manifold import trustworthiness

    sample = np.arange(len(values))
    if len(sample) > TRUSTWORTHINESS_POINTS:
        sample = np.random.default_rng(seed).choice(len(values), TRUSTWORTHINESS_POINTS, replace=False)
    neighbours = min(NEIGHBOURS, (len(sample) - 1) // 2)
    return float(trustworthiness(values[sample], points[sample], n_neighbors=neighbours))
