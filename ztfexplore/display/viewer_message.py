"""What the stamp viewer in the browser needs besides the pixels: names, limits, scale. It makes no picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from astropy.visualization import ZScaleInterval

from ztfexplore.alerts.stamps import background, good_pixels
from ztfexplore.alerts.survey import Survey
from ztfexplore.display.stretch import BRIGHT_PERCENTILE, BRIGHT_SIGMA, PICTURE_CHANNELS, signed_channels

SMALLEST_SPAN = 1e-6  # of a value: float32 holds no less


def viewer_message(stamp: np.ndarray, survey: Survey, pixel_scale: float | None) -> dict[str, Any]:
    """Everything that the browser (ui/components/stamp_viewer) needs to show a stamp, apart from its pixels, for JSON.

    Args:
        stamp: (channels, height, width), as read.
        survey: defines how its stamps are shown.
        pixel_scale: arcsec per pixel, None if unknown.

    Returns:
        shape: of the stamp, [channels, height, width]; names, signed and limits are those of the first channels
            only, PICTURE_CHANNELS at most: the others are not shown.
        names: of the channels.
        signed: for each channel, whether zero flux belongs in the middle.
        pixelScale: arcsec per pixel, or None.
        white: the pixel value shown as white (see survey.Display), or None.
        composite: positions of the channels that are red, green and blue, or None.
        limits: for each channel `level` and `sigma` of its sky, `white` (flux shown as white in `display.stretch`, in
            units of sigma) and `zscale` [low, high] (pixel values).
    """
    shown = np.asarray(stamp[:PICTURE_CHANNELS], dtype=np.float32)
    names, wanted = survey.channel_names(len(stamp)), survey.display.composite
    composite = wanted if wanted and set(wanted) <= set(names[:PICTURE_CHANNELS]) else None
    signed = signed_channels(stamp, survey)[:PICTURE_CHANNELS]
    return {
        "shape": [int(length) for length in stamp.shape],
        "names": list(names[:PICTURE_CHANNELS]),
        "signed": signed,
        "pixelScale": pixel_scale,
        "white": survey.display.white,
        "composite": [names.index(name) for name in composite] if composite else None,
        "limits": _limits(shown, signed),
    }


def pixel_scale(record: Mapping[str, Any] | pd.Series, survey: Survey) -> float | None:
    """arcsec per pixel: the survey's, else this stamp's own; None if unknown.

    Args:
        record: the stamp's metadata, a row of a catalogue's frame.
        survey: its survey.
    """
    own = survey.pixel_scale if survey.pixel_scale is not None else record.get("pixel_scale")
    return None if own is None or pd.isna(own) or own <= 0 else float(own)


def _limits(shown: np.ndarray, signed: list[bool]) -> list[dict[str, Any]]:
    good = good_pixels(shown)
    level, sigma = background(shown, good)
    return [
        {
            "level": float(level[i, 0, 0]),
            "sigma": float(sigma[i, 0, 0]),
            "white": _white((shown[i][good[i]] - level[i, 0, 0]) / sigma[i, 0, 0], is_signed),
            "zscale": zscale(shown[i][good[i]]),
        }
        for i, is_signed in enumerate(signed)
    ]


def _white(flux: np.ndarray, is_signed: bool) -> float:
    """Flux shown as white by `display.stretch`, in units of the sky noise."""
    if not len(flux):
        return BRIGHT_SIGMA
    return max(BRIGHT_SIGMA, float(np.percentile(np.abs(flux) if is_signed else flux, BRIGHT_PERCENTILE)))


def zscale(values: np.ndarray) -> list[float]:
    """Limits by IRAF's zscale of good pixel values (n,), [low, high] with low < high; [0, 1] of none."""
    if not len(values):
        return [0.0, 1.0]
    low, high = map(float, ZScaleInterval().get_limits(values))
    # Equal values give a line that differs from them by rounding only: they are shown mid-grey.
    if high - low <= SMALLEST_SPAN * max(abs(low), abs(high)):
        low, high = low - 0.5, low + 0.5
    return [low, high if high > low else low + SMALLEST_SPAN * max(abs(low), 1.0)]
