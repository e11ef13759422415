"""Rotate by any angle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, Augmentation, Slider
from ztfexplore.augment.draws import still, uniform

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Rotate:
    """Rotate by any angle: the sky has no up.

    Attributes:
        degrees: the largest rotation, in either direction.
    """

    degrees: float = 180.0

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        import torch

        angle = uniform(n, -self.degrees, self.degrees, generator) * (math.pi / 180)
        cos, sin = angle.cos(), angle.sin()
        return torch.stack([cos, -sin, sin, cos], dim=1).view(n, 2, 2), still(n)


AUGMENTATIONS.register(
    Augmentation(
        "rotate",
        Rotate(),
        Slider("degrees", (0.0, 180.0, 5.0), "degrees, the largest rotation"),
        "Another position angle of the camera: the sky has no up. Resampling smooths the noise.",
        ASTRONOMICAL,
    ),
    order=70,
)
