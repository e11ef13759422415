"""Add noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, Augmentation, Slider
from ztfexplore.augment.draws import uniform

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class SkyNoise:
    """Add noise of up to `sigma` times the stamp's own sky noise, drawn for each channel."""

    sigma: float = 1.0

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        import torch

        n, channels = x.shape[:2]
        level = uniform(n * channels, 0, self.sigma, generator).view(n, channels, 1, 1)
        return x + level * torch.randn(x.shape, generator=generator)


AUGMENTATIONS.register(
    Augmentation(
        "sky-noise",
        SkyNoise(1.0),
        Slider("sigma", (0.0, 5.0, 0.1), "times the sky noise is added, at most"),
        "A brighter sky, or a shorter exposure.",
        ASTRONOMICAL,
    ),
    order=120,
)
