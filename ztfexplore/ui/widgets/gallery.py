"""A grid of stamps, each a link to its object on the explore page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

import streamlit as st

from ztfexplore.display.colours import UNLABELLED
from ztfexplore.ui import state
from ztfexplore.ui.server import thumbnails
from ztfexplore.ui.server.view import View

AT_ONCE = 48
_SHOWN = "gallery-shown"  # how many each gallery shows, by its key

STYLE = """<style>
.zx-gallery {display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: .4rem}
.zx-gallery a {display: block; padding: 3px; border: 1px solid #8886; border-radius: .35rem; color: inherit;
  text-decoration: none; min-width: 0}
.zx-gallery a:hover, .zx-gallery a:focus-visible {border-color: #D55E00}
.zx-gallery img {display: block; width: 100%; image-rendering: pixelated;
  background: repeating-conic-gradient(#7773 0 25%, #7771 0 50%) 0 0 / 6px 6px}
.zx-gallery span {display: block; font-size: .72rem; line-height: 1.25; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap}
.zx-gallery span:first-of-type {font-weight: 600}
</style>"""


def show_gallery(view: View, rows: Sequence[int], captions: Sequence[str] | None = None, key: str = "gallery") -> None:
    """The stamps of these rows: AT_ONCE of them, and as many again at each 'show more'.

    Args:
        view: whose rows they are.
        rows: row numbers, in the order to be shown.
        captions: shown below each object_id, may have several lines; None shows the class. Any text is safe.
        key: of this gallery on its page; another set of rows under the same key starts from the top.
    """
    shown = _shown(key, rows)
    st.html(STYLE + _grid(view, rows[:shown], None if captions is None else captions[:shown]))
    if shown < len(rows):
        more = min(AT_ONCE, len(rows) - shown)
        st.button(f"Show {more} more of {len(rows)}", key=f"{key}-more", on_click=_more, args=(key, rows))


def link(view: View, row: int) -> str:
    """The address of an alert on the explore page, relative to any page of the app."""
    return f"./?{urlencode({state.CATALOGUE: view.catalogue.path.name, state.CANDID: view.key_of(row)})}"


def _of(rows: Sequence[int]) -> int:
    return hash(tuple(map(int, rows)))


def _shown(key: str, rows: Sequence[int]) -> int:
    """How many are shown."""
    of, count = st.session_state.get(_SHOWN, {}).get(key, (None, AT_ONCE))
    return count if of == _of(rows) else AT_ONCE


def _more(key: str, rows: Sequence[int]) -> None:
    shown = _shown(key, rows) + AT_ONCE
    st.session_state[_SHOWN] = {**st.session_state.get(_SHOWN, {}), key: (_of(rows), shown)}


def _grid(view: View, rows: Sequence[int], captions: Sequence[str] | None) -> str:
    """The grid as HTML."""
    records = view.frame.iloc[list(rows)]
    if captions is None:
        captions = [label if isinstance(label, str) else UNLABELLED for label in records["label"]]
    pictures = thumbnails.uris(view, rows)
    cards = [
        _card(link(view, row), pictures[row], object_id, caption)
        for row, object_id, caption in zip(rows, records["object_id"], captions, strict=True)
    ]
    return f"<div class='zx-gallery' data-testid='gallery'>{''.join(cards)}</div>"


def _card(address: str, picture: str, object_id: str, caption: str) -> str:
    lines = [object_id, *caption.split("\n")]
    spans = "".join(f"<span title='{escape(line, quote=True)}'>{escape(line)}</span>" for line in lines)
    name = escape(object_id, quote=True)
    return (
        f"<a href='{escape(address, quote=True)}' target='_self'><img src='{picture}' alt='stamp of {name}'>{spans}</a>"
    )
