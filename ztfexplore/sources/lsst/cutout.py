"""Rubin's cutouts: plain FITS with the picture, its variance and its PSF; read by hand, some 50 times faster.

Each is PRIMARY (nJy), UNCERT (variance, nJy^2) and PSFIMAGE. Their world coordinates lack CTYPE: they are tangential
(RA---TAN, DEC--TAN) about the source.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ztfexplore.sources.cutout import CutoutError, unpacked
from ztfexplore.sources.lsst.photometry import magnitude

CARD, BLOCK = 80, 2880
MOST_CARDS = 1000
LONGEST_SIDE = 2048
ARCSEC = 3600
DTYPES = {"8": "u1", "16": ">i2", "32": ">i4", "-32": ">f4", "-64": ">f8"}
# n_eff = 2.266 (FWHM / pixel)^2 for a PSF of one Gaussian (LSST SMTN-002; Ivezic et al., LSE-40).
PIXELS_PER_FWHM2 = 2.266
DEPTH_SIGMA = 5

Cards = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Cutout:
    """One picture of an alert.

    Attributes:
        image: float32 (height, width), as read (nJy).
        cards: of the picture's header, values as text.
        variance: (height, width), nJy^2; None if there is none.
        psf: of any size; None if there is none.
    """

    image: np.ndarray
    cards: Cards
    variance: np.ndarray | None = None
    psf: np.ndarray | None = None


def read_cutout(data: object) -> Cutout:
    """The cutout in a FITS file, gzip'd or not.

    Raises:
        CutoutError: if it is empty, damaged, cut off, not FITS, or not two-dimensional.
    """
    images = list(_images(unpacked(data)))
    (cards, image), others = images[0], {cards.get("EXTNAME", ""): image for cards, image in images[1:]}
    with np.errstate(over="ignore", invalid="ignore"):  # beyond float32 a pixel becomes infinite: not a good one
        return Cutout(image.astype(np.float32), cards, others.get("UNCERT"), others.get("PSFIMAGE"))


# --- FITS (version 4.0, sections 4 and 7.1) -----------------------------------------------------------------------


def _images(raw: bytes) -> Iterator[tuple[Cards, np.ndarray]]:
    """Header and pixels of each HDU, all of which must be images; the first is the picture."""
    at = 0
    while raw[at:].strip(b"\0 "):
        cards, at = _header(raw, at)
        if not ("SIMPLE" in cards or cards.get("XTENSION") == "IMAGE"):
            raise CutoutError("damaged FITS (an HDU that is not an image)")
        image, size = _pixels(raw, at, cards)
        yield cards, image
        at += -(-size // BLOCK) * BLOCK


def _header(raw: bytes, at: int) -> tuple[Cards, int]:
    """Cards by keyword, and where the data begin."""
    cards: dict[str, str] = {}
    for number in range(MOST_CARDS):
        card = raw[at + number * CARD : at + (number + 1) * CARD]
        keyword = card[:8].rstrip().decode("latin-1")
        if keyword == "END":
            return cards, at + -(-(number + 1) * CARD // BLOCK) * BLOCK
        if len(card) < CARD:
            raise CutoutError("damaged FITS (a header without END)")
        if card[8:10] == b"= ":
            cards[keyword] = _value(card[10:].decode("latin-1"))
    raise CutoutError("damaged FITS (a header without END)")


def _value(text: str) -> str:
    """A card's value without quotes and comment."""
    text = text.lstrip()
    return text[1:].split("'", 1)[0].rstrip() if text.startswith("'") else text.split("/", 1)[0].strip()


