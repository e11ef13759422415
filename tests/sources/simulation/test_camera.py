"""The camera: light keeps its flux and its place, and noise is ZTF's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.simulated import CENTRE, DIFFERENCE, SCIENCE, TEMPLATE, X, Y, noise
from ztfexplore.sources.simulation import camera


def test_a_star_has_the_flux_place_and_width_asked_for():
    """The camera works on truncated Fourier transforms, which must not show."""
    conditions = replace(camera.observe(np.random.default_rng(0)), fwhm=3.0, shear=(0.0, 0.0))
    star = camera.point(conditions, 4.3, -7.6)
    assert star.sum() == pytest.approx(1, abs=0.01)
    assert (star * X).sum() / star.sum() == pytest.approx(4.3, abs=0.05)
    assert (star * Y).sum() / star.sum() == pytest.approx(-7.6, abs=0.05)
    reach = np.linspace(0, 3, 61)
    profile = np.array([camera.point(conditions, x, 0.0)[CENTRE, CENTRE] for x in reach])
    assert 2 * np.interp(-profile[0] / 2, -profile, reach) == pytest.approx(3.0, abs=0.1)
    assert star.min() > -1e-4 * star.max()  # no ringing


def test_galaxies_keep_their_flux_and_their_place():
    conditions = camera.observe(np.random.default_rng(1))
    disc = camera.Galaxy(x=3.0, y=-5.0, flux=1e5, radius=2.0, index=1.0, axis_ratio=0.5, angle=0.3)
    science, template, difference = camera._noiseless(camera.Sky(galaxies=(disc,)), conditions)
    for image in (science, template):
        assert image.sum() == pytest.approx(1e5, rel=0.02)
        assert (image * X).sum() / image.sum() == pytest.approx(3.0, abs=0.2)
        assert (image * Y).sum() / image.sum() == pytest.approx(-5.0, abs=0.2)
    assert np.abs(difference).max() < 0.1 * science.max()


def test_backgrounds_and_noise_are_those_of_ztf(alerts):
    """Medians over public packets: science 110 DN (g 82, r 193), sigma 5 to 8; template 0.2 of that; difference 0."""
    level = np.array([[np.nanmedian(channel) for channel in alert.stamp] for alert in alerts])
    sigma = np.array([[noise(channel) for channel in alert.stamp] for alert in alerts])
    assert 90 < np.median(level[:, SCIENCE]) < 150
    assert np.median(level[:, SCIENCE] / level[:, TEMPLATE]) == pytest.approx(1, abs=0.02)
    assert np.abs(np.median(level[:, DIFFERENCE])) < 0.3
    assert 4.5 < np.median(sigma[:, SCIENCE]) < 8
    assert 0.15 < np.median(sigma[:, TEMPLATE] / sigma[:, SCIENCE]) < 0.3
    assert np.median(sigma[:, DIFFERENCE] / sigma[:, SCIENCE]) == pytest.approx(1, abs=0.1)


def quiet(**changes: float | str) -> camera.Conditions:
    """A night whose subtraction is perfect."""
    return camera.Conditions(**{"band": "r", "sky": 190.0, "fwhm": 2.6, "template_fwhm": 2.5, **changes})


def seen(sky: camera.Sky, conditions: camera.Conditions, seed: int = 0) -> np.ndarray:
    return camera.expose(sky, conditions, np.random.default_rng(seed))


@given(st.sampled_from("gri"), st.floats(8, 26))
def test_magnitude_and_flux_undo_each_other_and_brighter_is_more(band, magnitude):
    conditions = quiet(band=band)
    assert conditions.magnitude(conditions.flux(magnitude)) == pytest.approx(magnitude)
    assert conditions.flux(magnitude - 2.5) == pytest.approx(10 * conditions.flux(magnitude))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_every_night_is_one_that_the_camera_can_have(seed):
    conditions = camera.observe(np.random.default_rng(seed))
    assert conditions == camera.observe(np.random.default_rng(seed))
    assert conditions.band in camera.SKY and conditions.sky > 0
    assert 2.2 <= conditions.fwhm <= 4.6 and 2.25 <= conditions.template_fwhm <= 3.0
    assert 18 < conditions.limit < 23 and conditions.noise > camera.FLOOR


def test_the_noise_is_what_the_night_says_and_a_brighter_sky_has_more_of_it():
    for sky in (20.0, 190.0, 2000.0):
        conditions = quiet(sky=sky)
        science, template, difference = seen(camera.Sky(), conditions)
        assert noise(science) == pytest.approx(conditions.noise, rel=0.06)
        assert noise(template) == pytest.approx(conditions.noise / np.sqrt(camera.TEMPLATE_EXPOSURES), rel=0.15)
        assert np.median(science) == pytest.approx(sky, abs=1) and abs(np.median(difference)) < 1


def test_a_source_at_the_limit_stands_five_sigma_above_the_noise_of_its_flux():
    conditions = quiet()
    flux, psf = conditions.flux(conditions.limit), camera.point(conditions)
    measured = [
        (seen(camera.Sky(change=np.array([[0.0, 0.0, flux]])), conditions, seed)[DIFFERENCE] * psf).sum()
        / (psf**2).sum()
        for seed in range(60)
    ]
    assert np.mean(measured) == pytest.approx(flux, rel=0.15)
    assert np.mean(measured) / np.std(measured) == pytest.approx(5, rel=0.35)


def test_a_constant_star_vanishes_from_the_difference_and_a_missed_one_leaves_two_lobes():
    star = camera.Sky(stars=np.array([[0.0, 0.0, 3e4]]))
    good = seen(star, quiet())[DIFFERENCE]
    missed = seen(star, quiet(shift=(0.4, 0.0)))[DIFFERENCE]
    assert np.abs(good).max() < 0.03 * seen(star, quiet())[SCIENCE].max()
    right, left = missed[:, CENTRE + 1 :].sum(), missed[:, :CENTRE].sum()
    assert left > 500 > -500 > right, "the template was moved to the right: science is ahead on the left"


def test_the_core_of_a_saturated_star_is_masked_in_every_channel_and_nothing_else():
    conditions = quiet()
    for magnitude in (11.0, 12.0, 13.0):
        stamp = seen(camera.Sky(stars=np.array([[5.0, -8.0, conditions.flux(magnitude)]])), conditions)
        masks = np.isnan(stamp)
        assert (masks == masks[0]).all()
        if magnitude > camera.SATURATION:
            assert not masks.any()
        else:
            reach = camera.saturated_reach(magnitude)
            assert masks[0][CENTRE - 8, CENTRE + 5]
            assert (np.abs(X - 5)[masks[0]] < reach).all() and (np.abs(Y + 8)[masks[0]] < reach).all()


def test_the_same_seed_is_the_same_exposure():
    sky = camera.Sky(stars=np.array([[3.0, 2.0, 1e4]]))
    assert np.array_equal(seen(sky, quiet(), 1), seen(sky, quiet(), 1))
    assert not np.array_equal(seen(sky, quiet(), 1), seen(sky, quiet(), 2))
