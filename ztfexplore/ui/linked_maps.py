"""The one component of our own: two linked maps and the neighbours of the picked object.

It is mounted once for each role (see linked_maps.js), so that a click sends the neighbours and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ztfexplore.colours import Categories, Numbers
from ztfexplore.ui.assets import plotly_url

_HERE = Path(__file__).parent
# Beyond this many objects their names are no longer sent along for hovering.
NAMED_OBJECTS = 200_000

_PLOT = '<div class="zx-plot"><div class="zx-chart"></div><svg class="zx-marks"></svg></div>'
_MAPS_HTML = f"""<div class="zx-maps" data-testid="linked-maps"><div class="zx-legend"></div>
<div class="zx-title"></div><div class="zx-title"></div>{_PLOT}{_PLOT}</div>"""
_PANEL_HTML = '<div class="zx-panel" data-testid="neighbours"></div>'


@dataclass(frozen=True)
class MapPanel:
    """One of the maps: its title and its points, float32 (n, 2), NaN where there is none."""

    title: str
    points: np.ndarray


@dataclass(frozen=True)
class Neighbour:
    """One card of a neighbour grid: a picture, a caption beside a bar of that colour, and the distance.

    `candid` is text, since JavaScript's numbers would round it.
    """

    row: int
    candid: str
    object_id: str
    caption: str
    colour: str
    distance: float
    image: str
    shared: bool
    simulated: bool


@dataclass(frozen=True)
class NeighbourPanel:
    """The neighbours in one embedding."""

    heading: str
    note: str
    items: tuple[Neighbour, ...]


@st.cache_resource(show_spinner=False)
def _component(name: str, html: str) -> Callable[..., Any]:
    """The registered component; the code is read once a process."""
    return st.components.v2.component(
        name,
        html=html,
        css=(_HERE / "linked_maps.css").read_text(encoding="utf-8"),
        js=(_HERE / "linked_maps.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )


def maps(
    page: str, version: str, panels: Sequence[MapPanel], object_ids: Sequence[str], note: str | None = None
) -> None:
    """Mount the maps. Goes out once for each version of the catalogue and pair of encoders.

    Args:
        page: names the mounts that belong together.
        version: names this geometry; `colour` must name the same.
        panels: left and right, or a single one.
        object_ids: one a point, for hovering.
        note: what must be said beside the legend.
    """
    message = {
        "role": "geometry",
        "page": page,
        "version": version,
        "plotly": plotly_url(),
        "note": note,
        "panels": [{"title": panel.title, "points": _base64(panel.points.T.astype("<f4"))} for panel in panels],
        "object_ids": "\n".join(object_ids) if len(object_ids) <= NAMED_OBJECTS else None,
    }
    _component("ztfexplore_maps", _MAPS_HTML)(key=f"{page}-maps", data=message)


def colour(page: str, version: str, colouring: Categories | Numbers) -> None:
    """Send the colours of the maps with that version."""
    if isinstance(colouring, Categories):
        content: dict[str, Any] = {
            "kind": "categories",
            "codes": _base64(colouring.codes),
            "entries": [asdict(entry) for entry in colouring.entries],
        }
    else:
        content = {
            "kind": "numbers",
            "values": _base64(colouring.values.astype("<f4")),
            "low": colouring.low,
            "high": colouring.high,
            "title": colouring.title,
        }
    message = {"role": "colour", "page": page, "version": version, **content}
    message["id"] = _digest(version, content)
    _component("ztfexplore_colour", "<span></span>")(key=f"{page}-colour", data=message)


def neighbours(
    page: str, picked: int | None, candid: str | None, panels: Sequence[NeighbourPanel], on_pick: Callable[[], None]
) -> None:
    """Mount the neighbour grids. `on_pick` is called when an object is picked, in a map or in a grid."""
    message = {
        "role": "panel",
        "page": page,
        "picked": picked,
        "candid": candid,
        "panels": [asdict(panel) for panel in panels],
    }
    message["id"] = _digest(message)
    _component("ztfexplore_panel", _PANEL_HTML)(key=panel_key(page), data=message, on_pick_change=on_pick)


def panel_key(page: str) -> str:
    """Session-state key of the mount that reports picks."""
    return f"{page}-panel"


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
