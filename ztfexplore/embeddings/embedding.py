"""Catalogue x encoder -> an embedding column, computed only where it is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ztfexplore.catalogue.catalogue import Catalogue, Vectors
from ztfexplore.encoders.embedder import Embedder
from ztfexplore.errors import CatalogueError
from ztfexplore.progress import OnCount, no_count

PCA = "pca"
PREFIX = "embedding_"
# Each batch is one atomic write: the most that a crash can lose, and some 200 MB of ZTF stamps in memory.
CHUNK_ROWS = 4096


# Reading embeddings needs neither torch nor scikit-learn: the two functions below load them when called.


def load_encoder(catalogue: Catalogue, name: str | Path) -> Embedder:
    """An encoder by name or path, or the baseline 'pca', whose axes are computed from the catalogue's own stamps.

    New stamps change the axes, so the whole column 'pca' is then computed again.

    Raises:
        EncoderError: if there is no such encoder, or the stamps have no principal axes.
    """
    from ztfexplore.embeddings import principal_axes
    from ztfexplore.encoders import encoder

    return principal_axes.fit_catalogue(catalogue) if str(name) == PCA else encoder.load(name)


def encoder_name(name: str | Path) -> str:
    """The name of an encoder, given its name or path.

    Raises:
        EncoderError: if there is none.
    """
    from ztfexplore.encoders import encoder

    return PCA if str(name) == PCA else encoder.load(name).name


def column(name: str) -> str:
    """The catalogue column that holds an encoder's embeddings."""
    return PREFIX + name


def embedded_by(catalogue: Catalogue) -> list[str]:
    """Names of the encoders that have a column in the catalogue."""
    return [name.removeprefix(PREFIX) for name in catalogue.vector_columns(PREFIX)]


def missing_rows(catalogue: Catalogue, encoder: Embedder) -> np.ndarray:
    """Rows that `encoder`, with exactly these weights, has not embedded yet, int64 (m,)."""
    if encoder.name not in embedded_by(catalogue):
        return np.arange(len(catalogue))
    vectors = catalogue.vectors(column(encoder.name))
    if vectors.metadata.get("weights_sha256") != encoder.weights_sha256:
        return np.arange(len(catalogue))
    return np.flatnonzero(~vectors.present)


def embed(catalogue: Catalogue, encoder: Embedder, on_rows: OnCount = no_count) -> int:
    """Fill the encoder's column where values are missing; a column from other weights is computed again.

    Args:
        on_rows: called with the number of rows done since the last call.

    Returns:
        how many rows were computed.

    Raises:
        EncoderError: if the stamps do not fit the encoder; earlier results are kept.
    """
    rows = missing_rows(catalogue, encoder)
    metadata = {"weights_sha256": encoder.weights_sha256, "encoder": encoder.name}
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = rows[start : start + CHUNK_ROWS]
        values = encoder.embed(catalogue.stamps(chunk))
        catalogue.write_vectors(column(encoder.name), chunk, values, metadata)
        on_rows(len(chunk))
    return len(rows)


def read_embedding(catalogue: Catalogue, name: str) -> Vectors:
    """An encoder's embeddings.

    Raises:
        CatalogueError: if that encoder has embedded nothing here.
    """
    if name not in embedded_by(catalogue):
        raise CatalogueError(
            f"catalogue {catalogue.path}: encoder {name} has embedded nothing here; "
            f"run 'ztfexplore embed --catalogue {catalogue.path} --encoder {name}'"
        )
    return catalogue.vectors(column(name))
