"""The figure of a reduced research run: `research.reduced.reduced_table` to plotly, without Streamlit."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from ztfexplore.display.colours import PALETTE, SYMBOLS
from ztfexplore.plots.layout import CLEAR, GREY
from ztfexplore.plots.research import AXES

ROW = 34  # height of the row of a condition, pixels


def reduced_figure(frame: pd.DataFrame, measure: str) -> go.Figure:
    """A measure of each condition with its interval, one below the other; marked as reduced.

    Args:
        frame: from `research.reduced.reduced_table`.
        measure: a value of its `measure` column.
    """
    own = frame[(frame["measure"] == measure) & frame["mean"].notna()]
    names, figure = own["condition"].tolist(), go.Figure()
    for place, (_, row) in enumerate(own.iterrows()):
        colour, symbol = PALETTE[place % len(PALETTE)], SYMBOLS[place % len(SYMBOLS)]
        reach = {"array": [row["high"] - row["mean"]], "arrayminus": [row["mean"] - row["low"]]}
        figure.add_trace(
            go.Scatter(
                x=[row["mean"]],
                y=[place],
                mode="markers",
                name=row["condition"],
                showlegend=False,
                marker={"color": colour, "symbol": symbol, "size": 11},
                error_x={"type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 4, **reach},
                hovertemplate=f"{row['condition']}<br>%{{x:.3f}} [{row['low']:.3f}, {row['high']:.3f}]<extra></extra>",
            )
        )
    figure.update_layout(
        height=84 + ROW * max(len(names), 2),
        margin={"l": 8, "r": 12, "t": 26, "b": 44},
        xaxis={"title": {"text": f"{AXES[measure]} (reduced run)", "standoff": 6}, "zeroline": False},
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "range": [max(len(names), 2) - 0.5, -0.5],
            "automargin": True,
        },
        title={"text": "Reduced, not the published runs", "font": {"size": 12, "color": GREY}, "x": 0.01, "y": 0.97},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        modebar={"bgcolor": CLEAR, "color": GREY, "activecolor": GREY},
    )
    return figure
