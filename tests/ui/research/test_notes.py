"""Below the numbers: the commands that make them, and the limits with their figures."""

from __future__ import annotations

import re

import pytest

from ztfexplore.research.grid import EXPERIMENTS, SEEDS
from ztfexplore.ui.research import loaded, notes


def test_the_commands_name_the_folder_only_if_it_is_another(results, monkeypatch):
    assert f"--results {results}" in notes.shell_commands("balanced")
    monkeypatch.delenv(loaded.RESULTS)
    assert "--results" not in notes.shell_commands("balanced")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_limits_have_the_figures_of_the_results(results, name):
    found = loaded.load_answer(name)
    text = " ".join(notes.list_limits(name, found))
    low, high = found.answer.interval
    assert f"3 of {SEEDS} seeds" in text and f"{(high - low) / 2:.3f}" in text
    assert all(str(count) in text for count in found.objects.values())


def test_without_results_the_limits_claim_no_figure(monkeypatch, tmp_path):
    monkeypatch.setenv(loaded.RESULTS, str(tmp_path))
    text = " ".join(notes.list_limits("balanced", loaded.load_answer("balanced")))
    assert not re.search(r"\d\.\d", text)
