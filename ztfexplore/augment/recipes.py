"""Recipes: ordered augmentations, batched and seeded, drawn anew for each sample. They do not see labels.

Stamps are normalised: float32 (n, channels, height, width), flux above the sky in units of the sky noise, so that
noise and flux have their physical meaning. Geometric augmentations are 2x3 matrices, composed and applied in one
resampling; photometric ones follow on the cropped view. Each recipe is declared in a file of `shipped_recipes/`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ztfexplore.augment.draws import Geometric, Photometric
from ztfexplore.errors import TrainingError
from ztfexplore.registry import Registry

if TYPE_CHECKING:
    from torch import Generator, Tensor

# The most that a recipe zooms, and shifts (pixels): `context_size` leaves room for it around a view.
LARGEST_ZOOM, LARGEST_SHIFT = 1.1, 1.0


@dataclass(frozen=True)
class Recipe:
    """Augmentations in the order they are applied.

    Attributes:
        geometric: those that move pixels, resampled together.
        photometric: those that follow on the cropped view.
        name: '' if it has none.
    """

    geometric: tuple[Geometric, ...] = ()
    photometric: tuple[Photometric, ...] = ()
    name: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, steps: Sequence[Geometric | Photometric]) -> Recipe:
        """A recipe of these: first those that move pixels, resampled together, then the others, each in order."""
        return cls(
            geometric=tuple(step for step in steps if isinstance(step, Geometric)),
            photometric=tuple(step for step in steps if not isinstance(step, Geometric)),
        )

    def __call__(self, x: Tensor, crop: int, generator: Generator) -> Tensor:
        """One view of every stamp.

        Args:
            x: (n, channels, height, width), larger than `crop` by what rotations and shifts need.
            crop: height and width of the view (pixels).
            generator: the only source of randomness.

        Returns:
            (n, channels, crop, crop).
        """
        view = self._resample(x, crop, generator)
        for augmentation in self.photometric:
            view = augmentation(view, generator)
        return view

    def _resample(self, x: Tensor, crop: int, generator: Generator) -> Tensor:
        import torch
        import torch.nn.functional as F

        if not self.geometric:
            top, left = (x.shape[2] - crop) // 2, (x.shape[3] - crop) // 2
            return x[:, :, top : top + crop, left : left + crop]
        n, channels, height, width = x.shape
        linear, shift = torch.eye(2).repeat(n, 1, 1), torch.zeros(n, 2)
        for augmentation in self.geometric:
            matrix, offset = augmentation.draw(n, generator)
            linear, shift = linear @ matrix, shift + offset
        # grid_sample's coordinates run from -1 to 1 over the input's width; the view covers crop/width of it.
        extent = torch.tensor([width, height], dtype=torch.float32)
        theta = torch.cat([linear * (crop / extent)[None, :, None], (2 * shift / extent)[:, :, None]], dim=2)
        grid = F.affine_grid(theta, [n, channels, crop, crop], align_corners=False)
        return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


RECIPES: Registry[Recipe] = Registry("recipe", "ztfexplore.augment.shipped_recipes", TrainingError)


def context_size(crop: int) -> int:
    """Height and width (pixels) that views of `crop` pixels need: the zoomed diagonal plus the shift."""
    reach = (crop - 1) / 2 * math.sqrt(2) * LARGEST_ZOOM + LARGEST_SHIFT  # the farthest pixel from the centre
    odd = crop % 2
    return 2 * math.ceil(reach + (1 - odd) / 2) + odd
