"""The table of the page: every number of the summary as text, and a note where there is none."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.research_stub import TOO_FEW
from ztfexplore.research import summaries
from ztfexplore.research.grid import EXPERIMENTS
from ztfexplore.research.results import RARE, read_results
from ztfexplore.research.store import Store
from ztfexplore.ui.research import table as research_table


def frame(results, name: str) -> pd.DataFrame:
    return summaries.TABLES[name](read_results(Store(results), name))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_row_has_a_number_or_a_note(results, name):
    shown = research_table.readable_summary(frame(results, name), name)
    assert ((shown["mean [95 %]"] != "-") | (shown["note"] != "")).all()
    assert set(shown.columns) >= {"compared with", "difference [95 %]", "seeds", "runs"}
    assert ("q" in shown) == (name == "augmentations")


def test_rows_of_a_measure_and_probe_keep_the_reasons(results):
    chosen = research_table.rows_of_measure(frame(results, "imbalance"), "imbalance", RARE, "10")
    assert set(chosen.loc[chosen["reason"] == "", "measure"]) == {RARE}
    assert set(chosen.loc[chosen["reason"] == "", "probe"]) == {"10"}
    assert (chosen["reason"] == TOO_FEW).sum() == 3


def test_what_was_not_run_is_counted_and_a_reason_is_not(results):
    whole = frame(results, "imbalance")
    assert research_table.count_waiting(whole) == (0, (whole["reason"] == "").sum())
    whole.loc[whole.index[:4], "reason"] = summaries.NOT_YET
    assert research_table.count_waiting(whole)[0] == 4
