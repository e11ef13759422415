"""Figures of what a catalogue contains: counts by class, band and date. Data frames to plotly, without Streamlit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ztfexplore.display.colours import UNLABELLED, label_colour
from ztfexplore.overview.inventory import dates
from ztfexplore.plots.light_curve import BANDS, OTHER_BAND

NO_BAND = "none"
HEIGHT = 300  # pixels
# Longer spans than this are binned by month, and those of many years by year.
MOST_NIGHTS = 120
MOST_MONTHS = 240
# Further classes share one bar: nobody reads fifty.
MOST_CLASSES = 24
OTHER = "all others"
HATCHES = ("", "/", "x", ".", "\\", "-", "+")
GREY = "#7f7f7f"


def class_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns label, alerts, objects: the most frequent class first, unlabelled alerts last."""
    label = frame["label"].astype(object).where(frame["label"].notna(), UNLABELLED)
    groups = pd.DataFrame({"label": label, "object_id": frame["object_id"]}).groupby("label")["object_id"]
    table = groups.agg(alerts="size", objects="nunique").reset_index()
    table["last"] = table["label"] == UNLABELLED
    ordered = table.sort_values(["last", "alerts"], ascending=[True, False], kind="stable")
    return ordered.drop(columns="last").reset_index(drop=True)


def band_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns band, alerts, objects: from blue to red, alerts without a band last."""
    band = frame["band"].astype(object).where(frame["band"].notna(), NO_BAND)
    groups = pd.DataFrame({"band": band, "object_id": frame["object_id"]}).groupby("band")["object_id"]
    table = groups.agg(alerts="size", objects="nunique").reset_index()
    return table.sort_values("band", key=lambda names: names.map(_band_order)).reset_index(drop=True)


def date_counts(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Alerts of each band by UTC date: columns start (the first day), band, alerts; and 'night', 'month' or 'year'.

    Alerts without a date are left out.
    """
    days = dates(frame["mjd"])
    known = ~np.isnat(days)
    days, kept = days[known], frame["band"][known]
    step = _step(days)
    unit = {"night": "D", "month": "M", "year": "Y"}[step]
    table = pd.DataFrame(
        {
            "start": days.astype(f"datetime64[{unit}]").astype("datetime64[D]").astype(str),
            "band": kept.astype(object).where(kept.notna(), NO_BAND).to_numpy(),
        }
    )
    counts = table.groupby(["start", "band"], as_index=False).size().rename(columns={"size": "alerts"})
    return counts, step


def _step(days: np.ndarray) -> str:
    span = (days.max() - days.min()).astype(int) + 1 if len(days) else 1
    return "night" if span <= MOST_NIGHTS else "month" if span <= 30.5 * MOST_MONTHS else "year"


def classes_figure(counts: pd.DataFrame) -> go.Figure:
    """Bars of alerts and objects by class; `counts` comes from `class_counts`."""
    shown = _shortened(counts)
    names = shown["label"].map(_text).tolist()
    colours = [GREY if name == OTHER else label_colour(name) for name in shown["label"]]
    bars = []
    # Colours mean classes, so alerts and objects are distinguished by solid and hatched bars.
    for column, hatch, opacity in (("alerts", "", 1.0), ("objects", "/", 0.75)):
        pattern = {"shape": hatch, "fillmode": "overlay", "fgcolor": "#ffffff"}
        bars.append(
            go.Bar(
                y=names,
                x=shown[column].tolist(),
                name=column,
                orientation="h",
                marker={"color": colours, "opacity": opacity, "pattern": pattern},
                text=[f"{count:,}" for count in shown[column]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate=f"%{{y}}: %{{x:,}} {column}<extra></extra>",
            )
        )
    figure = go.Figure(bars)
    figure.update_layout(**_layout(max(HEIGHT, 90 + 34 * len(names))), barmode="group")
    figure.update_xaxes(title_text="number", rangemode="tozero", range=[0, 1.15 * max(shown["alerts"], default=1)])
    figure.update_yaxes(autorange="reversed", title_text="class", type="category")
    return figure


def _shortened(counts: pd.DataFrame) -> pd.DataFrame:
    """The most frequent classes, and the sum of the others."""
    if len(counts) <= MOST_CLASSES:
        return counts
    rest = counts.iloc[MOST_CLASSES - 1 :]
    sums = {"label": f"{OTHER} ({len(rest)})", "alerts": rest["alerts"].sum(), "objects": rest["objects"].sum()}
    return pd.concat([counts.iloc[: MOST_CLASSES - 1], pd.DataFrame([sums])], ignore_index=True)


def bands_figure(counts: pd.DataFrame) -> go.Figure:
    """Bars of alerts by band; `counts` comes from `band_counts`."""
    names = counts["band"].tolist()
    figure = go.Figure(
        go.Bar(
            x=[_text(name) for name in names],
            y=counts["alerts"].tolist(),
            customdata=counts["objects"].tolist(),
            marker={"color": [_band_colour(name) for name in names]},
            text=[f"{count:,}" for count in counts["alerts"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:,} alerts of %{customdata:,} objects<extra></extra>",
        )
    )
    figure.update_layout(**_layout(HEIGHT), bargap=0.4)
    figure.update_xaxes(title_text="band", type="category")
    figure.update_yaxes(title_text="alerts", rangemode="tozero", range=[0, 1.15 * max(counts["alerts"], default=1)])
    return figure


def dates_figure(counts: pd.DataFrame, step: str) -> go.Figure:
    """Stacked bars of alerts by band against UTC date; `counts` and `step` come from `date_counts`."""
    figure = go.Figure()
    for number, name in enumerate(sorted(counts["band"].unique(), key=_band_order)):
        mine = counts[counts["band"] == name]
        figure.add_bar(
            x=mine["start"].tolist(),
            y=mine["alerts"].tolist(),
            name=_text(name),
            marker={
                "color": _band_colour(name),
                "pattern": {
                    "shape": HATCHES[number % len(HATCHES)],
                    "fillmode": "overlay",
                    "fgcolor": "#ffffff",
                    "size": 5,
                },
            },
            hovertemplate=f"%{{x}}, {_text(name)}: %{{y:,}} alerts<extra></extra>",
        )
    figure.update_layout(**_layout(HEIGHT), barmode="stack", bargap=0.08, showlegend=True)
    figure.update_xaxes(title_text=f"UTC date, by {step}", type="date", hoverformat=_FORMATS[step])
    figure.update_yaxes(title_text=f"alerts per {step}", rangemode="tozero")
    return figure


_FORMATS = {"night": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def _layout(height: int) -> dict[str, object]:
    return {
        "height": height,
        "margin": {"l": 60, "r": 16, "t": 12, "b": 44},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }


def _band_order(band: str) -> tuple[int, str]:
    if band == NO_BAND:
        return len(BANDS) + 1, band
    return (list(BANDS).index(band) if band in BANDS else len(BANDS), str(band))


def _band_colour(band: str) -> str:
    return BANDS.get(band, OTHER_BAND)[0]


def _text(name: object) -> str:
    """A name escaped for plotly, which would treat some HTML as formatting."""
    text = str(name).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text if len(text) <= 60 else text[:59] + "…"
