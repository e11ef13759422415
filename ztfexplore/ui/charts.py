"""Charts that can be saved: as a picture by the button above them, and their numbers as a file."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

# Spreadsheets run what begins with these.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def config(name: str) -> dict[str, object]:
    """What plotly is told of a chart: one button, which saves it as NAME.png."""
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }


def chart(figure: go.Figure, key: str, name: str) -> None:
    """A chart that can be saved as NAME.png."""
    st.plotly_chart(figure, key=key, config=config(name))


def download(table: pd.DataFrame | Callable[[], pd.DataFrame], file: str, key: str, label: str = "Data (CSV)") -> None:
    """A button that saves a table as CSV, without a rerun; a table that takes time may come from a function."""
    st.download_button(
        label,
        lambda: csv(table() if callable(table) else table),
        file_name=file,
        mime="text/csv",
        key=key,
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def csv(table: pd.DataFrame) -> bytes:
    """A table as CSV, with nothing in it that a spreadsheet would run."""
    text = table.select_dtypes(exclude="number").map(_harmless)
    return table.assign(**text).to_csv(index=False).encode("utf-8", "backslashreplace")


def _harmless(value: object) -> object:
    """Text that no spreadsheet takes for a formula; a number stays one, also as text (a negative candid)."""
    if isinstance(value, str) and value.startswith(FORMULA) and not value.lstrip("+-").isdigit():
        return "'" + value
    return value
