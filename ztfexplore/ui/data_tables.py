"""Tables of the data page, and their files."""

from __future__ import annotations

import pandas as pd
import streamlit as st

# Spreadsheets run what begins with these.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def download(table: pd.DataFrame, name: str, label: str) -> None:
    """A button that saves a table as CSV, without a rerun."""
    st.download_button(
        label,
        table.map(_harmless).to_csv(index=False).encode("utf-8", "backslashreplace"),
        file_name=name,
        mime="text/csv",
        key=f"download-{name}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def _harmless(value: object) -> object:
    """Text that no spreadsheet takes for a formula; a number stays one, also as text (a negative candid)."""
    if isinstance(value, str) and value.startswith(FORMULA) and not value.lstrip("+-").isdigit():
        return "'" + value
    return value


def height_of(rows: int, most: int = 12) -> int:
    """Pixels that a table of so many rows takes, at most those of `most` rows."""
    return 35 * (min(rows, most) + 1) + 3
