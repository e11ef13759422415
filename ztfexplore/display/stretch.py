"""Stamps as pictures: stretch, limits, PNG. For people only, never for encoders."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from astropy.visualization import AsinhStretch
from PIL import Image

from ztfexplore.alerts.stamps import background, centre_crop, good_pixels
from ztfexplore.alerts.survey import Survey

# Sky noise shown below and above the sky level; beyond BRIGHT the brightest pixel sets the white point.
FAINT_SIGMA = 3.0
BRIGHT_SIGMA = 10.0
BRIGHT_PERCENTILE = 99.8
# The asinh stretch turns from linear to logarithmic at this flux, in units of the sky noise.
SOFTENING_SIGMA = 4.0
GAP = 2  # pixels between the channels of a strip
STRIP_CHANNELS = 3  # more would be too small to see
PICTURE_CHANNELS = 12


def thumbnail_png(stamp: np.ndarray, survey: Survey) -> bytes:
    """One picture for one stamp, small: the colour composite if the survey has one, else up to three channels.

    Args:
        stamp: (channels, height, width), as read.
        survey: defines how its stamps are shown.
    """
    size = survey.display.thumbnail
    shown = centre_crop(stamp, min(size, *stamp.shape[1:])) if size is not None else stamp
    composite = composite_png(shown, survey)
    if composite is not None:
        return composite
    signed = signed_channels(shown, survey)[:STRIP_CHANNELS]
    return strip_png(shown[:STRIP_CHANNELS], signed, survey.display.white)


def pictures(stamp: np.ndarray, survey: Survey) -> list[tuple[str, bytes]]:
    """(what it shows, PNG) of a stamp, large: the colour composite if the survey has one, then every channel.

    Of a stamp with very many channels the first PICTURE_CHANNELS are shown.
    """
    names = survey.channel_names(len(stamp))[:PICTURE_CHANNELS]
    signed = signed_channels(stamp, survey)[:PICTURE_CHANNELS]
    channels = channel_pngs(stamp[:PICTURE_CHANNELS], signed, survey.display.white)
    composite = composite_png(stamp, survey)
    first = [] if composite is None else [("colour", composite)]
    return [*first, *zip(names, channels, strict=True)]


def signed_channels(stamp: np.ndarray, survey: Survey) -> list[bool]:
    """For each channel of a stamp, whether zero flux belongs in the middle of its scale."""
    return [name in survey.display.signed for name in survey.channel_names(len(stamp))]


def composite_png(stamp: np.ndarray, survey: Survey) -> bytes | None:
    """A colour PNG of a stamp, its first row at the bottom; None if the survey or this stamp has no such channels."""
    names, wanted = survey.channel_names(len(stamp)), survey.display.composite
    if wanted is None or not set(wanted) <= set(names):
        return None
    values, good = stretch(stamp[[names.index(name) for name in wanted]], [False] * 3, survey.display.white)
    alpha = np.where(good.all(axis=0), 255, 0).astype(np.uint8)
    return _png(np.dstack([*values, alpha])[::-1])


def stretch(stamp: np.ndarray, signed: Sequence[bool], white: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Brightness of every pixel for the screen.

    Args:
        stamp: (channels, height, width), as read.
        signed: for each channel, whether zero flux belongs in the middle (a difference image).
        white: the pixel value shown as white, linearly from 0, for pixels that were stretched for display already;
            None for an asinh stretch of each channel in units of its own sky noise.

    Returns:
        (uint8 of the same shape, bool of the same shape that is False where there is no measurement).
    """
    good = good_pixels(stamp)
    if white is not None:
        linear = np.clip(np.where(good, stamp, 0) / white, 0, 1)
        return np.rint(linear * 255).astype(np.uint8), good
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


def strip_png(stamp: np.ndarray, signed: Sequence[bool], white: float | None = None) -> bytes:
    """All channels side by side in one PNG, north as in the array's first row at the bottom (FITS), gaps and pixels
    without a measurement transparent."""
    values, good = stretch(stamp, signed, white)
    channels, height, width = values.shape
    picture = np.zeros((height, channels * (width + GAP) - GAP, 2), dtype=np.uint8)
    for index in range(channels):
        left = index * (width + GAP)
        picture[:, left : left + width, 0] = values[index, ::-1]
        picture[:, left : left + width, 1] = np.where(good[index, ::-1], 255, 0)
    return _png(picture)


def channel_pngs(stamp: np.ndarray, signed: Sequence[bool], white: float | None = None) -> list[bytes]:
    """One PNG a channel, as in `strip_png`."""
    values, good = stretch(stamp, signed, white)
    return [
        _png(np.dstack([value[::-1], np.where(known[::-1], 255, 0).astype(np.uint8)]))
        for value, known in zip(values, good, strict=True)
    ]


def data_uri(png: bytes) -> str:
    """A PNG as the `src` of an image element."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _png(pixels: np.ndarray) -> bytes:
    """A PNG of uint8 (height, width, 2) grey and alpha (0 or 255), or (height, width, 4) red, green, blue and alpha."""
    # Level 1: a fifth of the time of the default for a tenth more bytes, and this is on the click path.
    options: dict[str, int] = {"compress_level": 1}
    if pixels.shape[2] == 2:
        # One grey level says "transparent" in place of a channel of its own: half the bytes to pack and to send.
        grey = np.where(pixels[..., 1] == 0, 0, np.maximum(pixels[..., 0], 1)).astype(np.uint8)
        image = Image.fromarray(grey, mode="L")
        options["transparency"] = 0
    else:
        image = Image.fromarray(np.ascontiguousarray(pixels), mode="RGBA")
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()
