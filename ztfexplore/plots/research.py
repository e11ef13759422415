"""The figures of the research questions, with intervals: tables of `research.summaries` to plotly, without Streamlit.

A condition without numbers is never a silent gap: its place is marked 'not run yet', or with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from ztfexplore.display.colours import PALETTE, SYMBOLS
from ztfexplore.plots.layout import GREY, axes_layout
from ztfexplore.research.grid import ALL, EQUAL, LABELS, METHODS, NATURAL, RATIOS, UNTRAINED
from ztfexplore.research.results import LINEAR
from ztfexplore.research.summaries import MORE, NOT_YET

# Name, colour and symbol of each condition.
STYLES: Mapping[str, tuple[str, str, str]] = {
    "simclr": ("SimCLR", PALETTE[0], SYMBOLS[0]),
    "s-simclr": ("S-SimCLR", PALETTE[1], SYMBOLS[1]),
    "supervised": ("supervised", PALETTE[2], SYMBOLS[2]),
    "s-simclr natural": ("S-SimCLR, unbalanced batches", PALETTE[4], SYMBOLS[3]),
    "s-simclr balanced": ("S-SimCLR, class-balanced batches", PALETTE[1], SYMBOLS[1]),
    UNTRAINED: ("untrained weights", GREY, SYMBOLS[4]),
    "alone": ("alone minus no augmentation", PALETTE[0], SYMBOLS[0]),
    "without": ("full set minus the set without it", PALETTE[1], SYMBOLS[1]),
}
AXES: Mapping[str, str] = {
    "balanced_accuracy": "balanced accuracy",
    "rare_recall": "recall of the rare class",
    "knn_purity": "k-NN purity (share of neighbours)",
    "uniformity": "uniformity (lower is more uniform)",
}
# The label axis of question 2, by measure: neighbours are sought among all labelled objects.
LABELS_OF: Mapping[str, str] = {
    "balanced_accuracy": "labels per class, for training and probe",
    "knn_purity": "labels per class that S-SimCLR's training saw",
}
ROW = 26  # height of the row of an augmentation, pixels
KINDS: Mapping[str, str] = {"alone": "alone", "without": "left out"}


def _error(value: pd.Series, low: pd.Series, high: pd.Series, colour: str) -> dict[str, object]:
    bars = {"array": (high - value).tolist(), "arrayminus": (value - low).tolist()}
    return {"type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 4, **bars}


def _hover(rows: pd.DataFrame, value: str, low: str, high: str) -> pd.DataFrame:
    return rows[[value, low, high, "n_seeds", "n_runs"]]


HOVER = (
    "%{customdata[0]:.3f} [%{customdata[1]:.3f}, %{customdata[2]:.3f}]<br>"
    "%{customdata[3]} seeds, %{customdata[4]} runs<extra></extra>"
)


def _series(rows: pd.DataFrame, at: Sequence[float], style: str, columns: tuple[str, str, str]) -> go.Scatter:
    """Points with intervals at these places; `columns` names value, low and high."""
    name, colour, symbol = STYLES[style]
    value, low, high = columns
    return go.Scatter(
        x=list(at),
        y=rows[value],
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 1, "dash": "dot"},
        marker={"color": colour, "symbol": symbol, "size": 10},
        error_y=_error(rows[value], rows[low], rows[high], colour),
        customdata=_hover(rows, *columns),
        hovertemplate=f"{name}<br>{HOVER}",
    )


SMALL = {"color": GREY, "size": 10}
LEVELS, EFFECTS = ("mean", "low", "high"), ("effect", "effect_low", "effect_high")


def _say_missing(
    figure: go.Figure, place: float, rows: pd.DataFrame, names: pd.Series, whole: int, value: str = "mean"
) -> None:
    """Write at the bottom of the figure what is missing at a place, and why: nothing is left out silently."""
    absent = rows[value].isna()
    if len(rows) and not absent.any():
        return
    reason = str(rows.loc[absent, "reason"].iloc[0] or NOT_YET) if len(rows) else NOT_YET
    missing = [STYLES[name][0] for name in names[absent]]
    text = reason if len(missing) in (0, whole) else f"{',<br>'.join(missing)}:<br>{reason}"
    _missing(figure, place, text)


def _missing(figure: go.Figure, place: float, reason: str) -> None:
    """Write at the bottom of the figure why nothing is shown at a place."""
    figure.add_annotation(
        x=place, y=0, yref="paper", yanchor="bottom", text=reason, textangle=-90, showarrow=False, font={"color": GREY}
    )


def imbalance_figure(frame: pd.DataFrame, arm: str, measure: str, probe: str = ALL, change: bool = False) -> go.Figure:
    """A measure against the ratio, one line per method; or its change from ratio 1.

    Args:
        frame: from `summaries.imbalance_table`.
        arm: 'simulated' or 'real'.
        measure: a key of AXES.
        probe: labels per class that the probe saw.
        change: whether to show the paired difference from ratio 1.
    """
    own = frame[(frame["arm"] == arm) & (frame["measure"] == measure) & (frame["probe"] == probe)]
    own = own[own["rare"] == ""]
    columns = EFFECTS if change else LEVELS
    figure, step = go.Figure(), 0.12
    for index, method in enumerate(METHODS):
        rows = own[(own["method"] == method) & own[columns[0]].notna()]
        if len(rows):
            places = [RATIOS.index(ratio) + (index - 1) * step for ratio in rows["ratio"]]
            figure.add_trace(_series(rows, places, method, columns))
    untrained = own[(own["method"] == UNTRAINED) & own["mean"].notna()]
    if len(untrained) and not change:
        figure.add_hline(
            y=float(untrained["mean"].iloc[0]), line={"color": GREY, "dash": "dash"}, annotation_text="untrained"
        )
    for place, ratio in enumerate(RATIOS[1:] if change else RATIOS, start=int(change)):
        rows = own[(own["ratio"] == ratio) & own["method"].isin(METHODS)]
        _say_missing(figure, place, rows, rows["method"], len(METHODS), columns[0])
    title = f"change in {AXES[measure]}" if change else AXES[measure]
    figure.update_layout(axes_layout(320, "objects of each other class per object of the rare class", title))
    figure.update_xaxes(
        tickvals=list(range(len(RATIOS))), ticktext=[f"{ratio}:1" for ratio in RATIOS], range=[-0.5, len(RATIOS) - 0.5]
    )
    if not figure.data:
        figure.update_yaxes(showticklabels=False)
    if change:
        figure.add_hline(y=0, line={"color": GREY, "width": 1})
    return figure


def balanced_figure(frame: pd.DataFrame, measure: str = LINEAR, difference: bool = False) -> go.Figure:
    """A measure against the number of labels, for each method; or its paired difference from SimCLR.

    Args:
        frame: from `summaries.balanced_table`.
    """
    own = frame[(frame["measure"] == measure) & (frame["reference"] != "s-simclr natural")]
    own = own[~own["method"].str.endswith(MORE)]  # they are in the table
    names = [("s-simclr", EQUAL), ("s-simclr", NATURAL), ("simclr", ""), (UNTRAINED, "")]
    figure, columns = go.Figure(), EFFECTS if difference else LEVELS
    for index, (method, sampling) in enumerate(names):
        rows = own[(own["method"] == method) & (own["sampling"] == sampling) & own[columns[0]].notna()]
        if len(rows):
            places = [LABELS.index(labels) + (index - 1.5) * 0.1 for labels in rows["probe"]]
            figure.add_trace(_series(rows, places, f"{method} {sampling}".strip(), columns))
    for place, labels in enumerate(LABELS):
        rows = own[(own["probe"] == labels) & ((own["reference"] != "") | (not difference))]
        _say_missing(figure, place, rows, (rows["method"] + " " + rows["sampling"]).str.strip(), len(rows), columns[0])
    title = f"{AXES[measure]} minus SimCLR's" if difference else AXES[measure]
    figure.update_layout(axes_layout(320, LABELS_OF[measure], title))
    figure.update_xaxes(tickvals=list(range(len(LABELS))), ticktext=list(LABELS), range=[-0.5, len(LABELS) - 0.5])
    if not figure.data:
        figure.update_yaxes(showticklabels=False)
    if difference:
        figure.add_hline(y=0, line={"color": GREY, "width": 1})
    return figure


def augmentations_figure(frame: pd.DataFrame, which: str, measure: str = LINEAR, probe: str = ALL) -> go.Figure:
    """What each part of a set adds: alone minus no augmentation, and the full set minus the set without it.

    Args:
        frame: from `summaries.augmentations_table`.
        which: 'simclr' or 'astronomical'.
    """
    own = frame[(frame["set"] == which) & (frame["measure"] == measure) & (frame["probe"] == probe)]
    parts = list(dict.fromkeys(own.loc[own["kind"] == "without", "part"]))
    parts += [part for part in dict.fromkeys(own.loc[own["kind"] == "alone", "part"]) if part not in parts]
    figure = go.Figure()
    for kind, shift in (("alone", -0.15), ("without", 0.15)):
        rows = own[(own["kind"] == kind) & own["effect"].notna()]
        if not len(rows):
            continue
        if kind == "without":  # what the part adds: the full set minus the set without it
            rows = rows.assign(effect=-rows["effect"], effect_low=-rows["effect_high"], effect_high=-rows["effect_low"])
        name, colour, symbol = STYLES[kind]
        figure.add_trace(
            go.Scatter(
                x=rows["effect"],
                y=[parts.index(part) + shift for part in rows["part"]],
                mode="markers",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": 9},
                error_x=_error(rows["effect"], rows["effect_low"], rows["effect_high"], colour),
                customdata=_hover(rows, *EFFECTS),
                hovertemplate=f"{name}<br>{HOVER}",
            )
        )
    for kind, shift in (("alone", -0.15), ("without", 0.15)):
        for part in own.loc[(own["kind"] == kind) & own["effect"].isna(), "part"]:
            place, text = parts.index(part) + shift, f" {KINDS[kind]}: {NOT_YET}"
            figure.add_annotation(x=1, xref="paper", y=place, text=text, showarrow=False, xanchor="right", font=SMALL)
    figure.update_layout(axes_layout(90 + ROW * max(len(parts), 3), f"gain in {AXES[measure]}", ""))
    figure.update_yaxes(tickvals=list(range(len(parts))), ticktext=parts, range=[len(parts) - 0.5, -0.5])
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    return figure


SETS = ("simclr full", "astronomical full", "both", "astronomical shipped", "none", UNTRAINED)
TITLES = (
    "SimCLR's<br>set", "astronomical<br>set", "both", "astronomical,<br>as shipped", "no<br>augmentation",
    "untrained<br>weights",
)  # fmt: skip


def full_sets_figure(frame: pd.DataFrame, measure: str = LINEAR, probe: str = ALL) -> go.Figure:
    """The full sets, no augmentation and untrained weights side by side.

    Args:
        frame: from `summaries.augmentations_table`.
    """
    own = frame[(frame["measure"] == measure) & (frame["probe"] == probe)].drop_duplicates("condition")
    own = own.set_index("condition").reindex(SETS)
    figure = go.Figure()
    for place, (name, row) in enumerate(own.iterrows()):
        if pd.isna(row["mean"]):
            _missing(figure, place, NOT_YET)
            continue
        one = own.loc[[name]]
        colour, symbol = PALETTE[place % len(PALETTE)], SYMBOLS[place % len(SYMBOLS)]
        figure.add_trace(
            go.Scatter(
                x=[place],
                y=one["mean"],
                mode="markers",
                name=TITLES[place],
                showlegend=False,
                marker={"color": colour, "symbol": symbol, "size": 11},
                error_y=_error(one["mean"], one["low"], one["high"], colour),
                customdata=_hover(one, *LEVELS),
                hovertemplate=f"{TITLES[place]}<br>{HOVER}",
            )
        )
    figure.update_layout(axes_layout(300, "augmentations in training", AXES[measure]))
    figure.update_xaxes(
        tickvals=list(range(len(SETS))), ticktext=list(TITLES), range=[-0.5, len(SETS) - 0.5], tickangle=0
    )
    return figure
