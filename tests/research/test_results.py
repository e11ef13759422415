"""What is read from the store: one version, one data set, whole runs; the rest is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.support.research_stub import ARMS, StubArm, known_run
from ztfexplore.research import results as research_results
from ztfexplore.research import runner
from ztfexplore.research.results import LINEAR, PURITY, read_results
from ztfexplore.research.store import Store


def test_results_of_other_data_or_length_are_left_out_and_said(store, tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(["balanced"], ARMS, made, seeds=2, run_one=known_run)
    runner.run_missing(["balanced"], {"real": StubArm("other")}, made, seeds=1, run_one=known_run)
    runner.run_missing(["balanced"], ARMS, made, seeds=1, steps=7, run_one=known_run)
    results = read_results(made, "balanced")
    assert results.runs == 24
    assert len(results.notes) == 2
    assert read_results(made, "balanced", steps=7).runs == 12


def test_a_run_without_its_predictions_is_left_out_and_said(tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(["balanced"], ARMS, made, seeds=1, run_one=known_run)
    path = made.folder / "balanced-predictions.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:5]))
    results = read_results(made, "balanced")
    assert results.runs < 12
    assert "without predictions" in results.notes[0]


def test_an_object_with_two_labels_is_two_units_that_share_its_weight():
    frame = pd.DataFrame({"object_id": ["x", "x", "x", "y"], "label": ["SN", "SN", "VS", "VS"]})
    tested = research_results.Tested.of(frame)
    assert tested.names.tolist() == ["SN", "VS"] and len(tested.classes) == 3
    assert sorted(tested.weights) == pytest.approx([1 / 3, 2 / 3, 1])
    assert tested.average(np.array([1.0, 0.0, 1.0, 0.0]))[tested.unit].tolist() == [0.5, 0.5, 1.0, 0.0]


def test_shares_and_their_intervals_stay_shares(store):
    results = read_results(store, "balanced")
    rows = results.where(method="s-simclr", sampling="balanced", probe_labels="all")
    found = results.estimate(rows, LINEAR)
    assert 0 <= found.low <= found.value <= found.high <= 1
    others = results.where(method="simclr", probe_labels="all")
    assert results.difference(rows, others, PURITY).seeds == 3
    assert results.wins(rows, others) == 3 and results.wins(others, rows) == 0
    assert results.difference(rows, others.iloc[:0], LINEAR) is None
