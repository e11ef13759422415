"""The figure of a reduced run: one row per condition, marked as reduced."""

from __future__ import annotations

import pandas as pd
import pytest

from ztfexplore.plots import research_reduced
from ztfexplore.research.results import LINEAR, PURITY


def table(*means: float) -> pd.DataFrame:
    rows = [
        {"condition": f"condition {n}", "measure": LINEAR, "mean": mean, "low": mean - 0.1, "high": mean + 0.2}
        for n, mean in enumerate(means)
    ]
    return pd.DataFrame([*rows, {"condition": "skipped", "measure": LINEAR, "mean": float("nan")}])


def test_each_measured_condition_has_a_row_with_its_interval():
    figure = research_reduced.reduced_figure(table(0.5, 0.7), LINEAR)
    assert [trace.x[0] for trace in figure.data] == [0.5, 0.7]
    assert [trace.error_x.array[0] for trace in figure.data] == pytest.approx([0.2, 0.2])
    assert [trace.error_x.arrayminus[0] for trace in figure.data] == pytest.approx([0.1, 0.1])
    assert list(figure.layout.yaxis.ticktext) == ["condition 0", "condition 1"]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


def test_it_is_marked_as_reduced_and_another_measure_is_empty():
    figure = research_reduced.reduced_figure(table(0.5), LINEAR)
    assert "reduced" in figure.layout.xaxis.title.text and "not the published runs" in figure.layout.title.text
    assert not research_reduced.reduced_figure(table(0.5), PURITY).data
