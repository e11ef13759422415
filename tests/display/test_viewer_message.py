"""What the stamp viewer is told: enough to draw again what display.stretch draws, as JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from astropy.visualization import AsinhStretch, ZScaleInterval
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.support.packets import alert, images
from ztfexplore.alerts.survey import SURVEYS
from ztfexplore.alerts.surveys.fits import FITS
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.catalogue.schema import to_table
from ztfexplore.display import stretch
from ztfexplore.display.viewer_message import pixel_scale, viewer_message, zscale


def test_the_limits_are_those_of_the_librarys_stretch():
    stamp = images()
    stamp[1, :20] = np.nan
    told = viewer_message(stamp, ZTF, 1.01)
    expected, good = stretch.stretch(stamp, told["signed"])
    for channel, limits in enumerate(told["limits"]):
        white, flux = limits["white"], (stamp[channel] - limits["level"]) / limits["sigma"]
        asinh = AsinhStretch(min(stretch.SOFTENING_SIGMA / white, 1))
        if told["signed"][channel]:
            scaled = np.clip(flux / white, -1, 1)
            shown = 0.5 + 0.5 * np.sign(scaled) * asinh(np.abs(scaled))
        else:
            shown = asinh(np.clip((flux + stretch.FAINT_SIGMA) / (white + stretch.FAINT_SIGMA), 0, 1))
        difference = np.abs(np.floor(shown * 255) - expected[channel])
        assert difference[good[channel]].max() <= 1


def test_names_scale_and_composite():
    told = viewer_message(images(), ZTF, 1.01)
    assert told["names"] == ["science", "template", "difference"] and told["signed"] == [False, False, True]
    assert (told["shape"], told["pixelScale"], told["white"], told["composite"]) == ([3, 63, 63], 1.01, None, None)
    galaxy = viewer_message(images(), HUBBLE, 0.138)
    assert galaxy["composite"] == [0, 1, 2] and galaxy["white"] == 255
    many = viewer_message(np.zeros((64, 13, 13), np.float32), FITS, None)
    assert many["shape"] == [64, 13, 13]
    assert {len(many[name]) for name in ("names", "signed", "limits")} == {stretch.PICTURE_CHANNELS}


ODD = st.sampled_from([np.nan, np.inf, -np.inf, 3.4e38, 0.0, 1.0, -5.5])


@settings(deadline=None)
@given(hnp.arrays(np.float32, (2, 13, 14), elements=ODD | st.floats(-1e7, 1e7, width=32)))
def test_whatever_the_pixels_the_message_is_json_with_limits_in_order(stamp):
    told = json.loads(json.dumps(viewer_message(stamp, FITS, None), allow_nan=False))
    for limits in told["limits"]:
        assert limits["sigma"] > 0 and limits["white"] >= stretch.BRIGHT_SIGMA
        assert limits["zscale"][0] < limits["zscale"][1]


def test_zscale_is_astropys():
    values = images()[0].ravel()
    assert zscale(values) == pytest.approx(list(ZScaleInterval().get_limits(values)))
    assert zscale(np.empty(0)) == [0, 1]
    for constant in (7.0, 0.0, -2e7):
        low, high = zscale(np.full(50, constant))
        assert low < constant < high


def test_the_pixel_scale_is_the_surveys_or_the_stamps_own():
    record = to_table([alert(5)]).to_pandas().iloc[0]
    assert pixel_scale(record, SURVEYS["ztf"]) == 1.01
    for own, said in ((0.26, 0.26), (None, None), (np.nan, None), (-1.0, None)):
        assert pixel_scale(pd.Series({"pixel_scale": own}), FITS) == said
