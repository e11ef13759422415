"""The queue: which proposals are done, and whose turn is next."""

from __future__ import annotations

import pandas as pd
import pytest

from ztfexplore.ui.labelling import queue


def frame() -> pd.DataFrame:
    sources = [None, "TNS", "person:me"]
    return pd.DataFrame({"label": [None, "SN", "VS"], "label_source": pd.Series(sources, dtype=object)})


@pytest.mark.parametrize(("checking", "done"), [(False, [False, True, True]), (True, [False, False, True])])
def test_a_proposal_is_done_by_any_label_or_when_checking_by_a_person_s(checking, done):
    batch = queue.Batch(("token", "simclr", "uncertain", checking), "1")
    assert [queue._is_done(frame(), batch, row) for row in range(3)] == done


def test_a_skipped_proposal_is_done():
    batch = queue.Batch(("token", "simclr", "uncertain", False), "1", passed={0})
    assert queue._is_done(frame(), batch, 0)


def test_a_new_label_ends_the_turn_of_a_row():
    before, after = frame(), frame()
    after.loc[1, "label"] = "AGN"
    assert queue._state(before, 1) == queue._state(frame(), 1) != queue._state(after, 1)
    assert queue._state(before, 0) == (0, None, None)
