"""Tables as CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

import pandas as pd

# Spreadsheets run what begins with these.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV, with nothing in it that a spreadsheet would run."""
    text = table.select_dtypes(exclude="number").map(_harmless)
    return table.assign(**text).to_csv(index=False).encode("utf-8", "backslashreplace")


def _harmless(value: object) -> object:
    """Text that no spreadsheet takes for a formula; a number stays one, also as text (a negative candid)."""
    if isinstance(value, str):  # the CSV writer quotes no carriage return, which would begin a line of its own
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, str) and value.startswith(FORMULA) and not value.lstrip("+-").isdigit():
        return "'" + value
    return value
