"""The camera: light keeps its flux and its place, and noise is ZTF's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

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
