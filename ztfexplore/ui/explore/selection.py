"""The objects inside the box or lasso that was drawn last in this session."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ztfexplore.ui.components.linked_maps.neighbours import selection
from ztfexplore.ui.labelling.store import tally_labels
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import charts, gallery

SELECTED = "selected-rows"  # (the version they are rows of, int64 rows, the browser's name for them)
_NONE: tuple[None, np.ndarray, str] = (None, np.empty(0, dtype=np.int64), "")


def rows(view: View, passed: np.ndarray | None = None) -> np.ndarray:
    """Selected rows of this version of the catalogue, int64, ascending.

    Args:
        view: the catalogue.
        passed: bool (n,), False for rows that a filter leaves out: hidden rows are not acted on. None for no
            filter.
    """
    selected = named(view)[0]
    return selected if passed is None else selected[passed[selected]]


def named(view: View) -> tuple[np.ndarray, str]:
    """As `rows`, with the browser's name for the selection; "" without one, or if it belongs to another version."""
    token, selected, name = st.session_state.get(SELECTED, _NONE)
    return (selected, name) if token == view.token else _NONE[1:]


def remember(page: str, view: View) -> None:
    """Keep what the browser has just sent."""
    found = selection(page, view)
    if found is not None:
        st.session_state[SELECTED] = (view.token, *found)


def clear() -> None:
    """Clear the selection; the maps follow."""
    st.session_state.pop(SELECTED, None)


def show_selection(view: View, passed: np.ndarray | None = None) -> None:
    """The selection: how many of each class, their stamps, and all of them as a file; nothing without one."""
    selected = rows(view, passed)
    left_out = len(rows(view)) - len(selected)
    if left_out:
        st.caption(f"{left_out:,} more selected alerts do not pass the filter; they are left out here.")
    if not len(selected):
        return
    with st.container(border=True, key="selection"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{len(selected):,} selected** · {tally_labels(view.frame['label'].iloc[selected])}")
            name = f"selected-{view.catalogue.path.name}.csv"
            charts.download(lambda: view.frame.iloc[selected], name, "selection-csv", "CSV")
            st.button("Clear", key="selection-clear", icon=":material/close:", type="tertiary", on_click=clear)
        gallery.show_gallery(view, selected.tolist(), key="selection")
