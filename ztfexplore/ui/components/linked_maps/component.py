"""The one component of our own: two linked maps, the picked object's stamps and its neighbours.

It is mounted once for each role (see js/main.js). The messages are small: what is large, and what a click needs, has an
address that the browser fetches from beside the pages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from ztfexplore.display.colours import Categories, Numbers
from ztfexplore.ui.server.assets import plotly_url, script_url
from ztfexplore.ui.server.published import publish, publish_once, publish_view
from ztfexplore.ui.server.view import View

_HERE = Path(__file__).parents[1]
# Beyond this many objects their names are no longer sent along for hovering.
NAMED_OBJECTS = 200_000

# Streamlit sends this with every message: the rest is fetched once.
_ENTRY = """export default function (component) {
  if (!component.data) return;
  const main = import(new URL(component.data.script, document.baseURI).href);
  main.then(({ mount }) => mount(component)).catch((error) => {
    const root = component.parentElement.querySelector(".zx-legend");
    if (root) root.textContent = `The maps cannot be drawn, reload the page: ${error.message}`;
  });
  return () => main.then(({ unmount }) => unmount(component), () => {});
}"""
_PLOT = """<div class="zx-plot"><div class="zx-chart"></div><canvas class="zx-selected" hidden></canvas>
<svg class="zx-outline"><path></path></svg><svg class="zx-marks"></svg><div class="zx-tip" hidden></div></div>"""
_MAPS_HTML = f"""<div class="zx-maps" data-testid="linked-maps"><div class="zx-legend"></div>
<div class="zx-title"></div><div class="zx-title"></div>{_PLOT}{_PLOT}</div>"""
_PANEL_HTML = '<div class="zx-panel" data-testid="neighbours" aria-live="polite"></div>'
_STAMPS_HTML = '<div class="zx-object-stamps" data-testid="stamps"></div>'


@dataclass(frozen=True)
class MapPanel:
    """One of the maps: its encoder, its title and its points, float32 (n, 2), NaN where there is none."""

    encoder: str
    title: str
    points: np.ndarray


@st.cache_resource(show_spinner=False)
def _component(name: str, html: str) -> Callable[..., Any]:
    """The registered component; the code is read once a process."""
    css = "".join(path.read_text(encoding="utf-8") for path in sorted(_HERE.glob("*/*.css")))
    return st.components.v2.component(name, html=html, css=css, js=_ENTRY, isolate_styles=False)


def maps(
    page: str,
    view: View,
    panels: Sequence[MapPanel],
    colouring: Categories | Numbers,
    *,
    shown: np.ndarray | None = None,
    uploaded: Sequence[tuple[float, float] | None] | None = None,
    note: str | None = None,
    legend: str = "",
) -> None:
    """Mount the maps.

    Args:
        page: names the mounts that belong together.
        view: whose rows the points are.
        panels: left and right, or a single one.
        colouring: of the points.
        shown: bool (n,), False for points that a filter leaves out; None for all.
        uploaded: where an object that is not in the catalogue lies on each map.
        note: what must be said beside the legend.
        legend: what the classes in the legend are, if they are not labels.
    """
    version = f"{view.token}:{':'.join(panel.encoder for panel in panels)}"
    message = {
        "role": "maps",
        "page": page,
        "script": script_url("main.js"),
        "plotly": plotly_url(),
        "version": version,
        "view": publish_view(view),
        "note": note,
        "panels": [
            {"encoder": panel.encoder, "title": panel.title, "points": _points(view, panel)} for panel in panels
        ],
        "ids": _ids(view),
        "table": f"{publish_view(view)}/points.csv?{urlencode([('encoder', panel.encoder) for panel in panels])}",
        "colour": {**_colour(version, colouring, shown), "legend": legend},
        "uploaded": uploaded and [place and [float(place[0]), float(place[1])] for place in uploaded],
    }
    _component("ztfexplore_maps", _MAPS_HTML)(key=f"{page}-maps", data=message)


def _points(view: View, panel: MapPanel) -> str:
    """The address of a map's x of all points, then y of all."""
    return publish_once(view, f"map:{panel.encoder}", lambda: panel.points.T.astype("<f4"))


def _ids(view: View) -> str | None:
    """The address of the objects' names, one a line; None if they are too many to send."""
    names = view.frame["object_id"]
    if len(names) > NAMED_OBJECTS:
        return None
    return publish_once(view, "ids", lambda: "\n".join(str(name).replace("\n", " ") for name in names).encode())


def _colour(version: str, colouring: Categories | Numbers, shown: np.ndarray | None) -> dict[str, Any]:
    if isinstance(colouring, Categories):
        content: dict[str, Any] = {
            "kind": "categories",
            "codes": publish(colouring.codes),
            "entries": [asdict(entry) for entry in colouring.entries],
        }
    else:
        content = {
            "kind": "numbers",
            "values": publish(colouring.values.astype("<f4")),
            "low": colouring.low,
            "high": colouring.high,
            "title": colouring.title,
        }
    content["shown"] = None if shown is None else publish(shown.astype(np.uint8))
    return {**content, "id": _digest(version, content)}


def stamps(page: str, view: View, row: int) -> None:
    """Mount the picked object's name, class and stamps."""
    message = {
        "role": "stamps",
        "page": page,
        "script": script_url("main.js"),
        "view": publish_view(view),
        "row": row,
        "name": str(view.column("object_id")[row]),
    }
    _component("ztfexplore_stamps", _STAMPS_HTML)(key=f"{page}-stamps", data=message)


def neighbours(
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
        page: names the mounts that belong together.
        view: what is shown.
        query: rows to be near to, the picked one first, and rows to be far from.
        encoders: name and title of each.
        same_object: whether other alerts of the same object count as neighbours.
        selected: rows that are selected, int64, and the name of that selection, see `selection`.
        state: changes when the same question would be answered anew, with other labels for example.
        on_pick: called when objects are picked, in a map or in a grid; `picked` says which.
        on_select: called when objects are selected; `selection` says which.
    """
    message = {
        "role": "panel",
        "page": page,
        "script": script_url("main.js"),
        "view": publish_view(view),
        "like": [int(row) for row in query[0]],
        "unlike": [int(row) for row in query[1]],
        "encoders": [name for name, _ in encoders],
        "headings": [title for _, title in encoders],
        "same_object": same_object,
        "selected": {
            "rows": publish(selected[0].astype("<u4")) if len(selected[0]) else None,
            "name": selected[1],
        },
        "state": _digest(view.token, state, encoders, same_object),
    }
    _component("ztfexplore_panel", _PANEL_HTML)(
        key=panel_key(page), data=message, on_pick_change=on_pick, on_selected_change=on_select
    )


def panel_key(page: str) -> str:
    """Session-state key of the mount that reports picks and selections."""
    return f"{page}-panel"


def picked(page: str, view: View) -> tuple[list[int], list[int]] | None:
    """Rows that were picked in the browser just now, and rows to be far from; None if it sent no such thing."""
    sent = _sent(page, "pick", view)
    if sent is None:
        return None
    count = len(view.frame)
    like, unlike = ([row for row in _list(sent.get(name)) if _is_row(row, count)] for name in ("like", "unlike"))
    return like, unlike


def selection(page: str, view: View) -> tuple[np.ndarray, str] | None:
    """Rows that were selected in the browser just now, int64, ascending, and its name for them; None if it sent no such
    thing."""
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


def _is_row(value: object, count: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
