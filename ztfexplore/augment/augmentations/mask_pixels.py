"""Blank a box of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, Augmentation, Slider
from ztfexplore.augment.draws import chance, uniform

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class MaskPixels:
    """Blank a box of pixels in all channels, up to `size` wide, like bad columns and edges; never the central 5x5."""

    size: int = 6
    probability: float = 0.3

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        n, _, height, width = x.shape
        rows = _span(n, height, self.size, generator)
        columns = _span(n, width, self.size, generator)
        box = rows[:, None, :, None] & columns[:, None, None, :]  # (n, 1, h, w)
        box &= chance(n, self.probability, generator)[:, None, None, None]
        top, left = max(height // 2 - 2, 0), max(width // 2 - 2, 0)
        box[:, :, top : height // 2 + 3, left : width // 2 + 3] = False
        return x.masked_fill(box, 0.0)


def _span(n: int, length: int, largest: int, generator: Generator) -> Tensor:
    """True within an interval that is drawn for each sample, bool (n, length)."""

    import torch

    start = uniform(n, -largest / 2, length, generator)[:, None]
    size = uniform(n, 1, largest, generator)[:, None]
    place = torch.arange(length)[None]
    return (place >= start) & (place < start + size)


AUGMENTATIONS.register(
    Augmentation(
        "mask-pixels",
        MaskPixels(),
        Slider("size", (1, 21, 1), "pixels wide, the largest box"),
        "Bad columns, masked satellite trails, the edge of the chip; never the centre.",
        ASTRONOMICAL,
    ),
    order=150,
)
