"""What turns stamps into embeddings, whoever it is. Loads neither torch nor scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Embedder(Protocol):
    """A network (`encoder.Encoder`), or the baseline PCA (`pca.PCAEncoder`)."""

    @property
    def name(self) -> str:
        """By which it is called; its column is called after it."""
        ...

    @property
    def weights_sha256(self) -> str:
        """Differs if the embeddings do."""
        ...

    def embed(self, stamps: Sequence[np.ndarray]) -> np.ndarray:
        """Stamps as read, each (channels, height, width) -> float32 (n, dim)."""
        ...
