"""What else is known about one object: its light curve, and its other alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd
import streamlit as st
from astropy.time import Time

from ztfexplore.display.colours import UNLABELLED
from ztfexplore.plots.light_curve import light_curve_figure
from ztfexplore.ui import state
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import charts

MOST_SHOWN = 40
WITHOUT_SCROLLING = 6
SCROLLED = 190  # pixels


@dataclass(frozen=True)
class History:
    """The light curve's points, and the rows of the other alerts of an object, the newest first."""

    points: list[Mapping[str, object]]
    others: list[int]

    @property
    def is_empty(self) -> bool:
        return not self.points and not self.others


def read_history(view: View, row: int) -> History:
    """What the catalogue holds about an object beyond this alert."""
    points = cast(list[Mapping[str, object]], view.catalogue.heavy(row)["history"] or [])
    return History(points, view.same_object(row))


def show_history(view: View, row: int, history: History) -> None:
    """The light curve and the list of other alerts; nothing if there are none."""
    figure = light_curve_figure(history.points, view.frame.iloc[row])
    if figure is not None:
        name = f"light-curve-{view.column('object_id')[row]}"
        charts.chart(figure, "light-curve", name)
        charts.download(pd.DataFrame(history.points), f"{name}.csv", "light-curve-csv", "Light curve (CSV)")
    if history.others:
        _other_alerts(view, history.others)


def _other_alerts(view: View, rows: list[int]) -> None:
    """A button for each, which picks it."""
    first = f", the newest {MOST_SHOWN} are shown" if len(rows) > MOST_SHOWN else ""
    many = len(rows) > WITHOUT_SCROLLING
    st.html(f"<b style='font-size:.85rem'>Other alerts of this object: {len(rows)}{first}</b>")
    with st.container(height=SCROLLED if many else "content", border=many, gap=None, key="other-alerts"):
        others = view.frame.iloc[rows[:MOST_SHOWN]]
        for other, label in zip(rows, _labels(others), strict=False):
            candid = view.key_of(other)
            st.button(label, key=f"alert-{candid}", type="tertiary", on_click=state.put, args=(state.CANDID, candid))


def _labels(records: pd.DataFrame) -> list[str]:
    """Date, band, magnitude and class of each."""
    known = records["mjd"].notna().to_numpy()
    dates = iter(Time(records["mjd"].to_numpy()[known], format="mjd").iso.tolist() if known.any() else [])
    return [
        escape_markdown(" · ".join([next(dates)[:16] if dated else "no date", *_brightness(record)]))
        for dated, (_, record) in zip(known.tolist(), records.iterrows(), strict=True)
    ]


def _brightness(record: pd.Series) -> list[str]:
    band = record["band"] if isinstance(record["band"], str) else ""
    magnitude = "" if pd.isna(record["magnitude"]) else f"{record['magnitude']:.2f} mag"
    label = record["label"] if isinstance(record["label"], str) else UNLABELLED
    return [part for part in (f"{band} {magnitude}".strip(), label) if part]
