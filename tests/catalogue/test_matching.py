"""Keys mean rows: exactly one, or it is said why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.packets import CANDID
from ztfexplore.alerts.keys import apart
from ztfexplore.catalogue.matching import match, rows_by_candid, rows_of, the_row
from ztfexplore.errors import CatalogueError

KEYS = [("ztf", 1), ("ztf", 2), ("simulated", 2), ("simulated", 3), ("ztf", CANDID), ("ztf", CANDID + 1)]
CANDIDS = st.one_of(st.integers(-3, 3), st.integers(CANDID, CANDID + 3))
ALERTS = st.lists(st.tuples(st.sampled_from("abc"), CANDIDS), unique=True, max_size=12)


def frame_of(alerts: list[tuple[str, int]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "survey": np.array([survey for survey, _ in alerts], dtype=object),
            "candid": np.array([candid for _, candid in alerts], dtype=np.int64),
        }
    )


@given(ALERTS, st.lists(st.one_of(CANDIDS, st.tuples(st.sampled_from("abcd"), CANDIDS)), max_size=12))
def test_every_key_is_a_row_or_ambiguous_or_unknown(alerts, keys):
    frame = frame_of(alerts)
    found = match(frame, keys)
    for key in keys:
        survey, candid = apart(key)
        meant = [row for row, one in enumerate(alerts) if one[1] == candid and survey in (None, one[0])]
        assert rows_of(frame["candid"].to_numpy(), frame["survey"].to_numpy(), key) == meant
        assert (found.rows.get(key) == meant[0]) if len(meant) == 1 else key not in found.rows
        assert (key in found.unknown) is (not meant)
        assert (key in found.ambiguous) is (len(meant) > 1)
    assert bool(found.problem) is bool(found.ambiguous) and "\n" not in found.problem


@given(ALERTS)
def test_an_alert_s_own_key_always_means_it(alerts):
    frame = frame_of(alerts)
    assert match(frame, alerts).rows == {key: row for row, key in enumerate(alerts)}
    for row, key in enumerate(alerts):
        assert the_row(frame["candid"].to_numpy(), frame["survey"].to_numpy(), key, Path("c")) == row


@given(ALERTS, st.sets(CANDIDS))
def test_rows_of_candids_are_those_that_have_them_ascending(alerts, candids):
    found = rows_by_candid(frame_of(alerts), candids)
    assert found == {
        candid: [row for row, one in enumerate(alerts) if one[1] == candid]
        for candid in candids
        if any(one[1] == candid for one in alerts)
    }


def test_what_is_ambiguous_names_the_alerts_that_share_the_candid():
    found = match(frame_of(KEYS), [1, 2, ("simulated", 2), 77, ("ztf", 3)])
    assert found.rows == {1: 0, ("simulated", 2): 2} and found.unknown == [77, ("ztf", 3)]
    assert found.ambiguous == {2: ["simulated:2", "ztf:2"]}
    assert all(key in found.problem for key in found.ambiguous[2])


def test_a_survey_decides_what_a_bare_candid_means_where_several_share_it():
    frame = frame_of(KEYS)
    assert match(frame, [2], "ztf").rows == {2: 1} and match(frame, [2], "simulated").rows == {2: 2}
    assert match(frame, [2], "rubin").ambiguous == {2: ["simulated:2", "ztf:2"]}
    assert match(frame, [3], "ztf").rows == {3: 3}, "nobody else has it"


@pytest.mark.parametrize("key", (2, 9, ("rubin", 1)))
def test_a_key_that_means_no_row_or_two_is_named_with_its_catalogue(key):
    frame = frame_of(KEYS)
    with pytest.raises(CatalogueError) as caught:
        the_row(frame["candid"].to_numpy(), frame["survey"].to_numpy(), key, Path("night"))
    message = str(caught.value)
    assert "night" in message and str(apart(key)[1]) in message and "\n" not in message
    assert ("ztf:2" in message and "simulated:2" in message) is (key == 2)
