"""Tables of the data page."""

from __future__ import annotations


def height_of(rows: int, most: int = 12) -> int:
    """Height in pixels of a table with so many rows, at most that of `most` rows."""
    return 35 * (min(rows, most) + 1) + 3
