"""One effect in words: the number with its interval, and which of three phrases the interval supports.

Apart from `narrative`, because the page and the report use these too, and nothing here depends on a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pandas as pd

from ztfexplore.research.summaries import NOT_YET

UNKNOWN = "has not been measured yet"


def has_effect(row: Mapping[str, object]) -> bool:
    """Whether a row of a table has an effect."""
    return bool(pd.notna(row.get("effect")))


def cell_number(row: Mapping[str, object], name: str) -> float:
    """The number in a cell of a row."""
    return float(cast(Any, row[name]))


def signed(row: Mapping[str, object]) -> str:
    """An effect with its interval: +0.012 [-0.003, +0.027]."""
    if not has_effect(row):
        return NOT_YET
    if pd.isna(row["effect_low"]):
        return f"{row['effect']:+.3f}"
    return f"{row['effect']:+.3f} [{row['effect_low']:+.3f}, {row['effect_high']:+.3f}]"


def phrase(row: Mapping[str, object], up: str, down: str, same: str, none: str = UNKNOWN) -> str:
    """One of three phrases: the interval lies above 0, below 0, or contains it; `none` if there is no effect."""
    if not has_effect(row):
        return none
    low, high = cell_number(row, "effect_low"), cell_number(row, "effect_high")
    return up if low > 0 else down if high < 0 else same


def phrase_with_numbers(row: Mapping[str, object], up: str, down: str, same: str, none: str = UNKNOWN) -> str:
    """The same phrase, followed by the numbers if there are any."""
    told = phrase(row, up, down, same, none)
    return f"{told} ({signed(row)})" if has_effect(row) else told


def together(rows: Mapping[str, Mapping[str, object]], up: str, down: str, same: str) -> str:
    """One clause about several things, each phrase used once: 'falls on A (-0.1 [...]) and on B (...)'."""
    said: dict[str, list[str]] = {}
    for name, row in rows.items():
        numbers = f" ({signed(row)})" if has_effect(row) else ""
        said.setdefault(phrase(row, up, down, same), []).append(f"{name}{numbers}")
    clauses = [f"{what} {listed(names, 'or' if ' not ' in what else 'and')}" for what, names in said.items()]
    return listed(clauses)


def excluded(row: Mapping[str, object], loss: bool) -> str | None:
    """The loss (or gain) beyond which the interval excludes any; None if there is no interval."""
    if not has_effect(row) or pd.isna(row["effect_low"]):
        return None
    bound = -cell_number(row, "effect_low") if loss else cell_number(row, "effect_high")
    return f"{max(bound, 0):.3f}"


def pick(frame: pd.DataFrame, **condition: object) -> dict[str, object]:
    """The first row with these values; empty if there is none."""
    for name, value in condition.items():
        frame = frame[frame[name] == value]
    return frame.iloc[0].to_dict() if len(frame) else {}


def listed(parts: Sequence[str], last: str = "and") -> str:
    """The parts as 'a, b and c'; `last` stands before the last one."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"
