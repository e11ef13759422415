"""The interface of everything that turns stamps into embeddings. Loads neither torch nor scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Embedder(Protocol):
    """A network (`encoder.Encoder`), or the baseline PCA (`pca.PCAEncoder`)."""

    @property
    def name(self) -> str:
        """Its name; the catalogue's column is named after it."""
        ...

    @property
    def weights_sha256(self) -> str:
        """A hash that changes whenever the embeddings would."""
        ...

    def embed(self, stamps: Sequence[np.ndarray]) -> np.ndarray:
        """Stamps as read, each (channels, height, width) -> float32 (n, dim)."""
        ...
