"""The objects a person drew a box or a lasso around, for this visit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ztfexplore.ui import gallery, linked_maps
from ztfexplore.ui.labelling_store import tally
from ztfexplore.ui.resources import View

SELECTED = "selected-rows"  # (the version they are rows of, int64 rows)


def rows(view: View) -> np.ndarray:
    """Selected rows of this version of the catalogue, int64, ascending."""
    token, selected = st.session_state.get(SELECTED, (None, None))
    return selected if token == view.token else np.empty(0, dtype=np.int64)


def remember(page: str, view: View) -> None:
    """Keep what the browser has just sent."""
    found = linked_maps.selection(page, view)
    if found is not None:
        st.session_state[SELECTED] = (view.token, found)


def clear() -> None:
    """Let go of the selection; the maps follow."""
    st.session_state.pop(SELECTED, None)


def show(view: View) -> None:
    """What is selected: how many of which class, their stamps, and all of them as a file; nothing if none is."""
    selected = rows(view)
    if not len(selected):
        return
    with st.container(border=True, key="selection"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{len(selected):,} selected** · {tally(view.frame['label'].iloc[selected])}")
            st.download_button(
                "CSV",
                data=lambda: view.frame.iloc[selected].to_csv(index=False),
                file_name=f"selected-{view.catalogue.path.name}.csv",
                mime="text/csv",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
                key="selection-csv",
            )
            st.button("Clear", key="selection-clear", icon=":material/close:", type="tertiary", on_click=clear)
        gallery.show(view, selected.tolist(), key="selection")
