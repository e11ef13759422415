"""The box to type into what to find, and what was found."""

from __future__ import annotations

import streamlit as st

from ztfexplore.display.colours import UNLABELLED
from ztfexplore.query.find import FindResult, find
from ztfexplore.ui import state
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View

BOX = "find"
FOUND = "found"  # the last result: (the catalogue it was found in, the text, FindResult)
MOST_SHOWN = 20
HELP = (
    "An object_id (or a part of one), a candid, or a position: `153.05 41.03`, `10:12:13.5 +41:02:03` or "
    "`10h12m13.5s +41d02m03s`, followed by a radius if 10 arcsec is too small: `30 arcsec`, `r=30`."
)


def show_find_box(view: View) -> None:
    """The box. A single result is picked when the text changes, and only then: a later click on a map wins."""
    st.text_input(
        "Find",
        key=BOX,
        placeholder="id, candid, RA Dec",
        help=HELP,
        on_change=_look_up,
        args=(view,),
    )


def _look_up(view: View) -> None:
    """Pick a single result and empty the box for the next; remember anything else, to be shown."""
    text = st.session_state.get(BOX, "")
    st.session_state.pop(FOUND, None)
    if not text.strip():
        return
    found = find(view.frame, text)
    if len(found.firsts) == 1:
        _pick(view, int(found.rows[found.firsts[0]]))
        st.session_state[BOX] = ""
    else:
        st.session_state[FOUND] = (view.key, text, found)


def _pick(view: View, row: int) -> None:
    state.put(state.CANDID, view.key_of(row))


def results(view: View) -> None:
    """The result if it was not exactly one object: a list to pick from, or the reason why there is nothing."""
    key, text, found = st.session_state.get(FOUND, (None, None, None))
    if found is None or key != view.key or text != st.session_state.get(BOX):
        return
    if found.message:
        st.warning(escape_markdown(found.message), icon=":material/search_off:")
    else:
        _choose(view, found)


def _choose(view: View, found: FindResult) -> None:
    """The objects found, each a button that picks it."""
    total = len(found.firsts)
    first = f", the first {MOST_SHOWN} are shown" if total > MOST_SHOWN else ""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="found"):
        st.caption(escape_markdown(f"{total} objects ({found.understood}){first}:"))
        for position in found.firsts[:MOST_SHOWN].tolist():
            row = int(found.rows[position])
            st.button(_label(view, found, position), key=f"found-{row}", on_click=_pick, args=(view, row))


def _label(view: View, found: FindResult, position: int) -> str:
    record = view.frame.iloc[int(found.rows[position])]
    label = record["label"] if isinstance(record["label"], str) else UNLABELLED
    parts = [f"**{escape_markdown(record['object_id'])}**", *([escape_markdown(label)] if view.is_labelled else [])]
    if found.separations is not None:
        parts.append(escape_markdown(f"{found.separations[position]:.1f} arcsec"))
    return " · ".join(parts)
