"""What happens to a stamp on the sky: exact rotations by right angles, or resampled ones by any angle."""

from __future__ import annotations

from ztfexplore.augment.augmentations.blur import Blur
from ztfexplore.augment.augmentations.drop_channel import DropChannel
from ztfexplore.augment.augmentations.flip import Flip
from ztfexplore.augment.augmentations.flux import ScaleFlux
from ztfexplore.augment.augmentations.mask_pixels import MaskPixels
from ztfexplore.augment.augmentations.quarter_turn import QuarterTurn
from ztfexplore.augment.augmentations.rotate import Rotate
from ztfexplore.augment.augmentations.shift import Shift
from ztfexplore.augment.augmentations.sky_noise import SkyNoise
from ztfexplore.augment.augmentations.zoom import Zoom
from ztfexplore.augment.recipes import RECIPES, Recipe

RECIPES.register(
    Recipe(
        photometric=(QuarterTurn(), ScaleFlux(3.0), SkyNoise(1.0), MaskPixels(), DropChannel(0.1)), name="astronomical"
    ),
    order=20,
)
RECIPES.register(
    Recipe(
        geometric=(Rotate(), Flip(), Zoom(1.1), Shift(1.0)),
        photometric=(ScaleFlux(2.0), Blur(1.0), SkyNoise(1.0), MaskPixels(), DropChannel(0.05)),
        name="astronomical-resampled",
    ),
    order=30,
)
