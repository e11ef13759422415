"""The last, linear step of some encoders: principal axes of the backbone's vectors, each scaled to unit variance.

Without it a few strong axes (above all brightness) dominate every cosine distance, and neighbours share little else.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ztfexplore.errors import TrainingError

# Coordinates that vary less than this over the training set carry no information.
FLAT = 1e-9


class Whitening(nn.Module):
    """(n, dim) -> (n, components): centred, rotated to the principal axes, scaled to unit variance along each.

    Attributes:
        mean: (dim,).
        axes: (dim, components).
    """

    mean: Tensor
    axes: Tensor

    def __init__(self, dim: int, components: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("axes", torch.eye(dim)[:, :components])

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) @ self.axes


def fit_whitening(vectors: np.ndarray, components: int) -> Whitening:
    """The whitening of vectors, float (n, dim), whose coordinates are first scaled to unit variance.

    Raises:
        TrainingError: if the vectors do not vary along that many axes.
    """
    scale = vectors.std(axis=0)
    scale = np.where(scale > FLAT, scale, np.inf)  # a constant coordinate contributes to no axis
    mean = vectors.mean(axis=0, dtype=np.float64)
    _, singular, axes = np.linalg.svd((vectors - mean) / scale, full_matrices=False)
    spread = singular / np.sqrt(len(vectors))
    available = int((spread > 1e-4 * spread[0]).sum()) if spread[0] > FLAT else 0
    if components > available:
        raise TrainingError(f"the embeddings vary along {available} axes, too few to whiten to {components}")
    fitted = Whitening(vectors.shape[1], components)
    fitted.mean.copy_(torch.from_numpy(mean))
    fitted.axes.copy_(torch.from_numpy((axes[:components] / spread[:components, None]).T / scale[:, None]))
    return fitted
