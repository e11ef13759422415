"""Filters: which rows they leave, and the text that holds them in an address."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from astropy.time import Time
from hypothesis import example, given
from hypothesis import strategies as st

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.query import filters
from ztfexplore.query.filters import Between, Contains, OneOf


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "survey": ["ztf"] * 5,
            "candid": np.arange(5) + 2481523242515015006,
            "object_id": ["ZTF18aaa", "ZTF18aab", "ZTF19ABC", "a,b;c:d", "100%.."],
            "mjd": [59000.0, 59000.5, 59001.0, np.nan, 59030.25],
            "band": ["g", "r", "g", None, "i"],
            "positive": [True, False, None, True, True],
            "magnitude": [15.0, 18.0, np.nan, np.inf, 18.5],
            "label": ["SN", None, "AGN", "SN", "bogus"],
        }
    )


def passed(frame, *asked) -> list[int]:
    return np.flatnonzero(filters.rows(frame, asked)).tolist()


def test_ranges_include_both_ends_and_leave_out_what_has_no_value(frame):
    assert passed(frame, Between("magnitude", 15, 18)) == [0, 1]
    assert passed(frame, Between("magnitude", 15.1)) == [1, 4]
    assert passed(frame, Between("magnitude", None, 15)) == [0]
    assert passed(frame, Between("magnitude")) == [0, 1, 4]
    assert passed(frame, Between("magnitude", 19, 18)) == []
    assert filters.without(frame, Between("magnitude", 15, 18)) == 2
    assert filters.without(frame, Between("mjd")) == 1


def test_categories_and_what_has_none(frame):
    assert passed(frame, OneOf("band", ("g", "i"))) == [0, 2, 4]
    assert passed(frame, OneOf("band", ("g", ""))) == [0, 2, 3]
    assert passed(frame, OneOf("band", ("",))) == [3]
    assert passed(frame, OneOf("band", ("u",))) == []
    assert passed(frame, OneOf("positive", ("False",))) == [1]
    assert filters.without(frame, OneOf("label", ("SN",))) == 1
    assert filters.without(frame, OneOf("label", ("SN", ""))) == 0


def test_parts_of_names_and_all_at_once(frame):
    assert passed(frame, Contains("object_id", "ztf18")) == [0, 1]
    assert passed(frame, Contains("object_id", "abc")) == [2]
    assert passed(frame, Contains("object_id", "(")) == []
    assert passed(frame, Contains("object_id", "ZTF"), Between("mjd", 59000.2), OneOf("band", ("r",))) == [1]
    assert passed(frame) == [0, 1, 2, 3, 4]


def test_a_catalogues_columns_have_kinds(demo_catalogue):
    real = Catalogue.open(demo_catalogue).frame()
    found = {name: filters.kind(real, name) for name in filters.columns(real)}
    assert found["magnitude"] == "number" and found["mjd"] == "date"
    assert found["label"] == "category" and found["object_id"] == "text"
    assert "candid" not in found, "an id is found, not filtered"
    assert "rb" not in found, "nothing simulated has one"
    assert filters.values(real, "label")[0] == real["label"].value_counts().index[0]
    low, high = filters.span(real, "magnitude")
    assert filters.rows(real, [Between("magnitude", low, high)]).sum() == real["magnitude"].notna().sum()


def test_text_is_as_in_the_readme(frame):
    asked = [Between("magnitude", 15, 18.25), OneOf("band", ("g", "r")), Contains("object_id", "a,b;c")]
    text = filters.to_text(asked)
    assert text == "magnitude:15..18.25;band:g,r;object_id:a%2Cb%3Bc"
    assert filters.parse(text, frame) == (asked, [])


def test_dates_are_days_or_mjd(frame):
    (one,), problems = filters.parse("mjd:2020-05-31..2020-06-01", frame)
    assert (one.low, one.high, problems) == (59000.0, 59002.0, [])
    assert passed(frame, one) == [0, 1, 2]
    assert filters.parse("mjd:59000.5..", frame)[0] == [Between("mjd", 59000.5, None)]
    assert filters.day_of_mjd(59000.99) == "2020-05-31"
    assert Time("2020-05-31").mjd == 59000 == filters.mjd_of_day("2020-05-31")


BAD = {
    "magnitude": "no condition",
    "magnitude:5": "15..18",
    "magnitude:nan..3": "not a number",
    "magnitude:1..inf": "not a number",
    "magnitude:x..3": "not a number",
    "magnitude:2020-01-01..": "not a number",
    "mjd:2020-13-45..": "not a date",
    "nope:1..2": "not a column",
    "candid:1..2": "not a column",
    "<b>x</b>:1..2": "not a column",
    "%ff%fe:1": "not a column",
    "band:g;;": None,
    "band:i": "second filter",
}


@pytest.mark.parametrize(("bad", "said"), BAD.items())
def test_what_cannot_be_read_is_said_and_the_rest_kept(frame, bad, said):
    found, problems = filters.parse(f"band:g;{bad};object_id:ZTF", frame)
    if said is None:
        problems = [problem for problem in problems if "second" not in problem]
        assert problems == []
    else:
        assert len(problems) == 1 and said in problems[0]
    assert found == [OneOf("band", ("g",)), Contains("object_id", "ZTF")]


def test_no_value_and_no_values_are_different(frame):
    for asked, text in ((OneOf("band", ("", "!")), "band:!,%21"), (OneOf("band", ()), "band:")):
        assert filters.to_text([asked]) == text
        assert filters.parse(text, frame) == ([asked], [])
    assert passed(frame, OneOf("band", ())) == []


def test_filters_in_words():
    for one, said in (
        (Between("magnitude", 15, 18.5), "magnitude from 15 to 18.5"),
        (Between("magnitude_error", None, 0.1), "magnitude error up to 0.1"),
        (Between("rb", 0.5), "rb from 0.5"),
        (Between("rb"), "any rb"),
        (Between("mjd", 59000, 59002), "date from 2020-05-31 to 2020-06-01"),
        (OneOf("label", ("SN", "")), "label SN or unlabelled"),
        (OneOf("positive", ("True",)), "positive brighter"),
        (Contains("object_id", "ZTF18"), "object id with ZTF18"),
    ):
        assert filters.in_words(one) == said


def test_a_text_without_end_is_cut(frame):
    found, problems = filters.parse("band:g;" + "object_id:" + "x" * 5000, frame)
    assert found == [OneOf("band", ("g",))] and "characters" in problems[0]


ANY = st.text(max_size=12)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@example(None, None, None, [" "], " \x1f")
@given(NUMBERS, NUMBERS, NUMBERS, st.lists(ANY, min_size=1, max_size=4, unique=True), ANY)
def test_any_filters_survive_their_text(low, high, since, chosen, part):
    frame = pd.DataFrame({"magnitude": [1.0], "mjd": [1.0], "band": ["g"], "object_id": ["x"]})
    chosen = tuple(value.encode("utf-8", "replace").decode() for value in chosen)
    asked = [Between("magnitude", low, high), Between("mjd", since), OneOf("band", tuple(dict.fromkeys(chosen)))]
    asked.append(Contains("object_id", part.encode("utf-8", "replace").decode()))
    assert filters.parse(filters.to_text(asked), frame) == (asked, [])


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text):
    frame = pd.DataFrame(
        {"magnitude": [1.0, math.nan], "mjd": [1.0, 2.0], "band": ["g", None], "object_id": ["x", "y"]}
    )
    found, _ = filters.parse(text, frame)
    assert filters.rows(frame, found).shape == (2,)


def test_a_million_rows_take_no_time():
    import time

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"magnitude": rng.normal(size=1_000_000), "band": rng.choice(["g", "r", None], 1_000_000)})
    start = time.perf_counter()
    filters.rows(frame, [Between("magnitude", 0, 1), OneOf("band", ("g",))])
    assert time.perf_counter() - start < 2
