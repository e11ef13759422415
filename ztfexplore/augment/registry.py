"""Recipes by their names, and by the names of single augmentations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, PROBABILITY, SIMCLR, Augmentation, Strength
from ztfexplore.augment.recipes import RECIPES, Recipe
from ztfexplore.errors import TrainingError

__all__ = [
    "ASTRONOMICAL",
    "AUGMENTATIONS",
    "JOIN",
    "PROBABILITY",
    "SETS",
    "SIMCLR",
    "Augmentation",
    "Strength",
    "compose",
    "recipe_of",
]

JOIN = "+"

# The full sets, for ablations: SimCLR's own (its recipe 'simclr'), and the astronomical one.
SETS: Mapping[str, tuple[str, ...]] = {
    SIMCLR: ("flip", "resized-crop", "colour-jitter", "grayscale", "blur"),
    ASTRONOMICAL: (
        "rotate", "flip", "shift", "psf-blur", "sky-noise", "scale-flux", "mask-pixels", "drop-channel",
    ),
}  # fmt: skip


def compose(names: Sequence[str]) -> Recipe:
    """The recipe of single augmentations at their default strengths; without any it is the centre crop.

    Raises:
        TrainingError: if a name is unknown.
    """
    for name in names:
        if name not in AUGMENTATIONS:
            raise TrainingError(f"augmentation {name[:40]!r}: unknown; there are {', '.join(AUGMENTATIONS)}")
    return Recipe.of([AUGMENTATIONS[name].made for name in names])


def recipe_of(name: str) -> Recipe:
    """A recipe by its name, or by augmentations' names joined by +, such as 'rotate+flip+sky-noise'.

    Raises:
        TrainingError: if there is no such recipe and no such augmentation.
    """
    if name in RECIPES:
        return RECIPES[name]
    parts = name.split(JOIN)
    if any(part not in AUGMENTATIONS for part in parts):
        raise TrainingError(
            f"recipe {name[:200]}: unknown; there are {', '.join(RECIPES)}, and augmentations joined by +: "
            f"{', '.join(AUGMENTATIONS)}"
        )
    return compose(parts)
