"""The figures of the linear probe page: data frames to plotly, without Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from ztfexplore.display.colours import PALETTE, SYMBOLS
from ztfexplore.plots.layout import GREY, axes_layout

PICKED = "#D55E00"
# From white to the blue of the palette: dark enough at 1 for white digits, light enough below for dark ones.
BLUES = ((0.0, "#f4f8fb"), (0.5, "#7fb8d8"), (1.0, "#005a8e"))
# Colour and symbol of each encoder, in the order in which they were chosen.
SERIES = tuple(zip(PALETTE, SYMBOLS, strict=True))


def scores_figure(table: pd.DataFrame, classes: Sequence[str]) -> go.Figure:
    """Balanced accuracy and the recall of each class, with their intervals, for each encoder.

    Args:
        table: encoder, score ('balanced accuracy' or a class), value, low, high and objects, in the order shown.
        classes: the scores, from left to right.
    """
    names = list(dict.fromkeys(table["encoder"]))
    width = 0.7 / max(len(names), 1)
    figure = go.Figure()
    for index, name in enumerate(names):
        own = table[table["encoder"] == name]
        colour, symbol = SERIES[index]
        shift = (index - (len(names) - 1) / 2) * width
        figure.add_trace(
            go.Scatter(
                x=[list(classes).index(score) + shift for score in own["score"]],
                y=own["value"],
                mode="markers",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": 10},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": own["high"] - own["value"],
                    "arrayminus": own["value"] - own["low"],
                    "color": colour,
                    "thickness": 1.5,
                    "width": 4,
                },
                customdata=own[["score", "low", "high", "objects"]],
                hovertemplate=f"{name}<br>%{{customdata[0]}}: %{{y:.3f}} "
                "[%{customdata[1]:.3f}, %{customdata[2]:.3f}]<br>%{customdata[3]} objects<extra></extra>",
            )
        )
    figure.add_vline(x=0.5, line={"color": GREY, "width": 1, "dash": "dot"})
    figure.update_layout(axes_layout(290, "", "recall (share of objects)"))
    figure.update_xaxes(tickvals=list(range(len(classes))), ticktext=list(classes), range=[-0.5, len(classes) - 0.5])
    figure.update_yaxes(range=[-0.02, 1.02])
    return figure


def confusion_figure(counts: pd.DataFrame, title: str, picked: tuple[str, str] | None = None) -> go.Figure:
    """A confusion matrix in objects; colours show shares of the true class.

    Each cell contains an invisible point, which a click anywhere in the cell picks, because plotly's heat maps cannot
    be picked from. Its customdata holds the true and the predicted class.

    Args:
        counts: true classes (rows), predicted classes (columns).
        title: the title above the matrix.
        picked: true and predicted class of the marked cell.
    """
    names = [str(name) for name in counts.columns]
    totals = counts.sum(axis=1)
    shares = counts.div(totals.where(totals > 0, 1), axis=0)
    figure = go.Figure(
        go.Heatmap(
            z=shares.to_numpy(),
            x=names,
            y=names,
            colorscale=BLUES,
            zmin=0,
            zmax=1,
            showscale=False,
            hoverinfo="skip",
            xgap=2,
            ygap=2,
        )
    )
    cells = [(true, said) for true in names for said in names]
    figure.add_trace(
        go.Scatter(
            x=[said for _, said in cells],
            y=[true for true, _ in cells],
            mode="markers+text",
            text=[_cell(int(counts.loc[t, s]), float(shares.loc[t, s]), int(totals[t])) for t, s in cells],
            textfont={"color": ["#ffffff" if shares.loc[t, s] > 0.6 else "#222222" for t, s in cells], "size": 12},
            marker={"symbol": "square", "size": 34, "opacity": 0},
            selectedpoints=None if picked is None or picked not in cells else [cells.index(picked)],
            selected={"marker": {"color": PICKED, "opacity": 1}, "textfont": {"color": "#ffffff"}},
            unselected={"marker": {"opacity": 0}},
            customdata=[[t, s, int(counts.loc[t, s]), int(totals[t])] for t, s in cells],
            hovertemplate="true %{customdata[0]}, predicted %{customdata[1]}<br>%{customdata[2]} of %{customdata[3]} "
            "objects<br>click to see them<extra></extra>",
            showlegend=False,
        )
    )
    layout = axes_layout(96 + 46 * len(names), "predicted class", "true class")
    figure.update_layout({**layout, "title": {"text": title, "x": 0, "font": {"size": 14}}, "hoverdistance": -1})
    whole = {"type": "category", "showgrid": False, "fixedrange": True, "ticks": ""}
    figure.update_xaxes(**whole, categoryarray=names, range=[-0.5, len(names) - 0.5])
    figure.update_yaxes(**whole, categoryarray=names, range=[len(names) - 0.5, -0.5])
    return figure


def _cell(count: int, share: float, total: int) -> str:
    if not total:
        return "none"
    if not count:
        return "0"
    return f"{share:.0%}<br>{count}" if share >= 0.005 else f"&lt;1%<br>{count}"


def reliability_figure(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Accuracy against confidence, one point per bin, and the number of objects in each bin.

    Args:
        curves: by encoder: low, high, confidence, accuracy and objects of each bin.
    """
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": GREY, "dash": "dash", "width": 1},
            name="perfect calibration",
            hoverinfo="skip",
        )
    )
    for index, (name, curve) in enumerate(curves.items()):
        colour, symbol = SERIES[index]
        figure.add_trace(
            go.Scatter(
                x=curve["confidence"],
                y=curve["accuracy"],
                mode="lines+markers",
                name=name,
                line={"color": colour, "width": 1.5},
                marker={"color": colour, "symbol": symbol, "size": 8},
                customdata=curve["objects"],
                hovertemplate=f"{name}<br>confidence %{{x:.2f}}, accuracy %{{y:.2f}}<br>%{{customdata:.0f}} objects"
                "<extra></extra>",
            )
        )
        figure.add_trace(
            go.Bar(
                x=curve["low"],
                y=curve["objects"],
                width=(curve["high"] - curve["low"]) * 0.9 / len(curves),
                offset=(curve["high"] - curve["low"]) * (0.05 + 0.9 * index / len(curves)),
                yaxis="y2",
                marker={"color": colour, "opacity": 0.8},
                showlegend=False,
                hovertemplate=f"{name}<br>%{{y:.0f}} objects<extra></extra>",
            )
        )
    layout = axes_layout(400, "probability of the predicted class", "accuracy (share of objects)")
    figure.update_layout({**layout, "barmode": "overlay"})
    figure.update_layout(yaxis2={"title": {"text": "objects"}, "domain": [0, 0.2], "anchor": "x", "showgrid": False})
    figure.update_xaxes(range=[-0.02, 1.02], anchor="y2")
    figure.update_yaxes(domain=[0.28, 1], range=[-0.02, 1.02], selector=0)
    return figure


