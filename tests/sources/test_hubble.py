"""Galaxies of the Hubble picture: real ones, each at the centre of its cutout, measured as they look."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.sources import hubble, read_sources

HALF = HUBBLE.stamp_size // 2
SKY = 11.6  # counts, of the picture


@pytest.fixture(scope="module")
def galaxies() -> list[Alert]:
    found = list(hubble.read_hubble())
    assert all(isinstance(item, Alert) for item in found)
    return found


def measured(galaxies: list[Alert], name: str) -> np.ndarray:
    return np.array([galaxy.candidate[name] for galaxy in galaxies])


def test_about_a_thousand_galaxies_come_out_the_same_every_time(galaxies):
    assert 950 <= len(galaxies) <= 1150
    again = list(hubble.read_hubble())
    assert [galaxy.object_id for galaxy in again] == [galaxy.object_id for galaxy in galaxies]
    assert all(np.array_equal(a.stamp, b.stamp, equal_nan=True) for a, b in zip(again, galaxies, strict=True))
    assert (
        len({galaxy.candid for galaxy in galaxies}) == len({galaxy.object_id for galaxy in galaxies}) == len(galaxies)
    )


def test_no_network_is_needed(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("asked for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    assert isinstance(next(hubble.read_hubble()), Alert)


def test_a_scikit_image_without_the_picture_is_named(monkeypatch):
    def gone():
        raise FileNotFoundError("no picture")

    monkeypatch.setattr(hubble, "load_picture", gone)
    (reject,) = hubble.read_hubble()
    assert isinstance(reject, Reject) and reject.reason == Reason.UNREADABLE


def test_every_galaxy_is_at_the_centre_of_its_cutout(galaxies):
    """What is cut out is the picture around the place that the metadata and the name say."""
    picture = hubble.load_picture()
    for galaxy in galaxies[::50]:
        column, row = round(galaxy.candidate["x"]), round(galaxy.candidate["y"])
        assert galaxy.object_id == f"HDF{column:04d}-{row:04d}"
        np.testing.assert_array_equal(galaxy.stamp[:, HALF, HALF], picture[:, row, column])
    # An elliptical galaxy of some size is brightest where its centre is.
    for galaxy in galaxies:
        if galaxy.candidate["isophotal_area"] > 300 and galaxy.candidate["touching"] == 0:
            light = np.nan_to_num(galaxy.stamp.mean(axis=0) - SKY)
            assert light[HALF - 4 : HALF + 5, HALF - 4 : HALF + 5].mean() > 2 * light.mean()


def test_stamps_are_colours_as_in_the_picture_and_nothing_beyond_its_edge(galaxies):
    for galaxy in galaxies:
        assert galaxy.stamp.shape == (3, 53, 53) and galaxy.stamp.dtype == np.float32
        inside = (np.abs(galaxy.candidate["x"] - 499.5) < 473) and (np.abs(galaxy.candidate["y"] - 435.5) < 409)
        assert not (inside and np.isnan(galaxy.stamp).any())
        assert np.nanmin(galaxy.stamp) >= 0 and np.nanmax(galaxy.stamp) <= 255
        assert np.isfinite(galaxy.stamp[:, HALF, HALF]).all()
    assert 50 < sum(bool(np.isnan(galaxy.stamp).any()) for galaxy in galaxies) < 200


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 39), st.integers(0, 29), st.sampled_from((1, 3, 9, 33)))
def test_a_cutout_shows_every_pixel_at_its_distance_from_the_centre(column, row, size):
    picture = np.arange(1, 30 * 40 + 1, dtype=np.float32).reshape(1, 30, 40)
    stamp = hubble.cut(picture, column, row, size)
    assert stamp.shape == (1, size, size)
    for y in range(size):
        for x in range(size):
            at = row + y - size // 2, column + x - size // 2
            inside = 0 <= at[0] < 30 and 0 <= at[1] < 40
            assert stamp[0, y, x] == picture[0, *at] if inside else np.isnan(stamp[0, y, x])


def test_the_two_stars_with_diffraction_spikes_are_left_out(galaxies):
    x, y = measured(galaxies, "x"), measured(galaxies, "y")
    for star in hubble.STARS:
        assert np.hypot(x - star[0], y - star[1]).min() > hubble.STAR_RADIUS
        cutout = hubble.cut(hubble.load_picture(), round(star[0]), round(star[1]), 5)
        assert cutout.min() > 150  # there is a star, white in all colours


# --- measurements ---------------------------------------------------------------------------------------------------


def drawn(a: float, b: float, angle: float, flux: float = 150.0) -> np.ndarray:
    """A picture with one Gaussian galaxy at its centre, on a sky with noise; `angle` in degrees."""
    y, x = np.mgrid[-60:61, -60:61]
    turn = np.radians(angle)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    light = flux * np.exp(-0.5 * ((along / a) ** 2 + (across / b) ** 2))
    noise = np.random.default_rng(0).normal(SKY, 2, (3, 121, 121))
    return (noise + light).astype(np.float32)


@pytest.mark.parametrize("ratio", (1.0, 0.7, 0.4))
@pytest.mark.parametrize("angle", (-60.0, 0.0, 35.0))
def test_shape_and_angle_are_those_of_the_galaxy(ratio, angle):
    found = hubble.detect(drawn(6.0, 6.0 * ratio, angle)).objects
    (one,) = found[np.argsort(-found["flux"])[:1]]
    values = hubble._measured(one, 5.0)
    assert values["ellipticity"] == pytest.approx(1 - ratio, abs=0.05)
    if ratio < 1:
        assert values["position_angle"] == pytest.approx(angle, abs=4)
    assert (values["x"], values["y"]) == pytest.approx((60, 60), abs=0.3)


def test_measurements_are_in_their_ranges_and_agree_with_each_other(galaxies):
    area, radius = measured(galaxies, "isophotal_area"), measured(galaxies, "half_light_radius")
    assert area.min() >= hubble.FEWEST_PIXELS and area.max() < 53**2
    assert ((measured(galaxies, "ellipticity") >= 0) & (measured(galaxies, "ellipticity") < 1)).all()
    assert (np.abs(measured(galaxies, "position_angle")) <= 90).all()
    assert np.corrcoef(np.sqrt(area), radius)[0, 1] > 0.95
    assert (radius < np.sqrt(area / np.pi)).all()  # half of the light is inside the isophote
    magnitude = measured(galaxies, "instrumental_magnitude")
    np.testing.assert_allclose(magnitude, -2.5 * np.log10(measured(galaxies, "isophotal_flux")))
    assert 0.2 < measured(galaxies, "touching").mean() < 0.5
    assert all(set(HUBBLE.metadata) == set(galaxy.candidate) for galaxy in galaxies)


# --- as a source ----------------------------------------------------------------------------------------------------


def test_the_word_hubble_is_a_source_where_no_such_file_is(tmp_path, monkeypatch, galaxies):
    monkeypatch.chdir(tmp_path)
    catalogue = Catalogue.create(tmp_path / "galaxies")
    report, _ = ingest(read_sources([Path("hubble")]), catalogue)
    assert (report.accepted, report.rejected) == (len(galaxies), 0)
    assert ingest(read_sources([Path("hubble")]), catalogue)[0].duplicates == len(galaxies)
    frame = catalogue.frame()
    assert frame["ellipticity"].notna().all() and frame["ra"].isna().all() and frame["label"].isna().all()
    (reject,) = read_sources([Path("hubble")], "fits")
    assert reject.reason == Reason.MISSING_PATH
    (tmp_path / "hubble").write_text("a file of that name comes first")
    (reject,) = read_sources([Path("hubble")])
    assert reject.reason == Reason.UNKNOWN_FORMAT
