"""Finding by id, candid and position: exact to the last digit, around the sky's seams, at a catalogue's size."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.query.find import FORMS, find

CANDID = 2481523242515015006
INT64 = st.integers(-(2**63), 2**63 - 1)


def sky(*places: tuple[float, float], **columns: object) -> pd.DataFrame:
    """A frame with an alert at each (ra, dec) in degrees."""
    n = len(places)
    made = {
        "survey": ["ztf"] * n,
        "candid": np.arange(n, dtype=np.int64) + CANDID,
        "object_id": [f"ZTF18aaaaa{chr(97 + i)}" for i in range(n)],
        "ra": [place[0] for place in places],
        "dec": [place[1] for place in places],
        "mjd": np.arange(n, dtype=np.float64) + 59000,
    }
    return pd.DataFrame({**made, **columns})


@given(INT64)
def test_a_candid_is_found_exactly_and_its_neighbours_are_not(candid):
    others = [n for n in (candid - 1, candid + 1) if -(2**63) <= n < 2**63]
    frame = sky(*[(1.0, 1.0)] * (1 + len(others)), candid=np.array([*others, candid], dtype=np.int64))
    assert find(frame, str(candid)).rows.tolist() == [len(others)]
    without = frame.iloc[: len(others)]
    missed = find(without, str(candid))
    assert missed.rows.tolist() == [] and str(candid) in missed.message


def test_a_number_beyond_int64_is_no_candid():
    assert find(sky((1, 1)), "9" * 30).message
    assert find(sky((1, 1)), str(2**63)).message


@given(st.floats(0, 359.9999), st.floats(-89.9999, 89.9999), st.sampled_from([":", "hmsdms", " "]))
def test_positions_round_trip_through_sexagesimal(ra, dec, form):
    place = SkyCoord(ra * u.deg, dec * u.deg)
    text = place.to_string("hmsdms", precision=4, **({} if form == "hmsdms" else {"sep": form}))
    found = find(sky((ra, dec), (ra, -dec + 1)), f"{text} r=0.1")
    assert 0 in found.rows.tolist()
    assert found.separations.min() < 0.01


@given(st.floats(0, 359.9999), st.floats(-90, 90), st.floats(1, 3600))
def test_a_cone_holds_what_astropy_says(ra, dec, radius):
    rng = np.random.default_rng(0)
    places = [(ra + a / 3600, float(np.clip(dec + b / 3600, -90, 90))) for a, b in rng.normal(0, 1000, (20, 2))]
    found = find(sky(*places), f"{ra:.8f} {dec:.8f} {radius:.3f} arcsec")
    all_of_them = SkyCoord(places, unit="deg").separation(SkyCoord(round(ra, 8), round(dec, 8), unit="deg")).arcsec
    assert set(found.rows.tolist()) == set(np.flatnonzero(all_of_them <= round(radius, 3)).tolist())
    if len(found.rows):
        assert found.separations == pytest.approx(np.sort(all_of_them[found.rows]), abs=1e-6)


@pytest.mark.parametrize("text", ["0 0", "360 0", "0:00:00 +00:00:00", "23:59:59.99 0:00:00", "24:00:00 0:0:0"])
def test_right_ascension_wraps(text):
    assert set(find(sky((359.9995, 0), (0.0005, 0), (180, 0)), text).rows.tolist()) == {0, 1}


@pytest.mark.parametrize("sign", ["+", "-"])
def test_at_the_poles_all_right_ascensions_meet(sign):
    pole = float(f"{sign}89.999")
    found = find(sky((0, pole), (120, pole), (240, pole), (0, -pole)), f"77 {sign}90")
    assert sorted(found.rows.tolist()) == [0, 1, 2]
    assert found.separations == pytest.approx([3.6] * 3, abs=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        "153.05 41.03", "153.05, +41.03", "153.05d 41.03d", "10:12:12 +41:01:48", "10h12m12s +41d01m48s",
        "10 12 12 41 01 48", "10:12:12+41:01:48", "  10:12:12   +41:01:48  ", "10:12:12,+41:01:48",
    ],
)  # fmt: skip
@pytest.mark.parametrize("radius", ["", " 30 arcsec", " r=30", " radius 0.5 arcmin", " 0.01 deg", ' r=30"', " r=30″"])
def test_every_form_is_understood(text, radius):
    found = find(sky((153.05, 41.03), (153.05, 41.03 + 15 / 3600), (np.nan, np.nan)), text + radius)
    assert found.rows.tolist() == ([0, 1] if radius else [0]), found
    assert found.separations[0] < 0.01


@pytest.mark.parametrize(
    "text", ["400 10", "10 95", "-10 5", "25:00:00 10:00:00", "10:70:00 10:00:00", "1 2 3", "10 10 r=0", "1,5 2,5"]
)
def test_malformed_coordinates_say_what_is_accepted(text):
    found = find(sky((10, 10)), text)
    assert len(found.rows) == 0 and FORMS in found.message


def test_a_cone_without_anything_names_the_nearest():
    assert "The nearest, ZTF18aaaaaa, is 1 deg away" in find(sky((10, 10)), "10 11.00001").message
    assert "position" in find(sky((np.nan, np.nan)), "10 11").message


def test_ids_exactly_then_in_any_case_then_in_part():
    ids = ["ZTF18abc", "ztf18ABC", "ZTF18abcd", "XZTF18abc"]
    frame = sky(*[(1, 1)] * 4, object_id=ids)
    assert find(frame, "ZTF18abc").rows.tolist() == [0]
    assert find(frame, "ZTF18ABC").rows.tolist() == [1, 0]
    assert find(frame, "zTf18a").rows.tolist() == [2, 1, 0]
    assert find(frame, "F18abc").rows.tolist() == [3, 2, 1, 0]
    assert find(frame, "ztf18abcd").rows.tolist() == [2]


def test_alerts_of_one_object_count_once_the_newest_first():
    frame = sky((1, 1), (1, 1), (1, 1.0001), object_id=["A", "A", "B"])
    found = find(frame, "A")
    assert found.rows.tolist() == [1, 0] and found.rows[found.firsts].tolist() == [1]
    cone = find(frame, "1 1")
    assert frame["object_id"].iloc[cone.rows[cone.firsts]].tolist() == ["A", "B"]


@pytest.mark.parametrize("typed", ["ZTF18aaaaab", "ZTF18aaaaaaa", "ZTF18aaaaa", "TF18aaaaaa", "ZTF19aaaaaa"])
def test_an_unknown_id_is_met_with_the_closest(typed):
    frame = sky((1, 1), (2, 2), object_id=["ZTF18aaaaaa", "SN2011fe"])
    found = find(frame, typed)
    assert len(found.rows) == 1 or ("ZTF18aaaaaa" in found.message and "SN2011fe" not in found.message)


@given(st.text(max_size=60))
def test_nothing_typed_is_an_error(text):
    found = find(sky((1, 1), (np.nan, np.nan)), text)
    assert len(found.rows) or found.message


def test_a_hundred_thousand_rows_take_a_moment():
    n = 100_000
    rng = np.random.default_rng(1)
    frame = sky(
        *np.column_stack([rng.uniform(0, 360, n), rng.uniform(-30, 90, n)]).tolist(),
        object_id=pd.Series([f"ZTF{i:09d}" for i in range(n)], dtype="str"),
    )
    for text in (str(CANDID + 77), "ZTF000000077", "0000077", "153.05 41.03 600 arcsec", "ZTF00000x077"):
        start = time.perf_counter()
        find(frame, text)
        assert time.perf_counter() - start < 2, text
