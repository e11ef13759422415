"""What a page shows, kept in the URL so that every view is a link, and in the session.

The keys are our own: Streamlit drops widgets' keys when the page changes. An alert is kept as text, never as a number:
its candid or, if two surveys share that, 'ztf:123'.
"""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from ztfexplore import paths
from ztfexplore.alerts import keys
from ztfexplore.alerts.keys import Key

CANDID, CATALOGUE = "candid", "catalogue"
# Further candids of a query, and those it should be far from, separated by commas.
LIKE, UNLIKE = "like", "unlike"
MOST_CANDIDS = 60
# Carried along from page to page.
CARRIED = (CATALOGUE, CANDID)
PAGE, CARRY = "page-shown", "page-carried"


def arrive(page: str) -> None:
    """Called when a page begins: carries the catalogue and the picked object over from another page.

    A link in the navigation has neither. A step back in the browser has what that page had, which stays as it is.
    """
    if st.session_state.get(PAGE, page) != page:
        for name, value in st.session_state.get(CARRY, {}).items():
            if name not in st.query_params:
                st.query_params[name] = value
    st.session_state[PAGE] = page
    st.session_state[CARRY] = {name: st.query_params[name] for name in CARRIED if name in st.query_params}


def get(name: str) -> str | None:
    """A part of the view, from the URL."""
    value = st.query_params.get(name)
    return value or None


def put(name: str, value: str | None) -> None:
    """Change a part of the view; None removes it from the URL."""
    if value is None:
        st.query_params.pop(name, None)
        st.session_state.get(CARRY, {}).pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
        if name in CARRIED:
            st.session_state.setdefault(CARRY, {})[name] = value


def catalogues() -> dict[str, Path]:
    """Catalogues that can be opened, by the name shown: ZTFEXPLORE_CATALOGUE's first, then those in data/."""
    named = os.environ.get("ZTFEXPLORE_CATALOGUE")
    found = {Path(named).name: Path(named)} if named else {}
    return {**found, **{path.name: path for path in paths.catalogues() if path.name not in found}}


def picked_key() -> Key | None:
    """The picked alert; None without one, or if the URL names none."""
    return keys.parse(get(CANDID) or "")


def picked_keys(name: str) -> list[Key]:
    """The alerts in a part of the URL; any other text is ignored."""
    parts = (get(name) or "").split(",")[:MOST_CANDIDS]
    return [key for part in parts if (key := keys.parse(part)) is not None]
