"""Two linked maps of the same objects. Messages are small: large data has an address that the browser fetches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np

from ztfexplore.display.colours import Categories, Numbers
from ztfexplore.ui.components.mount import component, digest, message
from ztfexplore.ui.server.assets import plotly_url
from ztfexplore.ui.server.published import publish, publish_once, publish_view
from ztfexplore.ui.server.view import View

# With more objects than this, their names are not sent for hovering.
NAMED_OBJECTS = 200_000

_PLOT = """<div class="zx-plot"><div class="zx-chart"></div><canvas class="zx-selected" hidden></canvas>
<svg class="zx-outline"><path></path></svg><svg class="zx-marks"></svg><div class="zx-tip" hidden></div></div>"""
HTML = f"""<div class="zx-maps" data-testid="linked-maps"><div class="zx-legend"></div>
<div class="zx-title"></div><div class="zx-title"></div>{_PLOT}{_PLOT}</div>"""


@dataclass(frozen=True)
class MapPanel:
    """One of the maps: its encoder, its title and its points, float32 (n, 2), NaN where there is none."""

    encoder: str
    title: str
    points: np.ndarray


def show_maps(
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
        page: the name that mounts of one page share.
        view: whose rows the points are.
        panels: left and right, or a single one.
        colouring: of the points.
        shown: bool (n,), False for points that a filter hides; None if all are shown.
        uploaded: where an object that is not in the catalogue lies on each map.
        note: text beside the legend.
        legend: what the classes in the legend mean, if they are not labels.
    """
    version = f"{view.token}:{':'.join(panel.encoder for panel in panels)}"
    view_url = publish_view(view)
    data = {
        **message("maps", page, view_url),
        "plotly": plotly_url(),
        "version": version,
        "note": note,
        "panels": [
            {"encoder": panel.encoder, "title": panel.title, "points": _points(view, panel)} for panel in panels
        ],
        "ids": _ids(view),
        "table": f"{view_url}/points.csv?{urlencode([('encoder', panel.encoder) for panel in panels])}",
        "colour": {**_colour(version, colouring, shown), "legend": legend},
        "uploaded": _positions(uploaded),
    }
    component("ztfexplore_maps", HTML)(key=f"{page}-maps", data=data)


def _positions(uploaded: Sequence[tuple[float, float] | None] | None) -> list[list[float] | None] | None:
    """Positions, ready for JSON."""
    if uploaded is None:
        return None
    return [None if place is None else [float(place[0]), float(place[1])] for place in uploaded]


def _points(view: View, panel: MapPanel) -> str:
    """The address of a map's x of all points, then y of all."""
    return publish_once(view, f"map:{panel.encoder}", lambda: panel.points.T.astype("<f4"))


def _ids(view: View) -> str | None:
    """The address of the objects' names, one per line; None if they are too many to send."""
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
    return {**content, "id": digest(version, content)}
