"""Single values of packets: ids never pass through a float, and only finite numbers are numbers."""

from __future__ import annotations

import numpy as np
import pytest

from ztfexplore.sources.fields import finite, integer, scalar

BIG = 2**53 + 1


@pytest.mark.parametrize("value", [BIG, np.int64(BIG), -BIG, 0])
def test_whole_numbers_stay_whole(value):
    assert integer(value) == int(value) and type(integer(value)) is int


@pytest.mark.parametrize("value", [float(BIG), True, "12", None, 2**63, np.float64(1)])
def test_anything_else_is_no_id(value):
    assert integer(value) is None


@pytest.mark.parametrize(("value", "expected"), [(1, 1.0), (np.float32(0.5), 0.5), (float("nan"), None), (True, None)])
def test_numbers_are_finite(value, expected):
    assert finite(value) == expected


def test_json_holds_every_scalar():
    given = [1, 0.5, "text", True, None, float("inf"), b"bytes", {"nested": 1}]
    assert [scalar(value) for value in given] == [1, 0.5, "text", True, None, None, None, None]
