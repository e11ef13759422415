"""Charts can be saved: as a picture by the button above them, and their numbers as a table for spreadsheets."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ztfexplore.ui.widgets import charts


def host() -> None:
    import plotly.graph_objects as go

    from ztfexplore.ui.widgets import charts

    charts.chart(go.Figure(go.Scatter(y=[1, 2])), "curve", "my-curve")


def test_a_chart_has_one_button_and_it_saves_a_sharp_picture_under_its_name():
    page = AppTest.from_function(host).run()
    assert not page.exception
    (chart,) = page.get("plotly_chart")
    told = json.loads(chart.proto.config)
    assert told["modeBarButtons"] == [["toImage"]] and told["displayModeBar"] is True
    options = told["toImageButtonOptions"]
    assert (options["format"], options["filename"]) == ("png", "my-curve") and options["scale"] > 1


@pytest.fixture
def button(monkeypatch) -> dict:
    """What Streamlit is told of a download button."""
    told: dict = {}
    monkeypatch.setattr(
        charts.st, "download_button", lambda label, data, **options: told.update(options, label=label, data=data)
    )
    return told


def test_numbers_are_saved_as_csv_without_a_rerun(button):
    charts.download(pd.DataFrame({"name": ["=1+1"], "candid": [2481523242515015006]}), "numbers.csv", "key")
    assert button["data"]().decode().splitlines() == ["name,candid", "'=1+1,2481523242515015006"]
    assert (button["file_name"], button["mime"], button["on_click"]) == ("numbers.csv", "text/csv", "ignore")


def test_a_table_that_takes_time_is_made_at_the_click(button):
    made = []
    charts.download(lambda: made.append(1) or pd.DataFrame({"x": [1]}), "numbers.csv", "key")
    assert made == []
    assert button["data"]() == b"x\n1\n" and made == [1]
