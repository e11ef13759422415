"""For galaxies: changes neither size nor shape, so that colour and brightness matter less."""

from __future__ import annotations

from ztfexplore.augment.augmentations.drop_channel import DropChannel
from ztfexplore.augment.augmentations.flip import Flip
from ztfexplore.augment.augmentations.flux import ScaleChannels, ScaleFlux
from ztfexplore.augment.augmentations.mask_pixels import MaskPixels
from ztfexplore.augment.augmentations.rotate import Rotate
from ztfexplore.augment.augmentations.shift import Shift
from ztfexplore.augment.augmentations.sky_noise import SkyNoise
from ztfexplore.augment.recipes import RECIPES, Recipe

RECIPES.register(
    Recipe(
        geometric=(Rotate(), Flip(), Shift(1.0)),
        photometric=(ScaleFlux(4.0), ScaleChannels(3.0), SkyNoise(1.0), DropChannel(0.3), MaskPixels(10, 0.7)),
        name="galaxies",
    ),
    order=40,
)
