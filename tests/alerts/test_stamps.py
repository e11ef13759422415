"""Stamps: what counts as a pixel, what normalisation keeps, and where the object is."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ztfexplore.alerts import stamps
from ztfexplore.alerts.surveys.ztf import ZTF

SIZE = ZTF.stamp_size
CENTRE = SIZE // 2
WIDTH, HEIGHT = ZTF.detector

any_float32 = st.floats(width=32, allow_nan=True, allow_infinity=True)
any_stamp = arrays.arrays(np.float32, st.tuples(st.just(3), st.integers(1, 8), st.integers(1, 8)), elements=any_float32)
seeds = st.integers(0, 2**32 - 1)
bad_values = st.sampled_from([np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e8])


def noise(seed: int, size: int = 15) -> np.ndarray:
    """(3, size, size) float32, about a sky level of 200."""
    return np.random.default_rng(seed).normal(200, 5, (3, size, size)).astype(np.float32)


# --- masks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3.4e38, -3.4e38])
def test_fill_values_are_no_pixels(value):
    assert not stamps.good_pixels(np.float32([value])).any()


@pytest.mark.parametrize("value", [0, -50, 6.5e4, 1e6])
def test_counts_are_pixels_however_bright(value):
    assert stamps.good_pixels(np.float32([value])).all()


@given(seeds, bad_values)
@settings(max_examples=25)
def test_background_is_that_of_the_good_pixels_alone(seed, bad):
    image = noise(seed)
    masked = np.random.default_rng(seed).random(image.shape) < 0.3
    image[masked] = bad
    level, sigma = stamps.background(image)
    for channel, where, found, spread in zip(image, masked, level.ravel(), sigma.ravel(), strict=True):
        pixels = channel[~where].astype(np.float64)
        assert found == pytest.approx(np.median(pixels), rel=1e-6)
        assert spread == pytest.approx(1.4826 * np.median(np.abs(pixels - np.median(pixels))), rel=1e-4)


# --- normalise ----------------------------------------------------------------------------------------------------


@given(any_stamp)
def test_normalised_stamps_are_finite_whatever_was_read(stamp):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an overflow would be told to whoever ingests
        result = stamps.normalise(stamp)
    assert result.dtype == np.float32 and result.shape == stamp.shape
    assert np.isfinite(result).all()


def test_a_bright_pixel_over_almost_no_noise_stays_finite():
    image = np.tile(np.float32([-1e-38, 0, 1e-38]), (3, 9, 3))
    image[:, 4, 4] = 9e7
    assert np.isfinite(stamps.normalise(image)).all()


@given(seeds, st.floats(0.01, 1000), st.floats(-1e4, 1e4))
@settings(max_examples=40)
def test_neither_gain_nor_sky_level_changes_the_result(seed, gain, level):
    flux = noise(seed)
    flux[0, 7, 7] += 400
    changed = (flux.astype(np.float64) * gain + level).astype(np.float32)
    # The level costs float32 digits: as many as it is larger than the noise.
    tolerance = 1e-5 * max(1.0, abs(level) / gain)
    np.testing.assert_allclose(stamps.normalise(changed), stamps.normalise(flux), rtol=1e-3, atol=tolerance)


@given(seeds)
@settings(max_examples=20)
def test_flux_ratios_survive(seed):
    image = noise(seed)
    level, _ = stamps.background(image)
    once = stamps.normalise(image)
    # Where the flux above the sky doubles, so does the result: no stretch has been applied.
    star = image.copy()
    star[:, 7, 7] = level[:, 0, 0] + 50
    twice = star.copy()
    twice[:, 7, 7] = level[:, 0, 0] + 100
    np.testing.assert_allclose(stamps.normalise(twice)[:, 7, 7], 2 * stamps.normalise(star)[:, 7, 7], rtol=0.05)
    assert abs(np.median(once)) < 1e-6


@given(seeds, st.tuples(st.integers(0, 2), st.integers(0, 14), st.integers(0, 14)), bad_values)
@settings(max_examples=40)
def test_a_bad_pixel_is_masked_and_not_smeared(seed, at, bad):
    image = noise(seed)
    spoiled = image.copy()
    spoiled[at] = bad
    result = stamps.normalise(spoiled)
    assert result[at] == 0
    # Every other pixel is still its own flux above the sky in units of the noise, neighbours too.
    level, sigma = stamps.background(spoiled)
    others = np.ones(image.shape, dtype=bool)
    others[at] = False
    np.testing.assert_allclose(result[others], ((image - level) / sigma)[others], rtol=1e-5, atol=1e-5)
    # And what the bad pixel held makes no difference.
    nan = image.copy()
    nan[at] = np.nan
    assert (stamps.normalise(nan) == result).all()


@given(seeds, st.integers(0, 2))
@settings(max_examples=20)
def test_channels_do_not_touch_each_other(seed, channel):
    image = noise(seed)
    other = image.copy()
    other[channel] = noise(seed + 1)[channel] * 100
    kept = [index for index in range(3) if index != channel]
    assert (stamps.normalise(other)[kept] == stamps.normalise(image)[kept]).all()


def test_a_batch_is_normalised_as_its_stamps_are():
    batch = np.stack([noise(seed) for seed in range(4)])
    batch[2, 1, :5] = np.nan
    assert (stamps.normalise(batch) == np.stack([stamps.normalise(stamp) for stamp in batch])).all()


def test_normalising_leaves_the_stamp_as_it_was():
    image = noise(0)
    image[0, 3] = np.nan
    before = image.copy()
    stamps.normalise(image)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan, 3.4e38])
def test_an_image_without_structure_is_flat(value):
    assert (stamps.normalise(np.full((3, 9, 9), value, dtype=np.float32)) == 0).all()


# --- the object at the centre -------------------------------------------------------------------------------------


def seen(x: float, y: float) -> tuple[slice, slice]:
    """Rows and columns of a whole stamp about (x, y) that lie on the detector, counted from 1."""
    column, row = round(x) - CENTRE, round(y) - CENTRE  # detector pixel of the stamp's first column and row
    rows = slice(max(0, 1 - row), min(SIZE, HEIGHT + 1 - row))
    columns = slice(max(0, 1 - column), min(SIZE, WIDTH + 1 - column))
    return rows, columns


@given(
    st.one_of(st.floats(1, WIDTH), st.floats(1, 50), st.floats(WIDTH - 50, WIDTH)),
    st.one_of(st.floats(1, HEIGHT), st.floats(1, 50), st.floats(HEIGHT - 50, HEIGHT)),
)
def test_a_stamp_cut_by_the_edge_keeps_its_object_at_the_centre(x, y):
    whole = np.arange(SIZE * SIZE, dtype=np.float32).reshape(SIZE, SIZE)
    rows, columns = seen(x, y)
    cut = whole[rows, columns]
    placed = stamps.place(cut, SIZE, stamps.edge_offset(cut.shape, SIZE, (x, y), (WIDTH, HEIGHT)))
    assert placed.shape == (SIZE, SIZE)
    assert placed[CENTRE, CENTRE] == whole[CENTRE, CENTRE]
    known = np.zeros((SIZE, SIZE), dtype=bool)
    known[rows, columns] = True
    assert (np.isfinite(placed) == known).all()
    assert (placed[known] == whole[known]).all()


def test_all_channels_are_placed_together():
    cut = noise(0, size=5)[:, :, :4]
    placed = stamps.place(cut, 7, (2, 3))
    assert placed.shape == (3, 7, 7)
    assert (placed[:, 2:, 3:] == cut).all()
    assert np.isnan(placed[:, :2]).all() and np.isnan(placed[:, :, :3]).all()


@pytest.mark.parametrize("offset", [(3, 0), (0, 3), (-1, 0), (0, -1)])
def test_a_cutout_that_does_not_fit_is_an_error(offset):
    with pytest.raises(ValueError, match="7x7"):
        stamps.place(np.zeros((5, 5)), 7, offset)


# --- crop ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 31).map(lambda half: 2 * half + 1))
@settings(max_examples=20)
def test_an_odd_crop_keeps_the_centre_at_the_centre(size):
    whole = np.zeros((2, 3, SIZE, SIZE), dtype=np.float32)
    whole[..., CENTRE, CENTRE] = 1
    cropped = stamps.centre_crop(whole, size)
    assert cropped.shape == (2, 3, size, size)
    assert (cropped[..., size // 2, size // 2] == 1).all() and cropped.sum() == 6


def test_a_crop_beyond_the_stamp_is_an_error():
    with pytest.raises(ValueError, match=r"64x64.*63x63"):
        stamps.centre_crop(np.zeros((3, 63, 63)), 64)
