"""SimCLR's own recipe, as published and in a milder form.

It mixes science, template and difference. It is there for ablations and the augmentations page; no method uses it by
default.
"""

from __future__ import annotations

from ztfexplore.augment.augmentations.blur import Blur
from ztfexplore.augment.augmentations.flip import Flip
from ztfexplore.augment.augmentations.simclr import ColourJitter, Grayscale, ResizedCrop
from ztfexplore.augment.recipes import RECIPES, Recipe

RECIPES.register(
    Recipe(
        geometric=(Flip(),),
        photometric=(ResizedCrop(0.08), ColourJitter(1.0), Grayscale(0.2), Blur(2.0)),
        name="simclr",
    ),
    order=50,
)
# At least half of the area stays, colours change half as much (as SimCLR does on CIFAR-10), the blur is like seeing.
RECIPES.register(
    Recipe(
        geometric=(Flip(),),
        photometric=(ResizedCrop(0.5), ColourJitter(0.5), Grayscale(0.2), Blur(1.0)),
        name="simclr-mild",
    ),
    order=60,
)
