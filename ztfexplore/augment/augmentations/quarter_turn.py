"""Rotate by right angles and mirror, without resampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, Augmentation
from ztfexplore.augment.draws import chance

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class QuarterTurn:
    """Rotate by 0, 90, 180 or 270 degrees, and mirror half of the stamps: exact, while Rotate's resampling smooths.

    An encoder that has only seen resampled stamps meets sharper noise when it embeds unchanged stamps.
    """

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        import torch

        turns = torch.randint(4, (len(x),), generator=generator)
        mirrored = chance(len(x), 0.5, generator)[:, None, None, None]
        turned = x
        for turn in (1, 2, 3):
            turned = torch.where((turns == turn)[:, None, None, None], torch.rot90(x, turn, (2, 3)), turned)
        return torch.where(mirrored, turned.flip(3), turned)


AUGMENTATIONS.register(
    Augmentation(
        "quarter-turn",
        QuarterTurn(),
        None,
        "Rotations by 90 degrees and mirror images: exact, without resampling.",
        ASTRONOMICAL,
    ),
    order=80,
)
