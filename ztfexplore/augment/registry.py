"""The single augmentations by name, their strengths and what they stand for on the sky; recipes by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from ztfexplore.augment import recipes
from ztfexplore.augment.draws import Geometric, Photometric
from ztfexplore.augment.recipes import (
    Blur,
    DropChannel,
    Flip,
    MaskPixels,
    QuarterTurn,
    Recipe,
    Rotate,
    ScaleChannels,
    ScaleFlux,
    Shift,
    SkyNoise,
    Zoom,
)
from ztfexplore.augment.simclr import ColourJitter, Grayscale, ResizedCrop
from ztfexplore.errors import TrainingError

SIMCLR, ASTRONOMICAL = "simclr", "astronomical"
JOIN = "+"
PROBABILITY = "probability"


@dataclass(frozen=True)
class Strength:
    """What a slider moves.

    Attributes:
        parameter: the class's field.
        low, high, step: of the slider.
        default: as the registry's augmentation has it.
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
    """A single augmentation as a person chooses it.

    Attributes:
        name: by which recipes are composed.
        made: the augmentation with its default strength.
        strength: None if there is nothing to choose.
        meaning: what it stands for on the sky.
        set: the set it is listed with, 'simclr' or 'astronomical' (see `SETS` for what the full sets are made of).
    """

    name: str
    made: Geometric | Photometric
    strength: Strength | None
    meaning: str
    set: str

    @property
    def kind(self) -> type:
        """Its class."""
        return type(self.made)

    @property
    def probability(self) -> float:
        """How often a recipe applies it to a view, with its default strength."""
        return float(getattr(self.made, PROBABILITY, 1.0))

    def at(self, strength: float | None = None, always: bool = False) -> Geometric | Photometric:
        """The augmentation with another strength (None keeps its default), and applied to every sample if `always`."""
        changes: dict[str, float] = {}
        if always and any(field.name == PROBABILITY for field in fields(self.made)):  # type: ignore[arg-type]
            changes[PROBABILITY] = 1.0
        if strength is not None and self.strength is not None:
            whole = isinstance(getattr(self.made, self.strength.parameter), int)
            changes.setdefault(self.strength.parameter, round(strength) if whole else float(strength))
        return replace(self.made, **changes)  # type: ignore[type-var]

    def recipe(self, strength: float | None = None, always: bool = False) -> Recipe:
        """The recipe of this augmentation alone; see `at`."""
        return _recipe([self.at(strength, always)])


def _strength(made: object, parameter: str, span: tuple[float, float, float], unit: str, **more: bool) -> Strength:
    low, high, step = span
    return Strength(parameter, low, high, step, getattr(made, parameter), unit, **more)


def _augmentation(
    name: str,
    made: Geometric | Photometric,
    slider: tuple[str, tuple[float, float, float], str] | None,
    meaning: str,
    of: str,
) -> Augmentation:
    """`slider` is (parameter, (low, high, step), unit)."""
    strength = None
    if slider is not None:
        strength = _strength(made, *slider, reversed=slider[0] == "smallest")
    return Augmentation(name, made, strength, meaning, of)


_ODDS = (0.0, 1.0, 0.05)
_AREA = ("smallest", (0.05, 1.0, 0.01), "of the view's area is what the smallest box keeps")

