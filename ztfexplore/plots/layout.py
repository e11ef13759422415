"""The common layout of the figures."""

from __future__ import annotations

GREY = "#7f7f7f"
CLEAR = "rgba(0,0,0,0)"  # transparent: the page is light or dark


def axes_layout(height: int, x: str, y: str) -> dict[str, object]:
    """The layout of a figure with two axes, its legend above.

    Args:
        height: pixels.
        x: title of the horizontal axis.
        y: title of the vertical one.
    """
    return {
        "height": height,
        "margin": {"l": 56, "r": 12, "t": 36, "b": 48},
        "xaxis": {"title": {"text": x, "standoff": 6}, "zeroline": False, "automargin": True},
        "yaxis": {"title": {"text": y, "standoff": 6}, "zeroline": False, "automargin": True},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "modebar": {"bgcolor": CLEAR, "color": GREY, "activecolor": GREY},
    }
