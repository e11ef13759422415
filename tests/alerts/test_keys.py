"""Keys of alerts: written and read without loss, and nothing else is read as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.alerts import keys

CANDIDS = st.integers(keys.SMALLEST, keys.LARGEST)


@given(CANDIDS)
def test_a_candid_comes_back_to_the_last_digit(candid):
    assert keys.parse(keys.written(candid)) == candid
    assert keys.parse(keys.written(("ztf", candid))) == ("ztf", candid)
    assert keys.apart(candid) == (None, candid) and keys.apart(("ztf", candid)) == ("ztf", candid)


@pytest.mark.parametrize("text", ("", "x", "1.0", "1e3", "9223372036854775808", "ztf:", ":1", "a:b:1", "1 2", "\u0661"))
def test_anything_else_is_not_a_key(text):
    assert keys.parse(text) is None