AUGMENTATIONS: Mapping[str, Augmentation] = {
    one.name: one
    for one in (
        # SimCLR's
        _augmentation(
            "flip",
            Flip(),
            ("probability", _ODDS, "of the views are mirrored"),
            "A mirror image: the sky prefers no handedness.",
            SIMCLR,
        ),
        _augmentation(
            "resized-crop",
            ResizedCrop(0.08),
            _AREA,
            "A part of the stamp, enlarged: changes the pixel scale and often loses the object, as no telescope does.",
            SIMCLR,
        ),
        _augmentation(
            "resized-crop-mild",
            ResizedCrop(0.5),
            _AREA,
            "The same with at least half of the area kept: a somewhat other pixel scale, somewhat off the centre.",
            SIMCLR,
        ),
        _augmentation(
            "colour-jitter",
            ColourJitter(1.0),
            ("strength", (0.0, 1.0, 0.05), "of SimCLR's strength"),
            "For photographs other light. In an alert it mixes science, template and difference, and flux no longer "
            "adds up; in a colour picture of a galaxy it is another colour.",
            SIMCLR,
        ),
        _augmentation(
            "grayscale",
            Grayscale(0.2),
            ("probability", _ODDS, "of the views lose their colour"),
            "All channels become one. In an alert what has changed can no longer be told from what was there.",
            SIMCLR,
        ),
        _augmentation(
            "blur",
            Blur(2.0),
            ("sigma", (0.0, 4.0, 0.1), "pixels, the widest Gaussian"),
            "Much worse seeing, and smoother noise than any exposure has.",
            SIMCLR,
        ),
        # the sky's
        _augmentation(
            "rotate",
            Rotate(),
            ("degrees", (0.0, 180.0, 5.0), "degrees, the largest turn"),
            "Another position angle of the camera: the sky has no up. Resampling smooths the noise.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "quarter-turn",
            QuarterTurn(),
            None,
            "Turns by 90 degrees and mirror images: exact, without resampling.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "shift",
            Shift(1.0),
            ("pixels", (0.0, 6.0, 0.25), "pixels along each axis, at most"),
            "The centroid is uncertain by a pixel or so.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "zoom",
            Zoom(recipes.LARGEST_ZOOM),
            ("factor", (1.0, 2.0, 0.05), "times larger or smaller, at most"),
            "Another pixel scale, seeing or distance.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "psf-blur",
            Blur(1.0),
            ("sigma", (0.0, 4.0, 0.1), "pixels, the widest Gaussian"),
            "Worse seeing.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "sky-noise",
            SkyNoise(1.0),
            ("sigma", (0.0, 5.0, 0.1), "times the sky noise is added, at most"),
            "A brighter sky, or a shorter exposure.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "scale-flux",
            ScaleFlux(3.0),
            ("factor", (1.0, 10.0, 0.1), "times brighter or fainter, at most"),
            "The same object nearer or farther, the noise with it.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "scale-channels",
            ScaleChannels(1.5),
            ("factor", (1.0, 5.0, 0.1), "times brighter or fainter in each channel, at most"),
            "Another colour; in an alert another depth of the template.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "mask-pixels",
            MaskPixels(),
            ("size", (1, 21, 1), "pixels wide, the largest box"),
            "Bad columns, satellite trails that were masked, the chip's edge; never the centre.",
            ASTRONOMICAL,
        ),
        _augmentation(
            "drop-channel",
            DropChannel(0.1),
            ("probability", _ODDS, "of the views lose a channel"),
            "A template that is missing, a subtraction that failed.",
            ASTRONOMICAL,
        ),
    )
}

# The full sets, as an ablation takes them apart: SimCLR's own (its recipe 'simclr'), and the sky's.
SETS: Mapping[str, tuple[str, ...]] = {
    SIMCLR: ("flip", "resized-crop", "colour-jitter", "grayscale", "blur"),
    ASTRONOMICAL: (
        "rotate", "flip", "shift", "psf-blur", "sky-noise", "scale-flux", "mask-pixels", "drop-channel",
    ),
}  # fmt: skip


def _recipe(steps: Sequence[Geometric | Photometric]) -> Recipe:
    """Those that move pixels are resampled together, first; the others follow. Each kind keeps its order."""
    return Recipe(
        geometric=tuple(step for step in steps if isinstance(step, Geometric)),
        photometric=tuple(step for step in steps if not isinstance(step, Geometric)),
    )


def compose(names: Sequence[str]) -> Recipe:
    """The recipe of single augmentations with their default strengths; none of them is the centre crop.

    Raises:
        TrainingError: if a name is unknown.
    """
    for name in names:
        if name not in AUGMENTATIONS:
            raise TrainingError(f"augmentation {name[:40]!r}: unknown; there are {', '.join(AUGMENTATIONS)}")
    return _recipe([AUGMENTATIONS[name].made for name in names])


def recipe_of(name: str) -> Recipe:
    """A recipe by its name, or of augmentations' names joined by +, as 'rotate+flip+sky-noise'.

    Raises:
        TrainingError: if there is no such recipe and no such augmentation.
    """
    if name in recipes.RECIPES:
        return recipes.RECIPES[name]
    parts = name.split(JOIN)
    if any(part not in AUGMENTATIONS for part in parts):
        raise TrainingError(
            f"recipe {name[:200]}: unknown; there are {', '.join(recipes.RECIPES)}, and augmentations joined by +: "
            f"{', '.join(AUGMENTATIONS)}"
        )
    return compose(parts)
