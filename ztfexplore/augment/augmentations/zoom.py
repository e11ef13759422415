"""Change the pixel scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, Augmentation, Slider
from ztfexplore.augment.draws import still, uniform
from ztfexplore.augment.recipes import LARGEST_ZOOM

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Zoom:
    """Change the pixel scale by a factor between 1/factor and factor, as seeing and distance do."""

    factor: float = 1.15

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        import torch

        scale = torch.exp(uniform(n, -1, 1, generator) * math.log(self.factor))
        return torch.eye(2)[None] * scale[:, None, None], still(n)


AUGMENTATIONS.register(
    Augmentation(
        "zoom",
        Zoom(LARGEST_ZOOM),
        Slider("factor", (1.0, 2.0, 0.05), "times larger or smaller, at most"),
        "Another pixel scale, seeing or distance.",
        ASTRONOMICAL,
    ),
    order=100,
)