def _pixels(raw: bytes, at: int, cards: Cards) -> tuple[np.ndarray, int]:
    """An image (height, width) and how many bytes it takes."""
    sides = [cards.get("NAXIS2", ""), cards.get("NAXIS1", "")]
    dtype = DTYPES.get(cards.get("BITPIX", ""))
    if cards.get("NAXIS") != "2" or dtype is None or not all(side.isdecimal() for side in sides):
        raise CutoutError("FITS without a two-dimensional image")
    height, width = map(int, sides)
    if not (0 < height <= LONGEST_SIDE and 0 < width <= LONGEST_SIDE):
        raise CutoutError(f"FITS with {height}x{width} pixels")
    size = height * width * np.dtype(dtype).itemsize
    if at + size > len(raw):
        raise CutoutError(f"cut off: {max(len(raw) - at, 0)} of {size} bytes of an image of {height}x{width} pixels")
    image = np.frombuffer(raw, dtype, height * width, at).reshape(height, width)
    scale, zero = number(cards, "BSCALE", 1.0), number(cards, "BZERO", 0.0)
    return (image if (scale, zero) == (1.0, 0.0) else image * scale + zero), size


def number(cards: Cards, keyword: str, default: float) -> float:
    """A card's finite value."""
    try:
        found = float(cards[keyword])
    except (KeyError, ValueError):
        return default
    return found if math.isfinite(found) else default


# --- what a cutout says of itself ---------------------------------------------------------------------------------


def world(cards: Cards) -> np.ndarray | None:
    """Tangential degrees per pixel, 2 x 2: rows towards east and north, columns along x and y; None if unknown."""
    linear = np.array(
        [
            [number(cards, f"PC{i}_{j}", 1.0 if i == j else 0.0) * number(cards, f"CDELT{i}", 1.0) for j in (1, 2)]
            for i in (1, 2)
        ]
    )
    if "CD1_1" in cards:
        linear = np.array([[number(cards, f"CD{i}_{j}", 0.0) for j in (1, 2)] for i in (1, 2)])
    there = "CRVAL1" in cards and ("PC1_1" in cards or "CD1_1" in cards or "CDELT1" in cards)
    return linear if there and np.linalg.det(linear) != 0 else None


def pixel_scale(linear: np.ndarray) -> float:
    """arcsec per pixel: the root of a pixel's area."""
    return math.sqrt(abs(float(np.linalg.det(linear)))) * ARCSEC


def north_angle(linear: np.ndarray) -> float:
    """Direction of north in the pixels' plane, anticlockwise from the y axis (deg, -180 to 180)."""
    x, y = np.linalg.solve(linear, [0.0, 1.0])
    return math.degrees(math.atan2(-x, y))


def source_is_inside(cutout: Cutout) -> bool:
    """Whether the reference pixel, which is the source, lies in the picture; true if it is not told."""
    height, width = cutout.image.shape
    x, y = number(cutout.cards, "CRPIX1", width / 2), number(cutout.cards, "CRPIX2", height / 2)
    return 0.5 <= x <= width + 0.5 and 0.5 <= y <= height + 0.5


def effective_pixels(psf: np.ndarray) -> float | None:
    """Pixels over which a point source's noise is summed, (sum P)^2 / sum P^2; None if the PSF is blank."""
    psf = np.where(np.isfinite(psf), psf, 0.0)
    with np.errstate(over="ignore"):
        total, squares = float(psf.sum()), float((psf**2).sum())
    return total**2 / squares if total > 0 and squares > 0 and math.isfinite(squares) else None


def psf_fwhm(cutout: Cutout, scale: float | None) -> float | None:
    """Full width at half maximum (arcsec) of the Gaussian with the PSF's effective area; None if unknown."""
    pixels = effective_pixels(cutout.psf) if cutout.psf is not None else None
    return None if pixels is None or scale is None else scale * math.sqrt(pixels / PIXELS_PER_FWHM2)


def depth(cutout: Cutout) -> float | None:
    """Magnitude of a point source of 5 sigma, by the median variance and the PSF (AB mag); None if unknown."""
    if cutout.variance is None or cutout.psf is None:
        return None
    good = cutout.variance[np.isfinite(cutout.variance) & (cutout.variance > 0)]
    pixels = effective_pixels(cutout.psf)
    if not len(good) or pixels is None:
        return None
    return magnitude(DEPTH_SIGMA * math.sqrt(float(np.median(good)) * pixels))
