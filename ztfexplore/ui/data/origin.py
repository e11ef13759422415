"""Where a catalogue's alerts and labels came from, its history, and what was rejected."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ztfexplore.catalogue import provenance, rejects
from ztfexplore.errors import ZtfexploreError
from ztfexplore.overview import inventory
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets.charts import download
from ztfexplore.ui.widgets.data_tables import height_of
from ztfexplore.ui.widgets.naming import title

SEARCH, KIND = "rejects-search", "rejects-kind"
MOST_SHOWN = 5000
WHEN = "YYYY-MM-DD HH:mm"


def _tables(view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sources and versions of a view."""
    return _origin(view.key, view.token, view.labels, view)


@st.cache_data(max_entries=8, show_spinner="Reading where it came from")
def _origin(key: str, token: str, labels: str, _view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All but the view are the cache's key."""
    versions = _view.catalogue.versions()
    return provenance.sources(_view.frame, versions), provenance.history(versions)


def origin(view: View) -> None:
    """Sources, label sources, weights, history."""
    sources, history = _tables(view)
    number, text, when = (
        st.column_config.NumberColumn,
        st.column_config.TextColumn,
        st.column_config.DatetimeColumn,
    )
    st.markdown("**Sources**: the files and programs the alerts came from")
    st.dataframe(
        sources,
        hide_index=True,
        height=height_of(len(sources), 8),
        column_config={
            "source": text("source", width="large"),
            "alerts": number("alerts", format="localized"),
            "objects": number("objects", format="localized"),
            "labelled": number("labelled alerts", format="localized"),
            "first": when("ingested from (UTC)", format=WHEN),
            "last": when("to (UTC)", format=WHEN),
        },
    )
    download(sources, "sources.csv", "download-sources", "Sources as CSV")
    left, right = st.columns(2)
    with left:
        _labels(view)
    with right:
        _weights(view)
    st.markdown("**History**: every version on disk")
    st.dataframe(
        history,
        hide_index=True,
        height=height_of(len(history), 10),
        column_config={
            "version": number("version", width="small"),
            "when": when("written (UTC)", format="YYYY-MM-DD HH:mm:ss"),
            "alerts": number("alerts", format="localized", width="small"),
            "change": text("what changed", width="large"),
        },
    )


def _labels(view: View) -> None:
    """The rule or catalogue that gave each class."""
    st.markdown("**Labels**: who or what assigned them")
    table = provenance.label_sources(view.frame).rename(columns={"label": "class", "label_source": "assigned by"})
    if table.empty:
        st.info("Nothing here has a class yet. 'Add alerts' accepts a labels file too.", icon=":material/label_off:")
        return
    st.dataframe(table, hide_index=True, height=height_of(len(table), 8))
    download(table, "label_sources.csv", "download-labels", "Label sources as CSV")


def _weights(view: View) -> None:
    """The weights behind each embedding."""
    st.markdown("**Embeddings**: the weights that made them")
    states = [state for state in inventory.encoders(view.catalogue, view.surveys) if state.weights is not None]
    if not states:
        st.info(
            "No encoder has run here yet. The section 'Encoders' has a button for each.", icon=":material/scatter_plot:"
        )
        return
    rows = [(title(s.name), s.embedded, _judged(s), s.weights) for s in states]
    table = pd.DataFrame(rows, columns=["encoder", "alerts", "weights", "sha256 of the weights"])
    st.dataframe(table, hide_index=True, height=height_of(len(table), 8))


def _judged(state: inventory.EncoderState) -> str:
    if state.is_stale:
        return "outdated: other weights are shipped now"
    if state.shipped:
        return "as shipped"
    return "baseline" if state.name in inventory.BASELINES else "not a shipped encoder"


# --- rejects -------------------------------------------------------------------------------------------------------


def rejected(view: View) -> None:
    """What the last ingest rejected, by reason and line by line."""
    path = rejects.path_of(view.catalogue.path)
    try:
        table = rejects.read_rejects(path)
    except ZtfexploreError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    if table.empty:
        said = "rejected nothing" if path.exists() else "left no list of rejects"
        st.success(f"The last ingest into this catalogue {said}.", icon=":material/check_circle:")
        return
    st.markdown(f"The last ingest into this catalogue rejected **{len(table):,}** items:")
    reasons = rejects.by_reason(table)
    left, right = st.columns([1, 3])
    with left:
        st.dataframe(reasons, hide_index=True, height=height_of(len(reasons), 8))
        kind = st.selectbox("Reason", [None, *reasons["reason"]], format_func=lambda name: name or "all", key=KIND)
    with right:
        show_rejects(rejects.matching(table, _search(), kind), len(table), "rejects.csv")


def _search() -> str:
    return st.text_input("Search", key=SEARCH, placeholder="candid, file or reason")


def show_rejects(found: pd.DataFrame, total: int, name: str) -> None:
    """Lines of rejects, and a button that saves them."""
    if found.empty:
        st.info(f"None of the {total:,} lines match.", icon=":material/search_off:")
        return
    st.dataframe(
        found.head(MOST_SHOWN),
        hide_index=True,
        height=height_of(len(found), 10),
        column_config={
            "source": st.column_config.TextColumn(width="medium"),
            "reason": st.column_config.TextColumn(width="large"),
        },
    )
    first = f", the first {MOST_SHOWN:,} are shown" if len(found) > MOST_SHOWN else ""
    st.caption(f"{len(found):,} of {total:,} lines{first}")
    download(found, name, f"download-{name}", "These lines as CSV")
