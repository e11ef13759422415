"""No augmentation: the centre of the stamp."""

from __future__ import annotations

from ztfexplore.augment.recipes import RECIPES, Recipe

RECIPES.register(Recipe(name="none"), order=10)
