"""Rubin's cutouts: the reader agrees with astropy, rotation and scale with its WCS, and damage is named."""

from __future__ import annotations

import gzip
import io
import math

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rubin import cutout, picture, psf
from ztfexplore.sources.cutout import CutoutError
from ztfexplore.sources.lsst import cutout as module

GOOD = cutout()


def angle_between(a: float, b: float) -> float:
    """Degrees, at most 180."""
    return abs((a - b + 180) % 360 - 180)


def test_pixels_variance_and_psf_are_those_that_astropy_reads():
    found = module.read_cutout(GOOD)
    with fits.open(io.BytesIO(GOOD)) as hdus:
        np.testing.assert_array_equal(found.image, hdus["PRIMARY"].data)
        np.testing.assert_array_equal(found.variance, hdus["UNCERT"].data)
        np.testing.assert_array_equal(found.psf, hdus["PSFIMAGE"].data)
    assert found.image.dtype == np.float32 and found.image.dtype.isnative


def test_a_cutout_may_be_packed():
    np.testing.assert_array_equal(module.read_cutout(gzip.compress(GOOD)).image, module.read_cutout(GOOD).image)


def test_integers_with_a_scale_are_the_values_they_stand_for():
    file = io.BytesIO()
    fits.PrimaryHDU(np.arange(900, dtype="i2").reshape(30, 30)).writeto(file)
    scaled = file.getvalue().replace(b"EXTEND  =                    T", b"BZERO   =                100.5")
    np.testing.assert_array_equal(module.read_cutout(scaled).image, np.arange(900).reshape(30, 30) + 100.5)


@pytest.mark.parametrize("angle", [0, 30, 90, 179, -45, -120])
def test_north_and_scale_are_those_of_a_tangential_wcs(angle):
    cards = module.read_cutout(cutout(angle=angle)).cards
    linear = module.world(cards)
    header = fits.Header({key: module.number(cards, key, 0) for key in cards if key[:2] in ("CR", "PC", "CD")})
    world = WCS({**header, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    x, y = world.wcs_world2pix([[header["CRVAL1"], header["CRVAL2"] + 1e-4]], 1)[0] - world.wcs.crpix
    assert angle_between(module.north_angle(linear), math.degrees(math.atan2(-x, y))) < 0.01
    assert angle_between(module.north_angle(linear), angle) < 0.01
    assert module.pixel_scale(linear) == pytest.approx(0.2, abs=1e-6)


def test_a_cutout_without_world_coordinates_has_neither():
    nothing = dict.fromkeys(("PC1_1", "PC1_2", "PC2_1", "PC2_2", "CDELT1", "CDELT2", "CRVAL1", "CRVAL2"))
    assert module.world(module.read_cutout(cutout(**nothing)).cards) is None


@pytest.mark.parametrize("fwhm", [3.0, 5.0, 9.0])
def test_the_width_of_a_gaussian_psf_is_its_own(fwhm):
    found = module.Cutout(picture(), {}, None, psf(81, fwhm))
    assert module.psf_fwhm(found, 0.2) == pytest.approx(0.2 * fwhm, rel=1e-3)


def test_the_depth_is_five_times_the_noise_of_a_psf_flux():
    shape = psf()
    rng = np.random.default_rng(1)
    # The flux of a point source by its PSF, the least-squares estimate, in pictures of noise alone.
    fluxes = [(rng.normal(0, 3, shape.shape) * shape).sum() / (shape**2).sum() for _ in range(4000)]
    found = module.depth(module.Cutout(picture(), {}, np.full((30, 30), 9.0), shape))
    assert found == pytest.approx(31.4 - 2.5 * math.log10(5 * np.std(fluxes)), abs=0.05)


def test_without_variance_or_psf_there_is_no_depth_and_no_width():
    bare = module.Cutout(picture(), {})
    blank = module.Cutout(picture(), {}, np.full((30, 30), np.nan), np.zeros((41, 41)))
    for found in (bare, blank):
        assert module.depth(found) is None and module.psf_fwhm(found, 0.2) is None


def test_a_source_outside_its_picture_is_noticed():
    assert module.source_is_inside(module.read_cutout(GOOD))
    assert not module.source_is_inside(module.read_cutout(cutout(CRPIX1=31.0)))
    assert not module.source_is_inside(module.read_cutout(cutout(CRPIX2=-4.0)))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (None, "NoneType instead of bytes"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (GOOD[:1000], "header without END"),
        (GOOD[:2880], "cut off: 0 of 3600 bytes"),
        (GOOD[:-5000], "cut off"),
        (GOOD.replace(b"NAXIS1  =                   30", b"NAXIS1  =                99999"), "pixels"),
        (GOOD.replace(b"NAXIS   =                    2", b"NAXIS   =                    3"), "two-dimensional"),
    ],
)
def test_damage_is_named(data, said):
    with pytest.raises(CutoutError, match=said):
        module.read_cutout(data)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_flipped_bits_raise_nothing_else(data):
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = module.read_cutout(bytes(damaged))
    except CutoutError:
        return
    assert found.image.ndim == 2
    module.world(found.cards)
    module.depth(found)
