"""A single augmentation with default strength and slider. Each registers itself from a file of `augmentations/`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, cast

from ztfexplore.augment.draws import Geometric, Photometric
from ztfexplore.augment.recipes import Recipe
from ztfexplore.errors import TrainingError
from ztfexplore.registry import Registry

SIMCLR, ASTRONOMICAL = "simclr", "astronomical"
PROBABILITY = "probability"


@dataclass(frozen=True)
class Slider:
    """What a slider changes, as a declaration states it.

    Attributes:
        parameter: the class's field.
        span: lowest and highest value, and the step.
        unit: what the number means, as shown beside it.
        reversed: True if smaller is stronger.
    """

    parameter: str
    span: tuple[float, float, float]
    unit: str
    reversed: bool = False


@dataclass(frozen=True)
class Strength:
    """What a slider changes.

    Attributes:
        parameter: the class's field.
        low, high, step: of the slider.
        default: the registered augmentation's value.
        unit: what the number counts, for a person.
        reversed: True if smaller is stronger.
    """

    parameter: str
    low: float
    high: float
    step: float
    default: float
    unit: str
    reversed: bool = False


@dataclass(frozen=True)
class Augmentation:
    """A single augmentation with its default strength and its slider.

    Attributes:
        name: used in recipes.
        made: the augmentation at its default strength.
        slider: None if it has no strength to choose.
        meaning: what it corresponds to on the sky.
        set: the set it is listed with, 'simclr' or 'astronomical' (see `SETS` for what the full sets are made of).
    """

    name: str
    made: Geometric | Photometric
    slider: Slider | None
    meaning: str
    set: str

    @property
    def strength(self) -> Strength | None:
        """The slider with its default; None if it has no strength to choose."""
        if self.slider is None:
            return None
        low, high, step = self.slider.span
        default = getattr(self.made, self.slider.parameter)
        return Strength(self.slider.parameter, low, high, step, default, self.slider.unit, self.slider.reversed)

    @property
    def kind(self) -> type:
        """Its class."""
        return type(self.made)

    @property
    def probability(self) -> float:
        """The probability that a recipe applies it to a view."""
        return float(getattr(self.made, PROBABILITY, 1.0))

    def at(self, strength: float | None = None, always: bool = False) -> Geometric | Photometric:
        """The augmentation at another strength (None for the default), applied to every sample if `always`."""
        changes: dict[str, float] = {}
        if always and any(field.name == PROBABILITY for field in fields(cast(Any, self.made))):
            changes[PROBABILITY] = 1.0
        if strength is not None and self.strength is not None:
            whole = isinstance(getattr(self.made, self.strength.parameter), int)
            changes.setdefault(self.strength.parameter, round(strength) if whole else float(strength))
        return cast("Geometric | Photometric", replace(cast(Any, self.made), **changes))  # all are dataclasses

    def recipe(self, strength: float | None = None, always: bool = False) -> Recipe:
        """The recipe of this augmentation alone; see `at`."""
        return Recipe.of([self.at(strength, always)])


AUGMENTATIONS: Registry[Augmentation] = Registry("augmentation", "ztfexplore.augment.augmentations", TrainingError)
