"""SimCLR's own recipe, as published and milder.

It mixes science, template and difference: for the ablation and the inspector, not a default of any method.
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
# Half of the area stays, the colours change half as much (as SimCLR does on CIFAR-10) and the blur is the seeing's.
RECIPES.register(
    Recipe(
        geometric=(Flip(),),
        photometric=(ResizedCrop(0.5), ColourJitter(0.5), Grayscale(0.2), Blur(1.0)),
        name="simclr-mild",
    ),
    order=60,
)
