"""The objects a person drew a box or a lasso around, for this visit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ztfexplore.ui import linked_maps
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
