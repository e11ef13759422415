"""The data page: its sections, the table of all catalogues, and what one of them holds."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from ztfexplore import registry
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import ZtfexploreError
from ztfexplore.overview import inventory
from ztfexplore.plots import data as plots_data
from ztfexplore.ui import state
from ztfexplore.ui.data import add, encoders, jobs, origin
from ztfexplore.ui.data.jobs import ADD, ALL, COUNTS, ENCODERS, ORIGIN, REJECTS
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import charts, choice
from ztfexplore.ui.widgets.naming import nouns

SECTION = "section"
SECTIONS = {
    ALL: "All catalogues",
    COUNTS: "Counts",
    ORIGIN: "Provenance",
    REJECTS: "Rejects",
    ENCODERS: "Encoders",
    ADD: "Add alerts",
}
TABLE = "catalogues-table"


def choose_section() -> str:
    """The part of the page to show, kept in the URL."""
    return choice.segmented("Show", SECTIONS, SECTION, show_label=False)


def of_all(section: str) -> None:
    """The sections that need no readable catalogue: the table of all catalogues, and adding alerts."""
    jobs.show_stopped_work()
    for line in registry.problems:
        st.warning(escape_markdown(line), icon=":material/extension_off:")
    if section == ALL:
        _overview()
        add.built_in(ALL)
    elif section == ADD:
        add.add(ADD)


def of_one(section: str, view: View) -> None:
    """The sections about the chosen catalogue."""
    if section == COUNTS:
        _counts(view)
    elif section == ORIGIN:
        origin.origin(view)
    elif section == REJECTS:
        origin.rejected(view)
    elif section == ENCODERS:
        encoders.encoders(ENCODERS, view)


# --- all catalogues --------------------------------------------------------------------------------------------------


def _overview() -> None:
    found = state.catalogues()
    rows = [{"name": name, **_line(path)} for name, path in found.items()]
    st.dataframe(
        pd.DataFrame(rows),
        key=TABLE,
        hide_index=True,
        on_select=lambda: _choose_row(list(found)),
        selection_mode="single-row",
        column_config=_columns(),
        column_order=list(_columns()),
    )
    for row in rows:
        if "problem" in row:
            st.warning(
                escape_markdown(f"{row['name']} cannot be read. {row['problem']}"), icon=":material/broken_image:"
            )
    st.caption("Tick a row to choose that catalogue for all pages; the address bar then names it.")


def _columns() -> dict[str, ColumnConfig | str | None]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "name": text("catalogue", width="small"),
        "survey": text("survey"),
        "alerts": number("alerts", format="localized", width="small"),
        "objects": number("objects", format="localized", width="small"),
        "labelled": number("labelled", format="localized", width="small", help="objects that have a class"),
        "from": text("from (UTC)", width="small"),
        "to": text("to (UTC)", width="small"),
        "size": text("on disk", width="small"),
        "version": number("version", width="small", help="increases with every change"),
        "embedded": text("embedded by"),
        "mapped": text("maps of"),
    }


def _line(path: Path) -> dict[str, object]:
    """A catalogue's line in the table; the problem instead if it cannot be read."""
    try:
        return _summary(
            str(path), Catalogue.open(path).version, inventory.written(path), inventory.labels_version(path)
        )
    except ZtfexploreError as error:
        return {"problem": str(error)}


@st.cache_data(max_entries=64, show_spinner="Reading the catalogues")
def _summary(path: str, version: int, made: int, labels: str) -> dict[str, object]:
    """The other arguments are only parts of the cache's key."""
    found = inventory.summary(Catalogue.open(path))
    mapped = "all of them" if found["mapped"] and found["mapped"] == found["embedded"] else found["mapped"]
    return {**found, "size": inventory.human_size(found["bytes"]), "mapped": mapped}


def _choose_row(names: list[str]) -> None:
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows and rows[0] < len(names):
        state.put(state.CATALOGUE, names[rows[0]])
        state.put(state.CANDID, None)


# --- what is in one --------------------------------------------------------------------------------------------------


def _counts(view: View) -> None:
    if view.frame.empty:
        st.info(f"Catalogue {escape_markdown(view.catalogue.path.name)} is empty. 'Add alerts' above fills it.")
        return
    sums, by_class, by_band, by_date, step = _counted(view.key, view.token, view.labels, view)
    st.markdown(sums)
    left, right = st.columns([3, 2])
    with left:
        st.markdown("**Classes**")
        if view.is_labelled:
            _chart(plots_data.classes_figure(by_class), "classes", by_class)
        else:
            _how_to_label(view)
    with right:
        st.markdown("**Bands**")
        if set(by_band["band"]) == {plots_data.NO_BAND}:
            st.info(f"None of these {escape_markdown(nouns(view)[1])} has a band.", icon=":material/filter_alt_off:")
        else:
            _chart(plots_data.bands_figure(by_band), "bands", by_band)
    st.markdown(f"**Alerts a {step}** (UTC)")
    if by_date.empty:
        st.info(f"None of these {escape_markdown(nouns(view)[1])} has a date.", icon=":material/event_busy:")
    else:
        _chart(plots_data.dates_figure(by_date, step), "dates", by_date)


@st.cache_data(max_entries=8, show_spinner="Counting")
def _counted(
    key: str, token: str, labels: str, _view: View
) -> tuple[str, pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
    """The sums, and the counts by class, by band, by date and its step. All but the view are the cache's key."""
    frame = _view.frame
    by_date, step = plots_data.date_counts(frame)
    return _sums(_view), plots_data.class_counts(frame), plots_data.band_counts(frame), by_date, step


def _sums(view: View) -> str:
    """The catalogue in one line of Markdown."""
    frame, labelled = view.frame, view.frame["label"].notna()
    one, several = nouns(view)
    objects = frame["object_id"].nunique()
    of = f" of **{objects:,}** objects" if objects != len(frame) else ""
    classed = frame.loc[labelled, "object_id"].nunique()
    days = inventory.dates(frame["mjd"])
    days = days[~pd.isna(days)]
    parts = [f"**{len(frame):,}** {escape_markdown(several if len(frame) != 1 else one)}{of}"]
    parts.append(f"**{classed:,}** objects with a class ({classed / objects:.0%})")
    if len(days):
        parts.append(f"{days.min()} to {days.max()} (UTC)")
    if 0 < len(days) < len(frame):
        parts.append(f"{len(frame) - len(days):,} without a date")
    return " · ".join(parts)


def _chart(figure: go.Figure, name: str, table: pd.DataFrame) -> None:
    """A figure whose toolbar saves it as PNG, with its numbers as CSV."""
    charts.chart(figure, f"chart-{name}", name)
    charts.download(table, f"{name}.csv", f"download-{name}", "Numbers as CSV")


def _how_to_label(view: View) -> None:
    path = view.catalogue.path
    st.info(
        "Nothing here has a class yet. Under 'Add alerts' choose this catalogue and a labels file (CSV with candid, "
        "label, label_source): labels also reach alerts already in the catalogue. Or on the command line:",
        icon=":material/label_off:",
    )
    st.code(f"ztfexplore ingest SOURCE --catalogue {os.fspath(path)} --labels labels.csv", language="bash")
