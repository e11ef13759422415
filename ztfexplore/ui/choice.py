"""A box whose choice is a part of the URL."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ztfexplore.ui import state


def select(
    label: str,
    options: Sequence[str],
    name: str,
    default: str,
    format_func: Callable[[str], str] = str,
    help: str | None = None,  # Streamlit's word
) -> str:
    """What is chosen of some options: what the URL has under `name`, else the default.

    The box follows the URL by its key. Were that its `index`, every change would make it another box, which forgets
    the next one.
    """
    asked, key = state.get(name), f"choice-{name}"
    chosen = asked if asked in options else default
    st.session_state[key] = chosen
    st.selectbox(
        label,
        options,
        key=key,
        format_func=format_func,
        help=help,
        on_change=lambda: state.put(name, st.session_state[key]),
    )
    return chosen
