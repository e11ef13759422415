"""Stamps as pictures: stretch, limits, PNG. What a person sees, never what an encoder sees."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from astropy.visualization import AsinhStretch
from PIL import Image

from ztfexplore.stamps import background, good_pixels

# Sky noise shown below and above the sky level; beyond BRIGHT the brightest pixel sets the white point.
FAINT_SIGMA = 3.0
BRIGHT_SIGMA = 10.0
BRIGHT_PERCENTILE = 99.8
# The asinh stretch turns from linear to logarithmic at this flux, in units of the sky noise.
SOFTENING_SIGMA = 4.0
GAP = 2  # pixels between the channels of a strip


def stretch(stamp: np.ndarray, signed: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Brightness of every pixel for the screen.

    Args:
        stamp: (channels, height, width), as read.
        signed: for each channel, whether zero flux belongs in the middle (a difference image).

    Returns:
        (uint8 of the same shape, bool of the same shape that is False where there is no measurement).
    """
    good = good_pixels(stamp)
    level, sigma = background(stamp, good)
    flux = np.where(good, (np.where(good, stamp, 0) - level) / sigma, 0)
    shown = [_signed(f, g) if s else _unsigned(f, g) for f, g, s in zip(flux, good, signed, strict=True)]
    return (np.stack(shown) * 255).astype(np.uint8), good


def _white_point(flux: np.ndarray, good: np.ndarray) -> float:
    """Flux shown as white: the bright end of the good pixels, but never so low that noise fills the range."""
    return max(BRIGHT_SIGMA, float(np.percentile(flux[good], BRIGHT_PERCENTILE))) if good.any() else BRIGHT_SIGMA


def _asinh(scaled: np.ndarray, white: float) -> np.ndarray:
    """The stretch of values from 0 to 1, where 1 is a flux of `white`."""
    return AsinhStretch(min(SOFTENING_SIGMA / white, 1.0))(scaled, clip=False)


def _unsigned(flux: np.ndarray, good: np.ndarray) -> np.ndarray:
    white = _white_point(flux, good)
    return _asinh(np.clip((flux + FAINT_SIGMA) / (white + FAINT_SIGMA), 0, 1), white)


def _signed(flux: np.ndarray, good: np.ndarray) -> np.ndarray:
    white = _white_point(np.abs(flux), good)
    scaled = np.clip(flux / white, -1, 1)
    return 0.5 + 0.5 * np.sign(scaled) * _asinh(np.abs(scaled), white)


def strip_png(stamp: np.ndarray, signed: Sequence[bool]) -> bytes:
    """All channels side by side in one PNG, north as in the array's first row at the bottom (FITS), gaps and pixels
    without a measurement transparent."""
    values, good = stretch(stamp, signed)
    channels, height, width = values.shape
    picture = np.zeros((height, channels * (width + GAP) - GAP, 2), dtype=np.uint8)
    for index in range(channels):
        left = index * (width + GAP)
        picture[:, left : left + width, 0] = values[index, ::-1]
        picture[:, left : left + width, 1] = np.where(good[index, ::-1], 255, 0)
    return _png(picture)


def channel_pngs(stamp: np.ndarray, signed: Sequence[bool]) -> list[bytes]:
    """One PNG a channel, as in `strip_png`."""
    values, good = stretch(stamp, signed)
    return [
        _png(np.dstack([value[::-1], np.where(known[::-1], 255, 0).astype(np.uint8)]))
        for value, known in zip(values, good, strict=True)
    ]


def data_uri(png: bytes) -> str:
    """A PNG as the `src` of an image element."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _png(grey_alpha: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    # Level 1: a fifth of the time of the default for a tenth more bytes, and this is on the click path.
    Image.fromarray(grey_alpha, mode="LA").save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
