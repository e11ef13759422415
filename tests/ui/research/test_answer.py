"""The choices of the page fit the tables, and a figure with nothing measured has no scale."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from ztfexplore.plots import research as plots
from ztfexplore.research import report, summaries
from ztfexplore.research.grid import EXPERIMENTS
from ztfexplore.research.results import read_results
from ztfexplore.research.store import Store
from ztfexplore.ui.research import answer, loaded


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_measure_on_offer_is_in_the_table_and_has_a_title(results, name):
    frame = summaries.TABLES[name](read_results(Store(results), name))
    assert set(answer.MEASURES[name]) <= set(frame["measure"].dropna())
    assert set(answer.MEASURES[name]) <= set(report.TITLES) & set(plots.AXES)


def test_a_card_escapes_what_comes_from_the_results(results):
    found = loaded.load_answer("balanced")
    card = answer._card(replace(found, answer=replace(found.answer, effect_of="<script>")))
    assert "<script>" not in card and "&lt;script&gt;" in card
    low, high = found.answer.interval
    assert f"[{low:+.3f}, {high:+.3f}]" in card


def test_a_card_without_an_answer_says_so():
    assert "unreadable" in answer._card(loaded.LoadedAnswer(None, pd.DataFrame(), problem="broken"))
