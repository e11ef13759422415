"""Brighten or dim, all channels together or each on its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, Augmentation, Slider
from ztfexplore.augment.draws import uniform

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class ScaleFlux:
    """Brighten or dim by up to `factor`, all channels together: the same object, nearer or farther."""

    factor: float = 2.0

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        import torch

        scale = torch.exp(uniform(len(x), -1, 1, generator) * math.log(self.factor))
        return x * scale[:, None, None, None]


@dataclass(frozen=True)
class ScaleChannels:
    """Brighten or dim every channel by its own factor, up to `factor`: the same object in another colour."""

    factor: float = 1.5

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        import torch

        n, channels = x.shape[:2]
        scale = torch.exp(uniform(n * channels, -1, 1, generator) * math.log(self.factor))
        return x * scale.view(n, channels, 1, 1)


AUGMENTATIONS.register(
    Augmentation(
        "scale-flux",
        ScaleFlux(3.0),
        Slider("factor", (1.0, 10.0, 0.1), "times brighter or fainter, at most"),
        "The same object nearer or farther; the noise scales with it.",
        ASTRONOMICAL,
    ),
    order=130,
)


AUGMENTATIONS.register(
    Augmentation(
        "scale-channels",
        ScaleChannels(1.5),
        Slider("factor", (1.0, 5.0, 0.1), "times brighter or fainter in each channel, at most"),
        "Another colour; in an alert another depth of the template.",
        ASTRONOMICAL,
    ),
    order=140,
)
