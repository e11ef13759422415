"""Alerts as rows: every pixel and every digit comes back."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.support.packets import alert
from ztfexplore.alerts.alert import Detection
from ztfexplore.alerts.survey import SURVEYS
from ztfexplore.catalogue import schema

PIXELS = st.floats(width=32, allow_nan=True, allow_infinity=True)
STAMPS = arrays.arrays(np.float32, st.tuples(*[st.integers(1, 4)] * 3), elements=PIXELS)


@given(st.lists(STAMPS, max_size=3), st.sampled_from((">f4", "<f4", "<f8")))
@settings(deadline=None)
def test_stamps_of_any_shape_come_back_to_the_last_bit(stamps, kind):
    with np.errstate(invalid="ignore"):
        given = [stamp.astype(kind) for stamp in stamps]
    made = schema.to_table([alert(n, stamp=stamp) for n, stamp in enumerate(given)])
    for found, stamp in zip(schema.to_stamps(made), stamps, strict=True):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, stamp)


def test_a_view_that_is_not_contiguous_is_stored_as_it_looks():
    stamp = np.arange(2 * 4 * 6, dtype=np.float32).reshape(2, 4, 6)
    turned = stamp[:, ::-1, ::2].transpose(0, 2, 1)
    (found,) = schema.to_stamps(schema.to_table([alert(1, stamp=turned)]))
    np.testing.assert_array_equal(found, turned)


@given(st.integers(-(2**63), 2**63 - 1))
@settings(deadline=None, max_examples=20)
def test_candids_are_exact(candid):
    assert schema.to_table([alert(candid)]).column("candid").to_pylist() == [candid]


def test_a_light_curve_keeps_its_limits_apart_from_its_detections():
    history = (Detection(58000.5, "g", limit=20.5), Detection(58001.5, "r", 18.0, 0.1, 20.6, positive=False))
    row = schema.to_table([alert(1, history=history)]).to_pylist()[0]
    assert [point["magnitude"] for point in row["history"]] == [None, 18.0]
    assert [point["positive"] for point in row["history"]] == [None, False]


@pytest.mark.parametrize(
    ("value", "kept"), ((0.75, 0.75), (3, 3.0), (schema.NOTHING, None), (None, None), ("text", None), (True, 1.0))
)
def test_a_metadata_column_holds_numbers_and_nothing_for_the_survey_s_mark_of_nothing(value, kept):
    row = schema.to_table([alert(1, candidate={"rb": value})]).to_pylist()[0]
    assert row["rb"] == kept and json.loads(row["candidate"])["rb"] == value


def test_a_field_of_another_survey_is_no_column_of_this_one():
    """Two surveys may use one name for different things."""
    row = schema.to_table([alert(1, survey="hubble", candidate={"rb": 0.5, "peak": 7.0})]).to_pylist()[0]
    assert (row["rb"], row["peak"]) == (None, 7.0)


def test_a_metadata_table_is_read_without_the_heavy_columns():
    light = schema.light_columns()
    assert not {"stamp", "history", "candidate"} & set(light)
    assert {*schema.KEY, *schema.LABEL_COLUMNS, "object_id"} <= set(light)
    assert {name for survey in SURVEYS.values() for name in survey.metadata} <= set(light)
    assert set(light) <= set(schema.full_schema().names) and pa.types.is_int64(
        schema.full_schema().field("candid").type
    )
