"""Tables of the data page."""

from __future__ import annotations


def height_of(rows: int, most: int = 12) -> int:
    """Pixels that a table of so many rows takes, at most those of `most` rows."""
    return 35 * (min(rows, most) + 1) + 3
