"""The figure of a light curve: detections and upper limits before an alert. No Streamlit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ztfexplore.plots.layout import CLEAR, GREY

# Colours of Okabe & Ito (2008); each band also has its own symbol, for printing in grey.
BANDS: Mapping[str, tuple[str, str]] = {
    "u": ("#56B4E9", "pentagon"),
    "g": ("#009E73", "circle"),
    "r": ("#D55E00", "square"),
    "i": ("#CC79A7", "diamond"),
    "z": ("#E69F00", "cross"),
    "y": ("#0072B2", "star"),
}
OTHER_BAND = ("#9aa0a6", "hexagon")
HEIGHT = 230  # pixels
THIS = "this alert"
LIMIT = "limit"
FAINTER = "fainter than the template"

Point = Mapping[str, Any]


def light_curve_figure(history: Sequence[Point] | None, alert: Mapping[str, object] | pd.Series) -> go.Figure | None:
    """Magnitude against days before an alert: detections with their errors, and upper limits.

    Args:
        history: earlier points, each with mjd, band, magnitude, magnitude_error, limit (mag) and positive.
        alert: the same fields of the alert itself, without limit.

    Returns:
        None if there is no history or the alert has no date.
    """
    now = _number(alert["mjd"])
    if not history or now is None:
        return None
    earlier = [point for point in history if _number(point["mjd"]) is not None]
    detections = [point for point in earlier if _number(point["magnitude"]) is not None]
    limits = [p for p in earlier if _number(p["magnitude"]) is None and _number(p["limit"]) is not None]
    if not detections and not limits:
        return None
    this = [alert] if _number(alert["magnitude"]) is not None else []
    bands = sorted({_band(point) for point in [*detections, *limits, *this]}, key=_band_order)
    traces = []
    for band in bands:
        far, seen, own = ([point for point in points if _band(point) == band] for points in (limits, detections, this))
        traces += _traces_of(band, far, seen, own, now)
    traces += _keys(any(_is_fainter(point) for point in [*detections, *this]), bool(limits), bool(this))
    return go.Figure({"data": traces, "layout": _layout()}, skip_invalid=True)


def _traces_of(
    band: str, limits: list[Point], detections: list[Point], this: list[Point], now: float
) -> list[dict[str, object]]:
    """Limits, detections and the alert itself in one band; empty traces are left out."""
    colour, symbol = BANDS.get(band, OTHER_BAND)
    traces = []
    if limits:
        marker = {"symbol": "triangle-down-open", "color": colour, "size": 7, "opacity": 0.7}
        traces.append(_trace(band, limits, "limit", marker, now) | {"showlegend": not detections and not this})
    if detections:
        symbols = [symbol + ("-open" if _is_fainter(point) else "") for point in detections]
        traces.append(_trace(band, detections, "magnitude", {"symbol": symbols, "color": colour, "size": 6}, now))
    if this:
        shape = symbol + ("-open" if _is_fainter(this[0]) else "")
        marker = {"symbol": shape, "color": colour, "size": 11, "line": {"width": 2, "color": "#7f7f7f"}}
        traces.append(_trace(band, this, "magnitude", marker, now) | {"showlegend": not detections})
    return traces


def _trace(band: str, points: list[Point], column: str, marker: dict[str, object], now: float) -> dict[str, object]:
    """One trace; `column` is magnitude or limit."""
    what = "limit > " if column == LIMIT else ""
    trace: dict[str, object] = {
        "type": "scatter",
        "mode": "markers",
        "x": [now - float(point["mjd"]) for point in points],
        "y": [point[column] for point in points],
        "name": band,
        "legendgroup": band,
        "marker": marker,
        "hovertemplate": f"{band} {what}%{{y:.2f}} mag<br>%{{x:.2f}} days before<extra></extra>",
    }
    if column == "magnitude":
        errors = [_number(point["magnitude_error"]) or 0.0 for point in points]
        trace["error_y"] = {"type": "data", "array": errors, "thickness": 1, "width": 0, "color": marker["color"]}
    return trace


def _keys(fainter: bool, limits: bool, this: bool) -> list[dict[str, object]]:
    """Legend entries that explain the symbols that occur."""
    grey = "#7f7f7f"
    kinds = [
        (limits, LIMIT, {"symbol": "triangle-down-open", "size": 7}),
        (fainter, FAINTER, {"symbol": "circle-open", "size": 6}),
        (this, THIS, {"symbol": "circle-open", "size": 11, "line": {"width": 2}}),
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "name": name,
            "marker": {"color": grey, **look},
        }
        for occurs, name, look in kinds
        if occurs
    ]


def _layout() -> dict[str, object]:
    return {
        "height": HEIGHT,
        "margin": {"l": 48, "r": 8, "t": 8, "b": 36},
        "xaxis": {
            "title": {"text": "days before this alert", "standoff": 4},
            "autorange": "reversed",
            "zeroline": False,
        },
        "yaxis": {"title": {"text": "magnitude (mag)", "standoff": 4}, "autorange": "reversed", "zeroline": False},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemsizing": "trace"},
        "hovermode": "closest",
        "modebar": {"bgcolor": CLEAR, "color": GREY, "activecolor": GREY},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }


def _number(value: object) -> float | None:
    """A finite number, else None."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _is_fainter(point: Point) -> bool:
    """Whether the source is known to be fainter than in the template."""
    positive = point["positive"]
    return positive is not None and not pd.isna(positive) and not positive


def _band(point: Point) -> str:
    return point["band"] if isinstance(point["band"], str) else "?"


def _band_order(band: str) -> tuple[int, str]:
    return (list(BANDS).index(band) if band in BANDS else len(BANDS), band)
