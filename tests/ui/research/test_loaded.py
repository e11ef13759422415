"""The answers as the page reads them: cached by the state of the files, damage named and never raised."""

from __future__ import annotations

import pytest

from ztfexplore import paths
from ztfexplore.research import answers
from ztfexplore.research.grid import EXPERIMENTS
from ztfexplore.research.store import Store
from ztfexplore.ui.research import loaded


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_answer_is_that_of_the_library(results, name):
    found = loaded.load_answer(name)
    assert found.answer == answers.answer_question(Store(results), name)
    assert found.has_runs and not found.problem and not found.told
    assert set(found.objects) == set(found.data)


def test_without_results_there_is_an_answer_without_runs(monkeypatch, tmp_path):
    monkeypatch.setenv(loaded.RESULTS, str(tmp_path / "nothing"))
    found = loaded.load_answer("balanced")
    assert found.answer.runs == 0 and not found.has_runs and not found.problem


def test_a_file_that_is_no_text_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv(loaded.RESULTS, str(tmp_path))
    (tmp_path / "balanced.csv").write_bytes(b"\xff\xfe\x00")
    found = loaded.load_answer("balanced")
    assert found.answer is None and "balanced.csv" in found.problem and not found.has_runs


def test_by_default_the_results_are_the_committed_ones(monkeypatch):
    monkeypatch.delenv(loaded.RESULTS, raising=False)
    assert loaded.results_folder() == paths.RESEARCH
