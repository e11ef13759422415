"""Lose a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, Augmentation, Slider
from ztfexplore.augment.draws import chance

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class DropChannel:
    """Blank one channel with this probability (templates are missing, subtractions fail); never the only one."""

    probability: float = 0.1

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        import torch

        n, channels = x.shape[:2]
        if channels == 1:
            return x
        which = torch.randint(channels, (n,), generator=generator)
        lost = chance(n, self.probability, generator)[:, None] & (torch.arange(channels)[None] == which[:, None])
        return x.masked_fill(lost[:, :, None, None], 0.0)


AUGMENTATIONS.register(
    Augmentation(
        "drop-channel",
        DropChannel(0.1),
        Slider("probability", (0.0, 1.0, 0.05), "of the views lose a channel"),
        "A template that is missing, a subtraction that failed.",
        ASTRONOMICAL,
    ),
    order=160,
)
