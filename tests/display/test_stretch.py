"""Stamps as pictures: what a person sees is what was measured, and what was not measured is transparent."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from ztfexplore.alerts.surveys.fits import FITS
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.display.stretch import (
    GAP,
    channel_pngs,
    composite_png,
    data_uri,
    pictures,
    stretch,
    strip_png,
    thumbnail_png,
)

SIGNED = (False, False, True)
Y, X = np.mgrid[-31:32, -31:32]


def sky(seed: int = 0, level: float = 150.0, sigma: float = 6.0) -> np.ndarray:
    """Science, template and difference without a source."""
    rng = np.random.default_rng(seed)
    stamp = rng.normal(0, sigma, (3, 63, 63)) + np.array([level, level, 0])[:, None, None]
    return stamp.astype(np.float32)


def source(flux: float, x: float = 0, y: float = 0, sigma: float = 1.5) -> np.ndarray:
    """A star whose peak is `flux`, (63, 63)."""
    return (flux * np.exp(-0.5 * ((X - x) ** 2 + (Y - y) ** 2) / sigma**2)).astype(np.float32)


def decoded(png: bytes) -> tuple[np.ndarray, np.ndarray]:
    """(grey, alpha) of a PNG, each (height, width)."""
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG" and picture.mode == "L" and picture.info["transparency"] == 0
    values = np.asarray(picture.convert("LA"))
    return values[..., 0], values[..., 1]


# --- the files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ((3, 63, 63), (1, 30, 30), (3, 21, 40)), ids=str)
def test_a_png_has_a_pixel_for_a_pixel(shape):
    stamp = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    stamp[-1, :4, :7] = np.nan
    channels, height, width = shape
    signed = [False] * channels
    grey, alpha = decoded(strip_png(stamp, signed))
    assert (alpha[-4:, -width : -width + 7] == 0).all() and (alpha[:, :width] == 255).mean() >= 1 - 28 / height / width
    assert grey.shape == (height, channels * (width + GAP) - GAP)
    pictures = channel_pngs(stamp, signed)
    assert len(pictures) == channels
    for index, png in enumerate(pictures):
        left = index * (width + GAP)
        assert np.array_equal(decoded(png)[0], grey[:, left : left + width])
        assert np.array_equal(decoded(png)[1], alpha[:, left : left + width])


def test_gaps_are_transparent():
    _, alpha = decoded(strip_png(sky(), SIGNED))
    clear = np.flatnonzero((alpha == 0).all(axis=0))
    assert clear.tolist() == [63, 64, 128, 129]
    assert (np.delete(alpha, clear, axis=1) == 255).all()


def test_the_first_row_is_at_the_bottom_as_in_fits():
    stamp = sky() + source(500, x=20, y=-25)  # row 6, column 51
    for grey, _ in map(decoded, channel_pngs(stamp, SIGNED)):
        row, column = np.unravel_index(grey.argmax(), grey.shape)
        assert abs(row - (62 - 6)) <= 1 and abs(column - 51) <= 1


def test_a_data_uri_holds_the_png():
    png = strip_png(sky(), SIGNED)
    head, body = data_uri(png).split(",", 1)
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == png


def test_a_channel_looks_the_same_alone_and_in_the_strip_whatever_the_others_hold():
    stamp = sky()
    other = stamp.copy()
    other[1] = 1e5 * np.random.default_rng(1).random((63, 63))
    first, second = (decoded(channel_pngs(one, SIGNED)[0])[0] for one in (stamp, other))
    assert np.array_equal(first, second)


# --- what is not measured -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill", (np.nan, np.inf, -np.inf, 3.4e38, -3.4e38), ids=str)
def test_pixels_without_a_measurement_are_transparent_and_change_nothing_else(fill):
    stamp = sky() + source(60)
    before = stretch(stamp, SIGNED)[0]
    stamp[:, 5:8, 10:20] = fill
    hole = np.zeros((63, 63), bool)
    hole[5:8, 10:20] = True
    for png in channel_pngs(stamp, SIGNED):
        grey, alpha = decoded(png)
        assert np.array_equal(alpha[::-1] == 0, hole)
        assert (alpha[::-1][~hole] == 255).all()
        assert grey[::-1][hole].max() <= 130  # and not glaring where alpha is ignored
    after = stretch(stamp, SIGNED)[0]
    # Sky level, noise and white point are those of the good pixels: the picture stays as it was.
    assert np.abs(after[:, ~hole].astype(int) - before[:, ~hole]).max() <= 3


def test_a_channel_without_any_measurement_is_wholly_transparent_and_the_others_are_not():
    stamp = sky() + source(60)
    expected = channel_pngs(stamp, SIGNED)
    stamp[1] = np.nan
    pictures = channel_pngs(stamp, SIGNED)
    assert (decoded(pictures[1])[1] == 0).all()
    assert pictures[0] == expected[0] and pictures[2] == expected[2]


@pytest.mark.parametrize("value", (0.0, 7.5, -300.0, 5e4))
def test_a_constant_stamp_is_one_grey(value):
    for png in channel_pngs(np.full((3, 63, 63), value, np.float32), SIGNED):
        grey, alpha = decoded(png)
        assert len(np.unique(grey)) == 1 and (alpha == 255).all()


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=9),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    )
)
def test_any_array_becomes_a_picture(stamp):
    values, good = stretch(stamp, [False] * len(stamp))
    assert values.dtype == np.uint8 and values.shape == good.shape == stamp.shape
    assert not good[~np.isfinite(stamp)].any()
    decoded(strip_png(stamp, [True] * len(stamp)))


# --- what is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_faint_source_stands_out_from_the_sky(seed):
    """A star whose peak is five times the noise is brighter than all but a few noise pixels."""
    stamp = sky(seed, sigma=6) + source(5 * 6)
    grey = stretch(stamp, SIGNED)[0].astype(float)
    core, field = np.hypot(X, Y) < 1.5, np.hypot(X, Y) > 8
    for channel in grey:
        assert channel[core].mean() > np.percentile(channel[field], 98)
        assert channel[core].mean() > np.median(channel[field]) + 40


def test_a_faint_source_stays_visible_beside_a_bright_star():
    stamp = sky() + source(20 * 6) + source(3000, x=20)
    core, field = np.hypot(X, Y) < 1.5, (np.hypot(X, Y) > 8) & (X < 5)
    for channel in stretch(stamp, SIGNED)[0].astype(float):
        assert channel[core].mean() > np.median(channel[field]) + 25
        assert channel[31, 51] > 240  # the star is white


def test_an_empty_sky_is_not_stretched_to_the_full_range():
    grey = stretch(sky(), (False, False, False))[0]
    assert grey.max() < 200
    assert 40 < np.median(grey) < 110


def test_brighter_is_never_darker():
    stamp = np.sort(sky() + source(400), axis=None).reshape(3, 63, 63)
    for values, image in zip(stretch(stamp, SIGNED)[0], stamp, strict=True):
        assert (np.diff(values.ravel()[image.ravel().argsort()].astype(int)) >= 0).all()


def test_zero_difference_is_mid_grey_and_signs_are_even():
    stamp = sky(sigma=1)
    stamp[2] += source(40, x=-12) - source(40, x=12)
    values = stretch(stamp, SIGNED)[0][2].astype(int)
    field = np.hypot(np.abs(X) - 12, Y) > 8
    assert abs(np.median(values[field]) - 127.5) <= 3
    bright, dark = values[31, 31 - 12], values[31, 31 + 12]
    assert bright > 200 and dark < 55
    assert bright - 127 == pytest.approx(127 - dark, abs=12)
    assert abs(stretch(np.zeros((1, 9, 9)), [True])[0] - 127.5).max() < 1


def test_turning_the_sign_of_the_difference_turns_the_picture():
    stamp = sky() + source(50)
    one, other = (stretch(sign * stamp, (True,) * 3)[0].astype(int) for sign in (1, -1))
    assert np.abs(one + other - 255).max() <= 1


def test_gain_and_sky_level_do_not_change_the_picture():
    stamp = sky() + source(60)
    assert np.abs(stretch(3 * stamp + 1000, SIGNED)[0].astype(int) - stretch(stamp, SIGNED)[0]).max() <= 1


def test_the_stamp_itself_is_not_changed():
    stamp = sky()
    stamp[0, 0, 0] = np.nan
    stamp.flags.writeable = False  # as the catalogue gives it
    before = stamp.copy()
    strip_png(stamp, SIGNED)
    assert np.array_equal(stamp, before, equal_nan=True)


# --- what a survey says about its pictures ----------------------------------------------------------------------------


def coloured(seed: int = 0) -> np.ndarray:
    """Red, green and blue counts of a JPEG, with a gap at the edge."""
    stamp = np.random.default_rng(seed).integers(0, 256, (3, 53, 53)).astype(np.float32)
    stamp[:, :5] = np.nan
    return stamp


def test_a_galaxy_is_a_colour_picture_of_exactly_its_pixels():
    stamp = coloured()
    image = Image.open(io.BytesIO(composite_png(stamp, HUBBLE)))
    values = np.asarray(image)[::-1]
    assert image.mode == "RGBA" and values.shape == (53, 53, 4)
    np.testing.assert_array_equal(values[5:, :, :3], stamp[:, 5:].transpose(1, 2, 0))
    assert (values[:5, :, 3] == 0).all() and (values[5:, :, 3] == 255).all()


def test_a_small_picture_of_a_galaxy_is_its_central_part():
    whole = np.asarray(Image.open(io.BytesIO(composite_png(coloured(), HUBBLE))))
    small = np.asarray(Image.open(io.BytesIO(thumbnail_png(coloured(), HUBBLE))))
    np.testing.assert_array_equal(small, whole[10:43, 10:43])
    tiny = coloured()[:, 10:30, 10:21]
    assert Image.open(io.BytesIO(thumbnail_png(tiny, HUBBLE))).size == (11, 11)


def test_a_large_picture_is_the_composite_and_every_channel():
    assert [name for name, _ in pictures(coloured(), HUBBLE)] == ["colour", "red", "green", "blue"]
    assert [name for name, _ in pictures(sky(), ZTF)] == ["science", "template", "difference"]
    red = decoded(pictures(coloured(), HUBBLE)[1][1])[0]
    # Black is told from 'no measurement' by one grey level.
    np.testing.assert_array_equal(red[::-1][5:], np.maximum(coloured()[0, 5:], 1))


@pytest.mark.parametrize(("channels", "names"), ((1, ["image"]), (2, ["channel 1", "channel 2"]), (40, None)))
def test_stamps_with_any_number_of_channels_have_pictures(channels, names):
    stamp = np.random.default_rng(0).normal(size=(channels, 9, 31)).astype(np.float32)
    shown = [name for name, _ in pictures(stamp, FITS)]
    assert shown == (names or [f"channel {number}" for number in range(1, 13)])
    width, height = Image.open(io.BytesIO(thumbnail_png(stamp, FITS))).size
    assert height == 9 and width == min(channels, 3) * (31 + GAP) - GAP


def test_the_pictures_of_an_alert_are_as_before():
    assert thumbnail_png(sky(), ZTF) == strip_png(sky(), SIGNED)
    assert [png for _, png in pictures(sky(), ZTF)] == channel_pngs(sky(), SIGNED)
