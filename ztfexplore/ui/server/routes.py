"""What the browser fetches without a rerun of the page: maps, stamps, neighbours, our scripts.

Addresses contain no file paths: a view is named by its token, bytes by their hash.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import plotly
import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ztfexplore.alerts.survey import survey_of
from ztfexplore.display.viewer_message import pixel_scale, viewer_message
from ztfexplore.errors import ZtfexploreError
from ztfexplore.ui.server import neighbour_cards, thumbnails
from ztfexplore.ui.server.assets import code
from ztfexplore.ui.server.neighbour_cards import MOST_QUERIES, Query
from ztfexplore.ui.server.published import BYTES, PREFIX, VIEWS
from ztfexplore.ui.server.view import View
from ztfexplore.ui.spreadsheet import safe_csv

# The server compresses every answer that does not declare an encoding, which takes longer than sending it.
PLAIN = {"Content-Encoding": "identity"}
FOREVER = {**PLAIN, "Cache-Control": "private, max-age=31536000, immutable"}
NOT_KEPT = {**PLAIN, "Cache-Control": "no-store"}
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


class UnknownError(Exception):
    """The requested thing is not here; the message says why."""


def _answering(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Turn errors into one line of text instead of a traceback."""

    def endpoint(request: Request) -> Response:
        try:
            return answer(request)
        except UnknownError as error:
            return Response(str(error), 404, NOT_KEPT, "text/plain")
        except ZtfexploreError as error:
            return Response(str(error), 409, NOT_KEPT, "text/plain")

    return endpoint


def _view(request: Request) -> View:
    view = VIEWS.get(request.path_params["token"])
    if view is None:
        raise UnknownError("this page shows an earlier state of the catalogue: reload it")
    return view


def _row(view: View, text: str) -> int:
    """The row number in a part of an address."""
    if not (text.isascii() and text.isdigit()) or int(text) >= len(view.frame):
        raise UnknownError(f"row {text[:20]!r} is not in catalogue {view.catalogue.path.name}")
    return int(text)


def _rows(view: View, text: str) -> tuple[int, ...]:
    parts = [part for part in text.split(",") if part]
    if len(parts) > MOST_QUERIES:
        raise UnknownError(f"{len(parts)} objects are too many for one query; {MOST_QUERIES} is the limit")
    return tuple(dict.fromkeys(_row(view, part) for part in parts))


def _bytes(request: Request) -> Response:
    data = BYTES.get(request.path_params["name"])
    if data is None:
        raise UnknownError("no longer here: reload the page")
    return Response(data, headers=FOREVER, media_type="application/octet-stream")


def _stamp(request: Request) -> Response:
    view = _view(request)
    row = _row(view, request.path_params["row"])
    return Response(thumbnails.pngs(view, [row])[row], 200, FOREVER, "image/png")


def _pixels(request: Request) -> Response:
    """A stamp as read: float32, little-endian, (channels, height, width) in C order; everything else that the viewer
    needs is in the header X-Stamp, as JSON."""
    view = _view(request)
    row = _row(view, request.path_params["row"])
    stamp, record = view.catalogue.stamps([row])[0], view.frame.iloc[row]
    survey = survey_of(record["survey"])
    message = json.dumps(viewer_message(stamp, survey, pixel_scale(record, survey)))
    content = np.ascontiguousarray(stamp, dtype="<f4").tobytes()
    return Response(content, 200, {**FOREVER, "X-Stamp": message}, "application/octet-stream")


def _near(request: Request) -> Response:
    view, asked = _view(request), request.query_params
    encoders = tuple(name for name in asked.getlist("encoder") if name in view.mapped)
    query = Query(
        like=_rows(view, asked.get("like", "")),
        unlike=_rows(view, asked.get("unlike", "")),
        encoders=encoders[:2],
        same_object=asked.get("same_object") == "1",
    )
    if not query.like:
        raise UnknownError("no object was named")
    return JSONResponse(neighbour_cards.answer(view, query), 200, NOT_KEPT)


def _points(request: Request) -> Response:
    """The points of maps as CSV: candid, object_id, survey, label, and x and y in each."""
    view = _view(request)
    table = view.frame[["candid", "object_id", "survey", "label"]]
    for name in dict.fromkeys(name for name in request.query_params.getlist("encoder") if name in view.mapped):
        points = view.map(name).points
        table = table.assign(**{f"{name}_x": points[:, 0], f"{name}_y": points[:, 1]})
    name = f'attachment; filename="map-{view.token}.csv"'
    return Response(safe_csv(table), 200, {**NOT_KEPT, "Content-Disposition": name}, "text/csv")


def _code(request: Request) -> Response:
    """Our scripts; the hash in the address changes with them."""
    text = code().get("{folder}/{name}".format(**request.path_params))
    if text is None:
        raise UnknownError("no such script")
    return Response(text, 200, FOREVER, "text/javascript")


def _plotly(request: Request) -> Response:
    return Response(PLOTLY.read_bytes(), 200, FOREVER, "text/javascript")


def _routes() -> list[BaseRoute]:
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    start = f"/{base}/{PREFIX}" if base else f"/{PREFIX}"
    answers = {
        "/bytes/{name}": _bytes,
        "/code/{hash}/plotly.js": _plotly,
        "/code/{hash}/{folder}/{name}": _code,
        "/{token}/stamp/{row}.png": _stamp,
        "/{token}/pixels/{row}": _pixels,
        "/{token}/near": _near,
        "/{token}/points.csv": _points,
    }
    return [Route(f"{start}{path}", _answering(answer), methods=["GET"]) for path, answer in answers.items()]


ROUTES = _routes()
