"""The figures of the linear probe page: what they show is what they were given."""

from __future__ import annotations

import pandas as pd
import pytest

from ztfexplore.plots import probe as plots_probe
from ztfexplore.probe.learning_curve import COLUMNS


def test_scores_have_an_interval_each_and_a_symbol_of_their_own():
    rows = [(name, score, 0.5, 0.4, 0.7, 9) for name in ("A", "B", "C") for score in ("balanced accuracy", "SN", "VS")]
    table = pd.DataFrame(rows, columns=["encoder", "score", "value", "low", "high", "objects"])
    figure = plots_probe.scores_figure(table, ["balanced accuracy", "SN", "VS"])
    assert [trace.name for trace in figure.data] == ["A", "B", "C"]
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    assert len({trace.marker.color for trace in figure.data}) == 3
    first = figure.data[0]
    assert list(first.error_y.array) == pytest.approx([0.2] * 3)
    assert list(first.error_y.arrayminus) == pytest.approx([0.1] * 3)
    assert "recall" in figure.layout.yaxis.title.text


def test_a_matrix_has_a_point_to_click_in_every_cell():
    names = ["SN", "VS", "rare"]
    counts = pd.DataFrame([[3, 1, 0], [0, 4, 0], [0, 0, 0]], index=names, columns=names)
    figure = plots_probe.confusion_figure(counts, "title")
    heat, points = figure.data
    assert heat.z[0].tolist() == [0.75, 0.25, 0] and heat.z[2].tolist() == [0, 0, 0]
    cells = {(true, said): count for true, said, count, _ in points.customdata}
    assert len(cells) == 9 and cells["SN", "VS"] == 1 and cells["VS", "VS"] == 4
    assert [(y, x) for x, y in zip(points.x, points.y, strict=True)] == list(cells)
    assert points.text[1] == "25%<br>1" and points.text[8] == "none"
    assert figure.layout.xaxis.title.text == "predicted class" and figure.layout.yaxis.title.text == "true class"


def test_reliability_and_learning_name_their_axes():
    curve = pd.DataFrame({"low": [0.8], "high": [0.9], "confidence": [0.85], "accuracy": [0.7], "objects": [4.0]})
    figure = plots_probe.reliability_figure({"A": curve, "B": curve})
    assert [trace.name for trace in figure.data if trace.type == "scatter" and trace.mode != "lines"] == ["A", "B"]
    assert "probability" in figure.layout.xaxis.title.text and figure.layout.yaxis2.title.text == "objects"
    rows = [("A", 5, 5.0, 0.5, 0.1, 0.4, 0.6, 10, 50), ("A", 10, 9.5, 0.6, None, 0.5, 0.7, 1, 50)]
    figure = plots_probe.learning_figure(pd.DataFrame(rows, columns=list(COLUMNS)), 4)
    assert figure.layout.xaxis.type == "log" and list(figure.layout.xaxis.ticktext) == ["5", "10"]
    assert list(figure.data[0].error_y.array) == [0.1, 0]
    assert "chance, 0.25" in figure.layout.annotations[0].text
