"""The figures of the research questions: titles, intervals, and a mark wherever a number is missing."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.research_stub import ARMS, known_results
from ztfexplore.plots import research as plots
from ztfexplore.research import summaries
from ztfexplore.research.results import LINEAR, read_results
from ztfexplore.research.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    """Results of all experiments; not to be changed."""
    return known_results(tmp_path_factory)


@pytest.mark.parametrize("empty", [False, True])
def test_figures_have_titles_intervals_and_no_gap(store, tmp_path, empty):
    source = Store(tmp_path) if empty else store
    imbalance = summaries.imbalance_table(read_results(source, "imbalance"))
    balanced = summaries.balanced_table(read_results(source, "balanced"))
    augmentations = summaries.augmentations_table(read_results(source, "augmentations"))
    figures = [
        *(plots.imbalance_figure(imbalance, arm, measure, change=change)
          for arm in ARMS for measure in plots.AXES for change in (False, True)),
        *(plots.balanced_figure(balanced, measure, change)
          for measure in (LINEAR, "knn_purity") for change in (False, True)),
        *(plots.augmentations_figure(augmentations, which) for which in ("simclr", "astronomical")),
        plots.full_sets_figure(augmentations),
    ]  # fmt: skip
    for figure in figures:
        assert figure.layout.xaxis.title.text
        assert bool(figure.data) is not empty
        if empty:
            assert any("not run yet" in (note.text or "") for note in figure.layout.annotations)
        for trace in figure.data:
            bars = trace.error_y if trace.error_y.array is not None else trace.error_x
            assert bars.array is not None
            assert pd.notna(list(trace.y)).all()
