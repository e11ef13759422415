"""Views are shown with the limits of the stamp they were made of."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ztfexplore.alerts.surveys.fits import FITS
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.augment.augmentations.flux import ScaleFlux
from ztfexplore.augment.recipes import Recipe
from ztfexplore.display.stretch import GAP
from ztfexplore.display.views import is_composite, limits, view_png
from ztfexplore.evaluation.invariance import augmented_views

CROP = 21


def stamp(channels: int = 3, size: int = 63) -> np.ndarray:
    """A source of 40 times the sky noise on a sky of 300 counts."""
    noise = np.random.default_rng(1).normal(300, 5, (channels, size, size))
    place = np.arange(size) - size // 2
    source = 200 * np.exp(-0.5 * (place[None] ** 2 + place[:, None] ** 2) / 2.0**2)
    return (noise + source).astype(np.float32)


def pixels(png: bytes) -> np.ndarray:
    """Grey and alpha, or red, green, blue and alpha; (height, width, 2 or 4)."""
    image = Image.open(io.BytesIO(png))
    return np.asarray(image.convert("RGBA" if image.mode == "RGBA" else "LA"))


def shown(read: np.ndarray, survey, factor: float = 1.0) -> np.ndarray:
    view = augmented_views(read, Recipe(), CROP, 1, 0)[0] * factor
    return pixels(view_png(view, limits(read, survey, CROP)))


def test_a_brighter_view_is_brighter_and_a_fainter_one_fainter():
    """Had each view its own limits, all three would look the same."""
    means = [shown(stamp(), ZTF, factor)[:, :CROP, 0].mean() for factor in (0.3, 1.0, 3.0)]
    assert means[0] + 10 < means[1] < means[2] - 10


def test_a_strip_shows_the_view_from_the_bottom_up():
    read = stamp()
    read[0, 31 - 10] += 5000  # the first row of the view
    picture = shown(read, ZTF)
    assert picture.shape == (CROP, 3 * CROP + 2 * GAP, 2)
    assert (picture[-1, :CROP, 0] == 255).all()


def test_zero_flux_is_in_the_middle_of_a_difference():
    read = stamp()
    read[2] = np.random.default_rng(2).normal(0, 1, read[2].shape)
    read[2, 31, 31] = -100
    difference = shown(read, ZTF)[:, -CROP:, 0]
    assert difference[10, 10] <= 1
    assert 115 < np.median(difference) < 140


def test_a_colour_picture_keeps_its_white():
    read = stamp(size=53) / 3
    plain, bright = (shown(read, HUBBLE, factor) for factor in (1.0, 2.0))
    assert plain.shape == (CROP, CROP, 4)
    assert np.abs(plain[::-1, :, 0] - read[0, 16:37, 16:37]).max() <= 1  # the pixels as read, to the unit
    assert bright[..., :3].mean() > plain[..., :3].mean()
    assert is_composite(limits(read, HUBBLE, CROP))


@pytest.mark.parametrize("channels", (1, 2, 5))
def test_any_number_of_channels_is_shown(channels):
    read = stamp(channels)
    picture = shown(read, FITS)
    count = min(channels, 3)
    assert picture.shape == (CROP, count * CROP + (count - 1) * GAP, 2)
    assert is_composite(limits(read, FITS, CROP)) == (channels == 1)


def test_stamps_without_a_measurement_are_shown():
    read = np.full((3, 30, 30), np.nan, dtype=np.float32)
    assert np.isfinite(shown(read, ZTF)).all()
    recipe = Recipe(photometric=(ScaleFlux(10.0),))
    view = augmented_views(stamp() * 1e6, recipe, CROP, 1, 0)[0]
    assert pixels(view_png(view, limits(stamp(), ZTF, CROP))).shape[0] == CROP
