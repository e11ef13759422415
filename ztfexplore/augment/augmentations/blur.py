"""Worsen the seeing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, SIMCLR, Augmentation, Slider
from ztfexplore.augment.draws import chance, uniform

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Blur:
    """Worsen the seeing: a Gaussian of up to `sigma` pixels, the same for all channels of a stamp."""

    sigma: float = 1.0
    probability: float = 0.5

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        import torch

        n, _, height, width = x.shape
        sigma = uniform(n, min(0.1, self.sigma), self.sigma, generator)
        applied = chance(n, self.probability, generator)
        sigma = torch.where(applied, sigma, 0.0).clamp(min=1e-3)  # so narrow that it changes nothing
        rows, columns = _gaussian_matrices(height, sigma), _gaussian_matrices(width, sigma)
        # (n, 1, h, h) @ (n, c, h, w) @ (n, 1, w, w): each sample has its own blur, without a loop
        return rows[:, None] @ x @ columns[:, None].transpose(2, 3)


def _gaussian_matrices(size: int, sigma: Tensor) -> Tensor:
    """Blurring along one axis as matrices (n, size, size), rows summing to 1 (also at the edges)."""

    import torch

    distance = torch.arange(size)[:, None] - torch.arange(size)[None]
    weights = torch.exp(-0.5 * (distance[None] / sigma[:, None, None]) ** 2)
    return weights / weights.sum(dim=2, keepdim=True)


AUGMENTATIONS.register(
    Augmentation(
        "blur",
        Blur(2.0),
        Slider("sigma", (0.0, 4.0, 0.1), "pixels, the widest Gaussian"),
        "Much worse seeing, and smoother noise than in any exposure.",
        SIMCLR,
    ),
    order=60,
)

AUGMENTATIONS.register(
    Augmentation(
        "psf-blur",
        Blur(1.0),
        Slider("sigma", (0.0, 4.0, 0.1), "pixels, the widest Gaussian"),
        "Worse seeing.",
        ASTRONOMICAL,
    ),
    order=110,
)
