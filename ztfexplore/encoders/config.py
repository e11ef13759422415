"""An encoder's configuration: everything but its weights. Imports no torch, because commands and cards read it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The networks defined in `backbones`.
BACKBONE_NAMES = ("compact", "rotation-cnn", "resnet18")


@dataclass(frozen=True)
class EncoderConfig:
    """An encoder's configuration: everything but its weights.

    Attributes:
        backbone: 'compact' (for two cores), 'rotation-cnn' (in the manner of ALeRCE's stamp classifier) or
            'resnet18' (torchvision's, for those with a GPU).
        channels: number of channels of its stamps.
        crop: height and width of the central part that it sees (pixels).
        widths: channels of the compact backbone's stages; each stage after the first has half the resolution.
        rings: (radius, width) in pixels of the Gaussian annuli around the object by which the stages are read out.
        softening: flux (in units of the sky noise) where the asinh stretch turns from linear to logarithmic.
        rotations: at inference the embedding is the mean over this many turns of the stamp (1, 2 or 4).
        whitened: number of principal axes that mean is projected on, each scaled to unit variance; 0 for no whitening.
    """

    backbone: str = "compact"
    channels: int = 3
    crop: int = 21
    widths: tuple[int, ...] = (16, 48, 64)
    rings: tuple[tuple[float, float], ...] = ((0.0, 1.5), (4.0, 2.0))
    softening: float = 1.0
    rotations: int = 4
    whitened: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError for values that no network can have."""
        if self.backbone not in BACKBONE_NAMES:
            raise ValueError(f"backbone {self.backbone}: unknown; there are {', '.join(BACKBONE_NAMES)}")
        if not all(isinstance(size, int) and size > 0 for size in (self.channels, self.crop, *self.widths)):
            raise ValueError("channels, crop and widths must be whole numbers above 0")
        if not self.widths or not all(radius >= 0 and width > 0 for radius, width in self.rings):
            raise ValueError("there must be a width, and every ring a radius and a width")
        if not isinstance(self.whitened, int) or self.whitened < 0:
            raise ValueError("whitened must be a whole number, 0 or more")
        if self.rotations not in (1, 2, 4):
            raise ValueError("rotations must be 1, 2 or 4")
        if not (isinstance(self.softening, int | float) and 0 < self.softening < math.inf):
            raise ValueError("softening must be above 0")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EncoderConfig:
        """The configuration in a card; raises ValueError, TypeError or KeyError if it is not valid."""
        rings = tuple((float(radius), float(width)) for radius, width in values["rings"])
        return cls(**{**values, "widths": tuple(values["widths"]), "rings": rings})
