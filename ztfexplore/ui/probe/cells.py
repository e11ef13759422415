"""Confusion matrices side by side; a click on a cell shows the stamps behind it. The URL remembers the cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from ztfexplore.plots import probe as plots_probe
from ztfexplore.probe.scores import confusion_counts
from ztfexplore.ui import state
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.probe import run
from ztfexplore.ui.probe.run import ProbeComparison
from ztfexplore.ui.probe.settings import CELL
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import gallery
from ztfexplore.ui.widgets.charts import config, download

Title = Callable[[str], str]


def show_confusion(view: View, comparison: ProbeComparison, set_name: str, title: Title) -> None:
    """A matrix for each probe, and the stamps of the cell that was clicked."""
    found = {name: run.predictions_by_object(comparison, set_name, name) for name in comparison.trained}
    # A single matrix over the whole width would be hard to read: its stamps are beside it.
    places = st.columns(max(2, len(found)))
    for place, (name, objects) in zip(places, found.items(), strict=False):
        with place:
            _matrix(comparison, name, objects, title)
            _download(view, objects, name)
    st.caption(
        "Objects, and their share of the true class. **Click a cell** to see its stamps. An object counts "
        "once, with its probabilities averaged over its alerts, in the first repeat: the diagonal can differ from the "
        "recalls above by a percentage point or two."
    )
    with places[1] if len(found) == 1 else st.container():
        _stamps(view, found, title)


def _matrix(comparison: ProbeComparison, name: str, objects: pd.DataFrame, title: Title) -> None:
    counts = confusion_counts(objects, comparison.trained[name].saved.classes)
    key = f"confusion-{name}"
    st.plotly_chart(
        plots_probe.confusion_figure(counts, title(name), _picked(name)),
        key=key,
        on_select=lambda: _pick(name, key),
        selection_mode="points",
        config=config(f"confusion-{name}"),
    )


def _picked(name: str) -> tuple[str, str] | None:
    """True and predicted class of the cell that was clicked in the matrix of a probe."""
    of, true, said = (state.get(key) for key in CELL)
    return (true, said) if of == name and true and said else None


def _pick(name: str, key: str) -> None:
    """A click on a cell: remember it in the URL."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        true, said, *_ = points[0]["customdata"]
        show_cell((name, str(true), str(said)))


def show_cell(cell: tuple[str, str, str] | None) -> None:
    """Show the stamps of (probe, true class, predicted class), or none."""
    for key, value in zip(CELL, cell or (None,) * len(CELL), strict=True):
        state.put(key, value)


def _download(view: View, objects: pd.DataFrame, name: str) -> None:
    """A download of every object of the matrix with its probabilities; candid as whole numbers."""
    download(
        lambda: objects.drop(columns="row").assign(candid=view.frame["candid"].to_numpy()[objects["row"]]),
        f"probe-{name}-objects.csv",
        f"objects-{name}",
        "Objects (CSV)",
    )


def _stamps(view: View, found: dict[str, pd.DataFrame], title: Title) -> None:
    """The gallery of the clicked cell."""
    name, true, said = (state.get(key) for key in CELL)
    if name is None or true is None or said is None:
        return
    if name not in found:
        return
    objects = found[name]
    objects = objects[(objects["true"] == true) & (objects["predicted"] == said)]
    objects = objects.sort_values(["probability", "object_id"], ascending=[False, True])
    heading, close = st.columns([0.8, 0.2], vertical_alignment="top")
    count = f"{len(objects)} object{'s' * (len(objects) != 1)}"
    heading.markdown(
        f"**{escape_markdown(title(name))}: true {escape_markdown(true)}, predicted {escape_markdown(said)}**, "
        f"{count}, most certain first. Click one to open it on the explore page."
    )
    close.button("Close", key="close-cell", on_click=show_cell, args=(None,), type="tertiary", icon=":material/close:")
    if objects.empty:
        st.caption("No object in this cell.")
        return
    gallery.show_gallery(view, objects["row"].tolist(), [_caption(one) for one in objects.itertuples()], key="cell")


def _caption(one: Any) -> str:
    """The text below a stamp, of a row that pandas gives as a named tuple."""
    alerts = f" · {one.alerts} alerts" if one.alerts > 1 else ""
    return f"{one.true} → {one.predicted}\np = {one.probability:.2f}{alerts}"
