"""The light curve: what is drawn, and where nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ztfexplore.plots.light_curve import BANDS, light_curve_figure

ALERT = {"mjd": 59000.0, "band": "r", "magnitude": 18.0, "magnitude_error": 0.1, "positive": True}


def point(**changes: object) -> dict[str, object]:
    return {
        "mjd": 58990.0, "band": "g", "magnitude": 19.0, "magnitude_error": 0.2, "limit": 20.5, "positive": True,
        **changes,
    }  # fmt: skip


def limit(**changes: object) -> dict[str, object]:
    return point(magnitude=None, magnitude_error=None, positive=None, **changes)


def drawn(figure) -> list:
    """The traces that are not keys of the legend."""
    return [trace for trace in figure.data if trace.x[0] is not None]


@pytest.mark.parametrize(
    "history", [None, [], [point(mjd=None)], [limit(limit=None)], [point(magnitude=np.nan, limit=np.nan)]]
)
def test_without_history_there_is_no_figure(history):
    assert light_curve_figure(history, ALERT) is None


def test_an_alert_without_a_date_has_none():
    assert light_curve_figure([point()], {**ALERT, "mjd": np.nan}) is None


def test_days_magnitudes_errors_and_the_alert_itself():
    traces = drawn(light_curve_figure([point(), point(mjd=58995.5, magnitude=18.5)], pd.Series(ALERT)))
    assert [trace.name for trace in traces] == ["g", "r"]
    assert list(traces[0].x) == [10.0, 4.5] and list(traces[0].y) == [19.0, 18.5]
    assert list(traces[0].error_y.array) == [0.2, 0.2]
    assert list(traces[1].x) == [0.0] and list(traces[1].y) == [18.0]
    assert traces[1].marker.size > traces[0].marker.size


def test_limits_are_open_triangles_that_point_down():
    limits, _ = drawn(light_curve_figure([limit()], ALERT))
    assert limits.marker.symbol == "triangle-down-open"
    assert list(limits.y) == [20.5]


def test_bands_differ_in_colour_and_symbol():
    assert len({style[0] for style in BANDS.values()}) == len({style[1] for style in BANDS.values()}) == len(BANDS)


@pytest.mark.parametrize("negative", [False, np.False_])
def test_fainter_than_the_template_is_open_and_said_so(negative):
    figure = light_curve_figure([point(positive=negative)], ALERT)
    assert list(drawn(figure)[0].marker.symbol) == ["circle-open"]
    assert "fainter than the template" in {trace.name for trace in figure.data}
    assert "fainter than the template" not in {trace.name for trace in light_curve_figure([point()], ALERT).data}


def test_axes_are_labelled_and_bright_is_up():
    layout = light_curve_figure([point()], ALERT).layout
    assert layout.yaxis.autorange == "reversed" and "(mag)" in layout.yaxis.title.text
    assert layout.xaxis.autorange == "reversed" and "days" in layout.xaxis.title.text


def test_each_band_stands_once_in_the_legend():
    figure = light_curve_figure([limit(), point(), limit(band="r"), point(band="r"), limit(band="i")], ALERT)
    shown = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert shown == ["g", "r", "i", "limit", "this alert"]
