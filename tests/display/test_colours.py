"""Columns as colours: every alert in one category, no two categories alike, scales that have a beginning and an end."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztfexplore.alerts.surveys.ztf import CLASSES
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.display.colours import (
    MOST_CATEGORIES,
    PALETTE,
    UNLABELLED_COLOUR,
    Categories,
    Numbers,
    colourable,
    colouring,
    label_colour,
)


def arrow(values: list, kind: pa.DataType, name: str) -> pd.Series:
    """A column as the catalogue gives it."""
    return pa.table({name: pa.array(values, kind)}).to_pandas()[name]


def labels(*values: str | None) -> pd.Series:
    return arrow(list(values), pa.string(), "label")


def names(categories: Categories) -> list[str]:
    return [entry.name for entry in categories.entries]


def named(categories: Categories) -> list[str]:
    """The category of every row."""
    return [categories.entries[code].name for code in categories.codes]


# --- categories -----------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.sampled_from([*CLASSES, "other", "unlabelled", "none", "QSO"]), st.text())),
    st.sampled_from(["label", "band", "survey"]),
)
def test_every_row_has_a_category_and_the_counts_add_up(values, name):
    made = colouring(arrow([v if v is None else v.replace("\ud800", "") for v in values], pa.string(), name), "")
    assert isinstance(made, Categories)
    assert made.codes.dtype == np.uint8 and len(made.codes) == len(values)
    counts = np.bincount(made.codes, minlength=len(made.entries)).tolist()
    assert [entry.count for entry in made.entries] == counts
    assert len(set(names(made))) == len(made.entries) <= MOST_CATEGORIES
    assert all(counts)


def test_classes_come_in_a_fixed_order_with_nulls_last():
    made = colouring(labels("bogus", None, "SN", "VS", "SN", None, "AGN"), "label")
    assert names(made) == ["VS", "SN", "AGN", "bogus", "unlabelled"]
    assert named(made) == ["bogus", "unlabelled", "SN", "VS", "SN", "unlabelled", "AGN"]
    assert [entry.count for entry in made.entries] == [1, 2, 1, 1, 2]


@pytest.mark.parametrize("present", (["SN"], ["SN", "bogus"], [*CLASSES], [*CLASSES, None]), ids=str)
def test_a_class_has_its_colour_and_symbol_whatever_else_is_there(present):
    everything = {entry.name: entry for entry in colouring(labels(*CLASSES), "").entries}
    for entry in colouring(labels(*present), "").entries:
        if entry.name in everything:
            assert (entry.colour, entry.symbol) == (everything[entry.name].colour, everything[entry.name].symbol)


def test_classes_differ_in_colour_and_in_symbol():
    entries = colouring(labels(*CLASSES, None), "label").entries
    assert len({entry.colour for entry in entries}) == len(CLASSES) + 1
    assert len({entry.symbol for entry in entries if entry.name != "unlabelled"}) == len(CLASSES)


@pytest.mark.parametrize("present", (["SN", "QSO"], ["VS", "Mira", "galaxy"], [*CLASSES, "QSO", "TDE", "CV"]), ids=str)
def test_a_class_of_another_survey_never_looks_like_one_of_ours(present):
    entries = colouring(labels(*present), "label").entries
    assert len({entry.colour for entry in entries}) == len(present)
    ours = {label_colour(name) for name in CLASSES}
    assert not {entry.colour for entry in entries if entry.name not in CLASSES} & ours


def test_the_colour_of_a_class_is_the_same_on_the_map_and_elsewhere():
    for entry in colouring(labels(*CLASSES, "QSO", None), "label").entries:
        assert label_colour(None if entry.name == "unlabelled" else entry.name) == entry.colour
    assert label_colour(float("nan")) == label_colour(None) == label_colour("unlabelled") == UNLABELLED_COLOUR


@pytest.mark.parametrize("count", (MOST_CATEGORIES - 2, MOST_CATEGORIES - 1, 40, 300))
def test_many_categories_are_gathered_the_rarest_first(count):
    values = [f"c{i:03d}" for i in range(count) for _ in range(count - i)] + [None]
    made = colouring(arrow(values, pa.string(), "band"), "band")
    kept = min(count, MOST_CATEGORIES - 2)
    gathered = ["other"] if count > kept else []
    assert names(made) == [f"c{i:03d}" for i in range(kept)] + gathered + ["none"]
    assert sum(entry.count for entry in made.entries) == len(values)
    assert named(made)[0] == "c000" and named(made)[-1] == "none"
    if gathered:
        assert named(made)[-2] == "other"


def test_no_two_of_the_many_look_alike():
    entries = colouring(arrow([f"c{i}" for i in range(40)] + [None], pa.string(), "band"), "band").entries
    looks = [(entry.colour, entry.symbol) for entry in entries if entry.name not in ("other", "none")]
    assert len(looks) == len(set(looks)) == MOST_CATEGORIES - 2
    assert UNLABELLED_COLOUR not in {colour for colour, _ in looks}


def test_booleans_and_their_nulls():
    made = colouring(arrow([True, False, None, True], pa.bool_(), "positive"), "positive")
    assert named(made) == ["True", "False", "none", "True"]
    plain = colouring(pd.Series([True, False], name="positive"), "positive")
    assert names(plain) == ["False", "True"]


def test_a_column_of_nulls_and_an_empty_one():
    made = colouring(labels(None, None), "label")
    assert names(made) == ["unlabelled"] and made.entries[0].colour == UNLABELLED_COLOUR
    assert made.entries[0].count == 2
    empty = colouring(labels(), "label")
    assert empty.entries == () and len(empty.codes) == 0


def test_the_palette_has_no_colour_twice():
    assert len(set(PALETTE)) == len(PALETTE)
    assert UNLABELLED_COLOUR not in PALETTE


# --- numbers --------------------------------------------------------------------------------------------------------


def test_numbers_span_the_1st_to_the_99th_percentile():
    values = np.append(np.linspace(15, 20, 1001), [1e6, np.nan])
    made = colouring(pd.Series(values, name="magnitude"), "magnitude (mag)")
    assert isinstance(made, Numbers) and made.title == "magnitude (mag)"
    assert made.low == pytest.approx(15.05, abs=0.01) and made.high == pytest.approx(19.95, abs=0.02)
    assert made.values.dtype == np.float32 and np.isnan(made.values[-1])


def test_numbers_that_are_all_missing_still_have_a_scale():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = colouring(pd.Series([np.nan] * 5, name="rb"), "rb")
    assert isinstance(made, Numbers)
    assert np.isnan(made.values).all() and made.low < made.high


@pytest.mark.parametrize(
    ("values", "inside"),
    (([3.0] * 10, 3.0), ([0.0] * 999 + [8.0], 8.0), ([-2.0, np.inf, -np.inf], -2.0), ([2458000.5] * 2, 2458000.5)),
    ids=("constant", "nearly constant", "infinite", "a Julian date"),
)
def test_a_scale_always_begins_below_its_end(values, inside):
    made = colouring(pd.Series(values), "")
    assert made.low < made.high
    assert np.isfinite([made.low, made.high]).all()
    assert made.low <= inside <= made.high
    assert not np.isinf(made.values).any()


def test_what_can_colour_the_demo(demo_catalogue):
    frame = Catalogue.open(demo_catalogue).frame()
    offered = colourable(frame)
    assert offered[0] == "label" and {"band", "positive", "magnitude", "mjd", "fwhm"} <= set(offered)
    assert len(set(offered)) == len(offered)
    assert "candid" not in offered and "object_id" not in offered
    assert "survey" not in offered and "rb" not in offered  # one value, and none at all
    for name in offered:
        made = colouring(frame[name], name)
        if isinstance(made, Categories):
            assert len(made.codes) == len(frame) and made.codes.max() < len(made.entries)
        else:
            assert made.low < made.high and len(made.values) == len(frame)


def test_where_nothing_has_a_label_something_measured_colours_first(galaxy_catalogue):
    offered = colourable(Catalogue.open(galaxy_catalogue).frame())
    assert offered[0] == "isophotal_area" and offered[-1] == "label" and "ellipticity" in offered
    assert not {"ra", "dec", "magnitude", "rb"} & set(offered)  # nothing is known of them


def test_sizes_that_span_decades_are_coloured_by_their_logarithm():
    sizes = np.geomspace(10, 3000, 500)
    made = colouring(pd.Series([*sizes, np.nan], name="area"), "area (pixels)")
    assert made.title == "log10 of area (pixels)"
    np.testing.assert_allclose(made.values[:-1], np.log10(sizes), rtol=1e-5)
    assert np.isnan(made.values[-1]) and 1 <= made.low < 1.1 and 3.4 < made.high < 3.5
    for linear in ([-1.0, *sizes], [0.0, *sizes], np.linspace(15, 21, 100)):
        assert colouring(pd.Series(linear, name="area"), "area").title == "area"
