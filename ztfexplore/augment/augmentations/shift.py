"""Move the object off the centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, Augmentation, Slider
from ztfexplore.augment.draws import uniform

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Shift:
    """Move the object off the centre by up to this many pixels along each axis, as far as centroids are uncertain."""

    pixels: float = 1.0

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        import torch

        x = uniform(n, -self.pixels, self.pixels, generator)
        y = uniform(n, -self.pixels, self.pixels, generator)
        return torch.eye(2).repeat(n, 1, 1), torch.stack([x, y], dim=1)


AUGMENTATIONS.register(
    Augmentation(
        "shift",
        Shift(1.0),
        Slider("pixels", (0.0, 6.0, 0.25), "pixels along each axis, at most"),
        "The centroid is uncertain by about a pixel.",
        ASTRONOMICAL,
    ),
    order=90,
)
