"""What is committed fits together: every number of docs/research.md is that of the tables, and the tables are ours."""

from __future__ import annotations

import re

import pytest

from tests.support.places import ROOT
from ztfexplore.research import report
from ztfexplore.research.grid import EXPERIMENTS, Classes, plan
from ztfexplore.research.store import Store

PAPER = ROOT / "docs" / "research.md"
RESULTS = ROOT / "data" / "research"
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")

needs_results = pytest.mark.skipif(not list(RESULTS.glob("*.csv")), reason="no results are committed yet")


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    return Store(RESULTS, tmp_path_factory.mktemp("locks"))


@needs_results
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_number_of_the_paper_is_that_of_the_tables(committed, name):
    text = PAPER.read_text(encoding="utf-8")
    written = text[
        text.index(report.begin_mark(name)) + len(report.begin_mark(name)) : text.index(report.end_mark(name))
    ].strip()
    made = report.experiment_block(committed, name).strip()
    again = "make it again: ztfexplore research show --write docs/research.md"
    assert NUMBER.sub("#", written) == NUMBER.sub("#", made), again
    numbers = [[float(number) for number in NUMBER.findall(block)] for block in (written, made)]
    # Another machine's sums may round the last digit otherwise.
    assert numbers[0] == pytest.approx(numbers[1], abs=0.0021), again


def test_the_paper_has_no_results_outside_its_marks():
    """Decimal figures are what tables say; those of other people's papers are named here."""
    text = PAPER.read_text(encoding="utf-8")
    for name in EXPERIMENTS:
        text = text[: text.index(report.begin_mark(name))] + text[text.index(report.end_mark(name)) :]
    theirs = {"0.66", "0.67", "0.90"}
    assert set(re.findall(r"\b0\.\d+", text)) <= theirs


@needs_results
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_committed_runs_are_those_that_the_code_would_do(committed, name):
    """Otherwise an augmentation or a method's setting has changed since, and the runs must be done again."""
    rows = committed.results(name)
    for arm in rows["arm"].unique():
        own = rows[rows["arm"] == arm]
        classes = Classes(sorted({*own.loc[own["status"] == "done", "rare"]} - {""}), {})
        if name == "imbalance" and len(classes.usable) < (5 if arm == "simulated" else 4):
            continue  # the rare class has not gone round yet
        small = dict.fromkeys(sorted({*own.loc[own["status"] == "skipped", "rare"]} - {""}), 0)
        keys = {run.key(own["data"].iloc[0]) for run in plan(name, {arm: Classes(classes.usable, small)}, seeds=20)}
        assert set(own["key"]) <= keys


@needs_results
def test_the_committed_tables_are_small():
    assert sum(path.stat().st_size for path in RESULTS.iterdir()) < 3_000_000
