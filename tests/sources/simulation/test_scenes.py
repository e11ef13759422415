"""Each class looks like what it is called."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.simulated import CORE, DIFFERENCE, SCIENCE, TEMPLATE, X, Y, noise, of
from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.sources.simulation import camera, scenes

BOGUS_KINDS = {
    "dipole",
    "ring",
    "cosmic ray",
    "saturated star",
    "noise peak",
    "ghost",
    "detector edge",
    "bad column",
    "bleed trail",
}


@pytest.mark.parametrize("label", ("AGN", "SN", "VS", "asteroid"))
def test_the_difference_agrees_with_the_sign_and_is_brightest_at_the_centre(alerts, label):
    for alert in of(alerts, label):
        assert alert.stamp[DIFFERENCE][CORE].sum() > 0
    bright = [alert for alert in of(alerts, label) if alert.candidate["snr"] > 12]
    peaks = [np.where(np.hypot(X, Y) < 6, np.nan_to_num(alert.stamp[DIFFERENCE]), -np.inf) for alert in bright]
    assert np.median([np.hypot(Y, X).flat[peak.argmax()] for peak in peaks]) < 1.5


@pytest.mark.parametrize("label", ("AGN", "SN", "VS", "asteroid"))
def test_the_magnitude_is_that_of_the_flux_put_in(alerts, label):
    seen = [alert for alert in of(alerts, label) if alert.candidate["kind"] != "fast mover"]
    error = np.array([alert.magnitude - alert.candidate["true_magnitude"] for alert in seen])
    assert abs(np.median(error)) < 0.05
    assert np.percentile(np.abs(error), 80) < 0.2


def test_the_magnitude_agrees_with_an_aperture_on_the_difference(alerts):
    """A wide aperture on bright asteroids, which nothing static disturbs."""
    aperture = np.hypot(X, Y) < 8
    for alert in of(alerts, "asteroid"):
        if alert.candidate["kind"] == "asteroid" and alert.candidate["snr"] > 60:
            flux = alert.stamp[DIFFERENCE][aperture].sum()
            assert alert.candidate["magzpsci"] - 2.5 * np.log10(flux) == pytest.approx(alert.magnitude, abs=0.15)


def test_an_asteroid_is_absent_from_the_template(alerts):
    excess = {channel: [] for channel in (SCIENCE, TEMPLATE)}
    for alert in of(alerts, "asteroid"):
        assert alert.positive
        for channel, values in excess.items():
            image = alert.stamp[channel]
            values.append((image[CORE].mean() - np.nanmedian(image)) / (noise(image) / np.sqrt(CORE.sum())))
    assert np.median(excess[SCIENCE]) > 8
    assert abs(np.median(excess[TEMPLATE])) < 1.5


def test_a_supernova_is_off_its_hosts_nucleus_and_mostly_new(alerts):
    found = of(alerts, "SN")
    offsets = np.array([alert.candidate["host_offset"] for alert in found])
    assert offsets.min() > 0.9 and np.median(offsets) < 6
    assert 0.75 < np.mean([alert.positive for alert in found]) < 1
    # In the template the host's peak lies about where the offset says. Faint hosts get lost among field stars.
    clear = [
        a for a in found if a.candidate["host_magnitude"] < 17 and 2 < a.candidate["host_offset"] < 8 and a.positive
    ]
    near = np.hypot(X, Y) < 10
    peaks = [np.where(near, np.nan_to_num(alert.stamp[TEMPLATE]), -np.inf).argmax() for alert in clear]
    measured = np.hypot(X, Y).flat[peaks]
    expected = np.array([alert.candidate["host_offset"] for alert in clear]) / SIMULATED.pixel_scale
    assert len(clear) > 5 and np.median(np.abs(measured - expected)) < 1.5


def test_an_active_nucleus_varies_both_ways_at_the_peak_of_its_host(alerts):
    found = of(alerts, "AGN")
    assert 0.25 < np.mean([alert.positive for alert in found]) < 0.75
    near = np.hypot(X, Y) < 5
    peaks = [np.where(near, alert.stamp[TEMPLATE], -np.inf).argmax() for alert in found]
    assert np.median(np.hypot(X, Y).flat[peaks]) < 1.5


def test_a_variable_star_is_in_both_epochs(alerts):
    for alert in of(alerts, "VS"):
        template = alert.stamp[TEMPLATE]
        assert template[CORE].max() - np.nanmedian(template) > 5 * noise(template)


def test_bogus_alerts_come_in_every_kind(bogus):
    kinds = Counter(alert.candidate["kind"] for alert in bogus)
    assert kinds.most_common(1)[0][0] == "dipole"
    assert set(kinds) == BOGUS_KINDS
    assert all(alert.history == () and alert.candidate["true_magnitude"] is None for alert in bogus)
    edges = [alert for alert in bogus if alert.candidate["kind"] == "detector edge"]
    assert all(np.isnan(alert.stamp[:, np.hypot(X, Y) < 12]).any() for alert in edges)


def test_dipoles_have_a_lobe_of_either_sign(bogus):
    for alert in bogus:
        if alert.candidate["kind"] == "dipole":
            core = alert.stamp[DIFFERENCE][np.hypot(X, Y) < 7]
            sigma = noise(alert.stamp[DIFFERENCE])
            assert core.max() > 3.5 * sigma and core.min() < -3.5 * sigma


# --- what there is to see, before it is photographed ------------------------------------------------------------------


def scene(label: str, seed: int) -> scenes.Scene:
    rng = np.random.default_rng(seed)
    night = camera.observe(rng)
    return scenes.MAKERS[label](scenes.surroundings(40.0, night, rng), night, rng)


def test_every_class_can_be_made():
    assert set(scenes.MAKERS) == set(SIMULATED.classes)
    assert sum(scenes.BOGUS.values()) == pytest.approx(1)


@pytest.mark.parametrize("label", SIMULATED.classes)
def test_what_changes_is_above_the_night_s_limit_and_a_bogus_alert_changes_nothing(label):
    for seed in range(25):
        made = scene(label, seed)
        if label == "bogus":
            assert made.truth is None
        else:
            assert made.truth < made.conditions.limit
            assert max(abs(made.x), abs(made.y)) <= 0.5, "in the central pixel"


@pytest.mark.parametrize("label", SIMULATED.classes)
def test_a_host_is_told_with_the_distance_from_its_nucleus_or_not_at_all(label):
    for seed in range(15):
        made = scene(label, seed)
        assert (made.host is None) == (made.offset is None) == (label not in ("SN", "AGN"))
        if made.host is not None:
            host = made.sky.galaxies[-1]
            apart = np.hypot(host.x - made.x, host.y - made.y) * SIMULATED.scale
            assert made.offset == pytest.approx(apart, abs=1e-6)
            assert made.conditions.magnitude(host.flux) == pytest.approx(made.host)


def test_positions_are_on_the_sky_that_ztf_sees_and_crowd_where_the_class_does():
    ra, dec, latitude = {}, {}, {}
    for label in SIMULATED.classes:
        rng = np.random.default_rng(0)
        ra[label], dec[label], latitude[label] = np.array([scenes.position(label, rng) for _ in range(150)]).T
        assert ((ra[label] >= 0) & (ra[label] < 360)).all() and (dec[label] >= scenes.SOUTHERN_LIMIT - 1e-9).all()
    middle = {label: np.median(np.abs(values)) for label, values in latitude.items()}
    assert middle["VS"] < middle["bogus"] < min(middle["SN"], middle["AGN"])
    ecliptic = {label: SkyCoord(ra[label], dec[label], unit="deg").barycentrictrueecliptic.lat.deg for label in ra}
    assert np.median(np.abs(ecliptic["asteroid"])) < 0.5 * np.median(np.abs(ecliptic["bogus"]))


def test_galactic_latitudes_are_astropy_s():
    ra, dec, latitude = np.array([scenes.position("bogus", np.random.default_rng(n)) for n in range(20)]).T
    assert latitude == pytest.approx(SkyCoord(ra, dec, unit="deg").galactic.b.deg, abs=0.01)


@given(st.floats(-90, 90), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_the_field_leaves_the_centre_clear(latitude, seed):
    rng = np.random.default_rng(seed)
    field = scenes.surroundings(latitude, camera.observe(rng), rng)
    assert (np.hypot(field.stars[:, 0], field.stars[:, 1]) > 6).all() and not len(field.change)
    assert all(np.hypot(galaxy.x, galaxy.y) > 9 for galaxy in field.galaxies)


def test_the_galactic_plane_is_crowded():
    def stars(latitude: float) -> int:
        rng = np.random.default_rng(0)
        night = camera.observe(rng)
        return sum(len(scenes.surroundings(latitude, night, rng).stars) for _ in range(10))

    assert stars(2.0) > 5 * stars(80.0) and stars(-2.0) == stars(2.0)