def learning_figure(table: pd.DataFrame, classes: int) -> go.Figure:
    """Balanced accuracy against labels per class: the mean of the draws, with their spread as bars.

    Args:
        table: from `probe.learning_curve.curve`.
        classes: number of classes, for the line at chance level.
    """
    figure = go.Figure()
    for index, name in enumerate(dict.fromkeys(table["encoder"])):
        own = table[table["encoder"] == name]
        colour, symbol = SERIES[index]
        figure.add_trace(
            go.Scatter(
                x=own["labels_per_class"],
                y=own["balanced_accuracy"],
                mode="lines+markers",
                name=name,
                line={"color": colour, "width": 1.5},
                marker={"color": colour, "symbol": symbol, "size": 8},
                error_y={"type": "data", "array": own["spread"].fillna(0), "color": colour, "thickness": 1.5},
                customdata=own[["spread", "low", "high", "count", "draws"]],
                hovertemplate=f"{name}<br>up to %{{customdata[3]}} labels per class, on average %{{x:.0f}}<br>"
                "%{y:.3f} ± %{customdata[0]:.3f} over %{customdata[4]} draws<br>95 % [%{customdata[1]:.3f}, "
                "%{customdata[2]:.3f}]<extra></extra>",
            )
        )
    chance = 1 / classes
    figure.add_hline(
        y=chance,
        line={"color": GREY, "dash": "dash", "width": 1},
        annotation={"text": f"chance, {chance:.2f}", "font": {"color": GREY}},
        annotation_position="bottom right",
    )
    figure.update_layout(axes_layout(380, "labels per class (mean over classes, log scale)", "balanced accuracy"))
    places = sorted(set(table["labels_per_class"]))
    figure.update_xaxes(type="log", tickvals=places, ticktext=[f"{place:.0f}" for place in places])
    figure.update_yaxes(range=[0, 1])
    return figure
