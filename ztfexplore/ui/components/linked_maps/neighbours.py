"""The grids of neighbours, and the picks and selections that the browser reports."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import numpy as np
import streamlit as st

from ztfexplore.ui.components.mount import component, digest, message
from ztfexplore.ui.server.published import publish, publish_view
from ztfexplore.ui.server.view import View

_HTML = '<div class="zx-panel" data-testid="neighbours" aria-live="polite"></div>'


def show_neighbours(
    page: str,
    view: View,
    query: tuple[Sequence[int], Sequence[int]],
    encoders: Sequence[tuple[str, str]],
    *,
    same_object: bool,
    selected: tuple[np.ndarray, str],
    state: str,
    on_pick: Callable[[], None],
    on_select: Callable[[], None],
) -> None:
    """Mount the neighbour grids.

    Args:
        page: the name that mounts of one page share.
        view: what is shown.
        query: rows to be near to, the picked one first, and rows to be far from.
        encoders: name and title of each.
        same_object: whether other alerts of the same object are included.
        selected: rows that are selected, int64, and the name of that selection, see `selection`.
        state: changes when the answer to the same query would, for example with other labels.
        on_pick: called when objects are picked, in a map or in a grid; `picked` says which.
        on_select: called when objects are selected; `selection` says which.
    """
    data = {
        **message("panel", page, publish_view(view)),
        "like": [int(row) for row in query[0]],
        "unlike": [int(row) for row in query[1]],
        "encoders": [name for name, _ in encoders],
        "headings": [title for _, title in encoders],
        "same_object": same_object,
        "selected": {
            "rows": publish(selected[0].astype("<u4")) if len(selected[0]) else None,
            "name": selected[1],
        },
        "state": digest(view.token, state, encoders, same_object),
    }
    component("ztfexplore_panel", _HTML)(
        key=panel_key(page), data=data, on_pick_change=on_pick, on_selected_change=on_select
    )


def panel_key(page: str) -> str:
    """Session-state key of the mount that reports picks and selections."""
    return f"{page}-panel"


def picked(page: str, view: View) -> tuple[list[int], list[int]] | None:
    """Rows just picked in the browser, and rows to be far from; None if it sent no pick."""
    sent = _sent(page, "pick", view)
    if sent is None:
        return None
    count = len(view.frame)
    like, unlike = ([row for row in _list(sent.get(name)) if _is_row(row, count)] for name in ("like", "unlike"))
    return like, unlike


def selection(page: str, view: View) -> tuple[np.ndarray, str] | None:
    """Rows just selected in the browser, int64, ascending, and its name for them; None if it sent no selection."""
    sent = _sent(page, "selected", view)
    if sent is None:
        return None
    try:
        rows = np.frombuffer(base64.b64decode(str(sent.get("rows", "")), validate=True), dtype="<u4").astype(np.int64)
    except (binascii.Error, ValueError):
        return None
    return np.unique(rows[rows < len(view.frame)]), str(sent.get("name", ""))[:40]


def _sent(page: str, name: str, view: View) -> dict[str, Any] | None:
    """What the browser sent, if it was about this version of the catalogue."""
    sent = (st.session_state.get(panel_key(page)) or {}).get(name)
    if not isinstance(sent, dict) or not str(sent.get("version", "")).startswith(view.token):
        return None
    return sent


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_row(value: object, count: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count
