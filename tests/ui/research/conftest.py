"""Results that several tests of the research page's parts read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.research_stub import known_results
from ztfexplore.ui.research import loaded


@pytest.fixture(scope="package")
def made(tmp_path_factory) -> Path:
    """Results of all experiments; not to be changed."""
    return known_results(tmp_path_factory).folder


@pytest.fixture
def results(made, monkeypatch) -> Path:
    """The page reads these results."""
    monkeypatch.setenv(loaded.RESULTS, str(made))
    return made
