"""Mirror left and right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import AUGMENTATIONS, SIMCLR, Augmentation, Slider
from ztfexplore.augment.draws import chance, still

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Flip:
    """Mirror left and right with this probability; together with Rotate, any mirror image."""

    probability: float = 0.5

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        import torch

        mirrored = chance(n, self.probability, generator)
        linear = torch.eye(2).repeat(n, 1, 1)
        linear[mirrored, 0, 0] = -1.0
        return linear, still(n)


AUGMENTATIONS.register(
    Augmentation(
        "flip",
        Flip(),
        Slider("probability", (0.0, 1.0, 0.05), "of the views are mirrored"),
        "A mirror image: the sky has no preferred handedness.",
        SIMCLR,
    ),
    order=10,
)
