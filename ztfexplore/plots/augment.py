"""Figures of how far augmentations move objects: data frames to plotly, without Streamlit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ztfexplore.display.colours import PALETTE, SYMBOLS
from ztfexplore.evaluation.invariance import NEAREST, RANDOM, REFERENCE, TWELFTH

ROW_HEIGHT, MARGINS = 21, 148  # pixels
# Smaller values are drawn at the left end of the axis; the table has the numbers.
LEAST_DISTANCE, LEAST_RATIO = 1e-5, 1e-4
GREY = "#8a8f98"
LINES: Mapping[str, str] = {NEAREST: "dot", TWELFTH: "dash", RANDOM: "solid"}
REFERENCE_SYMBOL = "line-ns"
BESIDE = 0.26  # vertical distance between encoders, as a share of a row

Title = Callable[[str], str]


def encoder_style(number: int) -> tuple[str, str]:
    """Colour and symbol of the encoder with this number among those chosen."""
    return PALETTE[number % len(PALETTE)], SYMBOLS[number % len(SYMBOLS)]


def moves_figure(frame: pd.DataFrame, title: Title = str, chosen: str | None = None) -> go.Figure:
    """How far each augmentation moves one object: one panel per encoder, distances to other objects as lines.

    Args:
        frame: from `invariance.displacement_table` and `reference_distances`, of one or several encoders.
        title: gives the name of an encoder for people.
        chosen: the augmentation whose name is set in bold.
    """
    encoders = frame["encoder"].drop_duplicates().tolist()
    shown = frame[frame["kind"] != REFERENCE]
    names = shown["name"].drop_duplicates().tolist()
    figure = make_subplots(1, len(encoders), shared_yaxes=True, horizontal_spacing=0.02)
    for number, encoder in enumerate(encoders):
        colour, symbol = encoder_style(number)
        rows = shown[shown["encoder"] == encoder]
        figure.add_trace(
            _points(rows, names, 0.0, colour, symbol, title(encoder), "median", LEAST_DISTANCE), 1, number + 1
        )
        for _, line in frame[(frame["encoder"] == encoder) & (frame["kind"] == REFERENCE)].iterrows():
            figure.add_vline(
                max(line["median"], LEAST_DISTANCE), line={"dash": LINES[line["name"]], "color": GREY, "width": 1.5},
                row=1, col=number + 1,
            )  # fmt: skip
    for name, dash in LINES.items():
        figure.add_trace(_key(name, {"mode": "lines", "line": {"dash": dash, "color": GREY, "width": 1.5}}), 1, 1)
    _say_what_is_filled(figure, shown)
    figure.update_xaxes(_log_axis("cosine distance from the original stamp", LEAST_DISTANCE, 2.0))
    _rows(figure, [f"<b>{name}</b>" if name == chosen else name for name in names])
    return figure


def invariance_figure(frame: pd.DataFrame, title: Title = str) -> go.Figure:
    """How far each augmentation moves objects, in units of the distance between random objects, smallest first.

    Args:
        frame: from `invariance_summary.summarise_invariance`, of one or several encoders.
        title: gives the name of an encoder for people.
    """
    encoders = frame["encoder"].drop_duplicates().tolist()
    known = frame[frame["ratio"].notna()]
    order = known.groupby("name", sort=False)["ratio"].mean().sort_values().index.tolist()
    figure = make_subplots(1, 1)
    for number, encoder in enumerate(encoders):
        colour, symbol = encoder_style(number)
        rows = known[known["encoder"] == encoder]
        shift = (number - (len(encoders) - 1) / 2) * BESIDE
        figure.add_trace(_points(rows, order, shift, colour, symbol, title(encoder), "ratio", LEAST_RATIO))
    figure.add_vline(1.0, line={"dash": LINES[RANDOM], "color": GREY, "width": 1.5})
    _say_what_is_filled(figure, known[known["kind"] != REFERENCE])
    figure.update_xaxes(_log_axis("median distance moved / median distance to a random object", LEAST_RATIO, 2.0))
    references = set(frame.loc[frame["kind"] == REFERENCE, "name"])
    _rows(figure, [f"<i>{name}</i>" if name in references else name for name in order], per_row=len(encoders))
    return figure


def _points(
    rows: pd.DataFrame, order: list[str], shift: float, colour: str, symbol: str, name: str, column: str, least: float
) -> go.Scatter:
    """The points of one encoder with their intervals; filled if it was trained with the augmentation."""
    value, low, high = (rows[key].clip(lower=least) for key in (column, "low", "high"))
    symbols = [
        REFERENCE_SYMBOL if kind == REFERENCE else symbol if known else f"{symbol}-open"
        for kind, known in zip(rows["kind"], rows["trained_with"], strict=True)
    ]
    return go.Scatter(
        x=value,
        y=[order.index(each) + shift for each in rows["name"]],
        error_x={"array": high - value, "arrayminus": value - low, "color": colour, "thickness": 1.4, "width": 3},
        mode="markers",
        marker={"color": colour, "symbol": symbols, "size": 9, "line": {"width": 1.6, "color": colour}},
        name=name,
        customdata=rows[["name", column, "low", "high"]],
        hovertemplate=f"{name}, %{{customdata[0]}}<br>%{{customdata[1]:.2g}} "
        "(%{customdata[2]:.2g} to %{customdata[3]:.2g})<extra></extra>",
        showlegend=True,
    )


def _say_what_is_filled(figure: go.Figure, rows: pd.DataFrame) -> None:
    """Legend entries for filled and open symbols, if both occur."""
    if rows["trained_with"].nunique() == 2:
        for name, symbol in (("trained with it", "circle"), ("not trained with it", "circle-open")):
            figure.add_trace(_key(name, {"mode": "markers", "marker": {"symbol": symbol, "color": GREY, "size": 9}}))


def _key(name: str, look: dict[str, object]) -> go.Scatter:
    """A legend entry without points."""
    return go.Scatter(x=[None], y=[None], name=name, hoverinfo="skip", **look)


def _log_axis(title: str, low: float, high: float) -> dict[str, object]:
    return {
        "type": "log",
        "range": [math.log10(low) - 0.08, math.log10(high)],
        "title": {"text": title, "standoff": 6},
        "dtick": 1,
        "exponentformat": "power",
        "showgrid": True,
        "zeroline": False,
    }


def _rows(figure: go.Figure, labels: list[str], per_row: int = 1) -> None:
    """Row labels from the top down, and the height they need."""
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=labels,
        range=[len(labels) - 0.4, -0.6],
        showgrid=True,
        zeroline=False,
        automargin=True,
    )
    figure.update_layout(
        height=MARGINS + len(labels) * max(ROW_HEIGHT, 12 * per_row),
        margin={"l": 8, "r": 8, "t": 70, "b": 48},
        legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0},
        hovermode="closest",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
