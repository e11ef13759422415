"""The layout that all figures share."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from ztfexplore.plots.layout import CLEAR, axes_layout


@pytest.mark.parametrize("height", [100, 400])
def test_axes_are_titled_and_the_page_shows_through(height):
    figure = go.Figure(layout=axes_layout(height, "days", "magnitude (mag)"))
    assert figure.layout.height == height
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("days", "magnitude (mag)")
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == CLEAR
