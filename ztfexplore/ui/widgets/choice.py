"""Boxes and rows of buttons whose choice is a part of the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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

    The box follows the URL by its key. By its `index`, every change would make a new box, which loses the next
    change.
    """
    asked, key = state.get(name), f"choice-{name}"
    chosen = asked if asked is not None and asked in options else default
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


def segmented(
    label: str,
    options: Mapping[str, str],
    name: str,
    help: str | None = None,  # Streamlit's word
    show_label: bool = True,
) -> str:
    """What is chosen of a few options, all of them in sight: what the URL has under `name`, else the first.

    Args:
        label: above them.
        options: their titles; the first is left out of the URL.
        name: in the URL.
        help: behind a question mark beside the label.
        show_label: whether it is there for those who see.
    """
    asked, first, key = state.get(name), next(iter(options)), f"choice-{name}"
    chosen = asked if asked is not None and asked in options else first
    st.session_state[key] = chosen

    def put() -> None:
        value = st.session_state[key]
        state.put(name, None if value in (first, None) else value)

    st.segmented_control(
        label,
        list(options),
        key=key,
        format_func=options.__getitem__,
        required=True,
        help=help,
        label_visibility="visible" if show_label else "collapsed",
        on_change=put,
    )
    return chosen
