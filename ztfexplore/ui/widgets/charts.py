"""Charts that can be saved: as a picture by the button above them, and their numbers as a file."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ztfexplore.ui.spreadsheet import safe_csv


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
        lambda: safe_csv(table() if callable(table) else table),
        file_name=file,
        mime="text/csv",
        key=key,
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
