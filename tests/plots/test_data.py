"""The figures of the data page show what the counts say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ztfexplore.display.colours import UNLABELLED
from ztfexplore.plots import data as plots_data


def frame(**columns: list) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    names = [f"o{n}" for n in range(length)]
    blank = {"label": None, "label_source": None, "source": "s", "band": None, "mjd": np.nan}
    return pd.DataFrame({"object_id": names, **{k: [v] * length for k, v in blank.items()}, **columns})


def test_counts_by_class_tell_alerts_from_objects():
    given = frame(label=["SN", "SN", None, "VS", "SN"])
    given["object_id"] = ["a", "a", "b", "c", "d"]
    table = plots_data.class_counts(given)
    assert table.values.tolist() == [["SN", 3, 2], ["VS", 1, 1], [UNLABELLED, 1, 1]]
    figure = plots_data.classes_figure(table)
    assert [list(bar.x) for bar in figure.data] == [[3, 1, 1], [2, 1, 1]]
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text


def test_fifty_classes_are_cut_short_and_none_is_lost():
    figure = plots_data.classes_figure(plots_data.class_counts(frame(label=[f"c{n}" for n in range(50)])))
    assert len(figure.data[0].y) == plots_data.MOST_CLASSES and sum(figure.data[0].x) == 50


def test_bands_from_blue_to_red():
    table = plots_data.band_counts(frame(band=["r", None, "g", "weird", "r"]))
    assert table["band"].tolist() == ["g", "r", "weird", "none"]
    assert plots_data.bands_figure(table).data[0].y == (1, 2, 1, 1)


@pytest.mark.parametrize(
    ("span", "step"), [(0, "night"), (119, "night"), (120, "month"), (7000, "month"), (9000, "year")]
)
def test_dates_by_night_month_or_year(span, step):
    table, found = plots_data.date_counts(frame(mjd=[58303.2, 58303.9, 58303.2 + span], band=["g", "r", "g"]))
    assert found == step and table["alerts"].sum() == 3
    first = {"night": "2018-07-04", "month": "2018-07-01", "year": "2018-01-01"}[step]
    assert table["start"].iloc[0] == first
    figure = plots_data.dates_figure(table, step)
    assert step in figure.layout.xaxis.title.text and sum(sum(bar.y) for bar in figure.data) == 3


def test_no_dates_are_an_empty_figure():
    table, step = plots_data.date_counts(frame(mjd=[np.nan, np.inf]))
    assert table.empty and step == "night"
    assert not plots_data.dates_figure(table, step).data


def test_names_in_figures_are_no_html():
    given = frame(label=["<b>x</b>"], band=["<i>"])
    given["mjd"] = 58000.0
    table, step = plots_data.date_counts(given)
    for figure in (
        plots_data.classes_figure(plots_data.class_counts(given)),
        plots_data.bands_figure(plots_data.band_counts(given)),
        plots_data.dates_figure(table, step),
    ):
        assert "<b>" not in figure.to_json() and "<i>" not in figure.to_json()
