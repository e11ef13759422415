"""Augmented views as pictures, with the limits of their stamp, so that a brighter view looks brighter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.visualization import AsinhStretch

from ztfexplore.alerts.stamps import background, centre_crop, normalise
from ztfexplore.alerts.survey import Survey
from ztfexplore.display.stretch import (
    BRIGHT_PERCENTILE,
    BRIGHT_SIGMA,
    FAINT_SIGMA,
    SOFTENING_SIGMA,
    STRIP_CHANNELS,
    composite_png,
    signed_channels,
    strip_png,
)


@dataclass(frozen=True)
class Limits:
    """How views of one stamp are shown.

    Attributes:
        survey: of the stamp.
        level, sigma: sky level and noise of the stamp's channels as read, (channels, 1, 1).
        white: flux shown as white, in units of the sky noise, (channels,).
        signed: for each channel, whether zero flux belongs in the middle.
    """

    survey: Survey
    level: np.ndarray
    sigma: np.ndarray
    white: np.ndarray
    signed: tuple[bool, ...]


def limits(stamp: np.ndarray, survey: Survey, crop: int) -> Limits:
    """The limits of a stamp as read (channels, height, width), from its central crop x crop pixels."""
    level, sigma = background(stamp)
    middle = centre_crop(normalise(stamp), crop)
    signed = tuple(signed_channels(stamp, survey))
    bright = [
        np.percentile(np.abs(flux) if symmetric else flux, BRIGHT_PERCENTILE)
        for flux, symmetric in zip(middle, signed, strict=True)
    ]
    return Limits(survey, level, sigma, np.maximum(BRIGHT_SIGMA, bright), signed)


def view_png(view: np.ndarray, shown: Limits) -> bytes:
    """A normalised view (channels, height, width) as one PNG: in colour if the survey has that, else its channels.

    Always with the same limits: no view is scaled by its own pixels.
    """
    if shown.survey.display.white is not None:
        read = np.clip(view * shown.sigma + shown.level, 0, shown.survey.display.white)
        composite = composite_png(read, shown.survey)
        if composite is not None:
            return composite
        return strip_png(read[:STRIP_CHANNELS], [False] * STRIP_CHANNELS, shown.survey.display.white)
    stretched = [
        _signed(flux, white) if symmetric else _unsigned(flux, white)
        for flux, white, symmetric in zip(view, shown.white, shown.signed, strict=True)
    ]
    # Stretched already: from 0 to 1, linearly.
    return strip_png(np.stack(stretched[:STRIP_CHANNELS]), [False] * STRIP_CHANNELS, 1.0)


def is_composite(shown: Limits) -> bool:
    """Whether `view_png` makes one square picture, not a strip of channels."""
    return len(shown.white) == 1 or (shown.survey.display.composite is not None and len(shown.white) == 3)


def _asinh(scaled: np.ndarray, white: float) -> np.ndarray:
    return AsinhStretch(min(SOFTENING_SIGMA / white, 1.0))(scaled, clip=False)


def _unsigned(flux: np.ndarray, white: float) -> np.ndarray:
    return _asinh(np.clip((flux + FAINT_SIGMA) / (white + FAINT_SIGMA), 0, 1), white)


def _signed(flux: np.ndarray, white: float) -> np.ndarray:
    scaled = np.clip(flux / white, -1, 1)
    return 0.5 + 0.5 * np.sign(scaled) * _asinh(np.abs(scaled), white)
