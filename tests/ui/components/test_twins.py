"""What stands in Python and in JavaScript must agree: the stretch of stamps, percentiles, colour maps, symbols."""

from __future__ import annotations

import base64
import json
import subprocess

import numpy as np
import plotly.colors
import pytest

from tests.support.places import ROOT
from ztfexplore.alerts.stamps import good_pixels
from ztfexplore.alerts.survey import Survey
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.display.colours import SYMBOLS, UNLABELLED_COLOUR
from ztfexplore.display.stretch import signed_channels, stretch
from ztfexplore.display.viewer_message import viewer_message

SHAPE = (3, 21, 21)
PERCENTS = [0, 1, 12.5, 50, 99.5, 99.8, 100]
SHARES = np.linspace(0, 1, 41)


def encoded(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()


def sky(seed: int, star: float) -> np.ndarray:
    """Noise around a level, with a star in the middle."""
    stamp = np.random.default_rng(seed).normal(200, 8, SHAPE).astype(np.float32)
    stamp[:, 9:12, 9:12] += star
    return stamp


def edge() -> np.ndarray:
    """A stamp from the chip's edge: NaN, infinity and fill values."""
    stamp = sky(3, 500)
    stamp[:, :, 15:] = np.nan
    stamp[0, 3, 4], stamp[1, 3, 4], stamp[2, 3, 4], stamp[0, 5, 5] = np.inf, -np.inf, 1e30, -1e8
    return stamp


STAMPS: dict[str, tuple[np.ndarray, Survey]] = {
    "faint": (sky(0, 30), ZTF),
    "bright": (sky(1, 60_000), ZTF),
    "negative": (sky(2, -700) - 200, ZTF),
    "edge": (edge(), ZTF),
    "huge": (sky(4, 9e7), ZTF),
    "tiny": (sky(5, 20) * np.float32(1e-20), ZTF),
    "constant": (np.stack([np.full(SHAPE[1:], value, np.float32) for value in (0, 7, -1e6)]), ZTF),
    "nothing": (np.full(SHAPE, np.nan, np.float32), ZTF),
    "for the eye": (np.random.default_rng(6).uniform(-20, 300, SHAPE).astype(np.float32), HUBBLE),
}
VALUES = [np.random.default_rng(7).normal(size=size).astype(np.float32) for size in (1, 2, 5, 1000)]


@pytest.fixture(scope="module")
def javascript(node):
    """What the scripts make of all of it."""
    stamps = [
        {"pixels": encoded(stamp), "message": viewer_message(stamp, survey, None)} for stamp, survey in STAMPS.values()
    ]
    asked = {"stamps": stamps, "values": list(map(encoded, VALUES)), "percents": PERCENTS, "shares": SHARES.tolist()}
    done = subprocess.run(
        [node, "tests/js/twins.js"], cwd=ROOT, input=json.dumps(asked), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", STAMPS)
def test_a_stamp_is_as_bright_in_the_browser_as_in_a_thumbnail(javascript, name):
    stamp, survey = STAMPS[name]
    expected, good = stretch(stamp, signed_channels(stamp, survey), survey.display.white)
    found = np.array(javascript["levels"][list(STAMPS).index(name)]).reshape(stamp.shape)
    np.testing.assert_array_equal(found >= 0, good)
    np.testing.assert_array_equal(good, good_pixels(stamp))
    difference = np.abs(found - expected.astype(int))[good]
    assert difference.max(initial=0) <= 1, "one level: Python counts in float32 here and there"
    assert (difference > 0).mean() < 0.02 if difference.size else not good.any()


def test_percentiles_are_numpys(javascript):
    for found, values in zip(javascript["percentiles"], VALUES, strict=True):
        np.testing.assert_allclose(found, np.percentile(values.astype(float), PERCENTS), rtol=1e-12)


@pytest.mark.parametrize("name", ["Viridis", "Cividis"])
def test_colour_maps_are_those_of_plotlys_figures(javascript, name):
    """Two levels: plotly.js and plotly.py round between anchors, each in its own way."""
    expected = [plotly.colors.unlabel_rgb(colour) for colour in plotly.colors.sample_colorscale(name, SHARES.tolist())]
    np.testing.assert_allclose(javascript["maps"][name.lower()], expected, atol=2)
    assert javascript["maps"]["grey"][0] == [0, 0, 0] and javascript["maps"]["grey"][-1] == [255, 255, 255]


def test_grey_is_the_same_and_every_symbol_has_a_sign(javascript):
    assert javascript["other"] == UNLABELLED_COLOUR
    assert set(javascript["symbols"]) == set(SYMBOLS)
