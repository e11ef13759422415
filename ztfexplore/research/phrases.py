"""Words for numbers: an effect with its interval, and what the interval lets one say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ztfexplore.research.summaries import NOT_YET

UNKNOWN = "is not measured yet"


def has_effect(row: Mapping[str, object]) -> bool:
    """Whether a row of a table has an effect."""
    return bool(pd.notna(row.get("effect")))


def cell_number(row: Mapping[str, object], name: str) -> float:
    """A cell of a row as a number."""
    return float(row[name])  # type: ignore[arg-type]


def signed(row: Mapping[str, object]) -> str:
    """An effect with its interval: +0.012 [-0.003, +0.027]."""
    if not has_effect(row):
        return NOT_YET
    if pd.isna(row["effect_low"]):
        return f"{row['effect']:+.3f}"
    return f"{row['effect']:+.3f} [{row['effect_low']:+.3f}, {row['effect_high']:+.3f}]"


def phrase(row: Mapping[str, object], up: str, down: str, same: str, none: str = UNKNOWN) -> str:
    """One of three phrases, by whether the interval is above 0, below, or holds it; or `none`."""
    if not has_effect(row):
        return none
    low, high = cell_number(row, "effect_low"), cell_number(row, "effect_high")
    return up if low > 0 else down if high < 0 else same


def phrase_with_numbers(row: Mapping[str, object], up: str, down: str, same: str, none: str = UNKNOWN) -> str:
    """The same with the numbers, where there are any."""
    told = phrase(row, up, down, same, none)
    return f"{told} ({signed(row)})" if has_effect(row) else told


def together(rows: Mapping[str, Mapping[str, object]], up: str, down: str, same: str) -> str:
    """What is said of several things, the same said once: 'falls on A (-0.1 [...]) and on B (...)'."""
    said: dict[str, list[str]] = {}
    for name, row in rows.items():
        numbers = f" ({signed(row)})" if has_effect(row) else ""
        said.setdefault(phrase(row, up, down, same), []).append(f"{name}{numbers}")
    return listed([f"{what} {listed(names)}" for what, names in said.items()])


def excluded(row: Mapping[str, object], loss: bool) -> str | None:
    """How large a loss (or gain) the interval leaves out; None if it leaves none out, or there is no interval."""
    if not has_effect(row) or pd.isna(row["effect_low"]):
        return None
    bound = -cell_number(row, "effect_low") if loss else cell_number(row, "effect_high")
    return f"{max(bound, 0):.3f}"


def pick(frame: pd.DataFrame, **condition: object) -> dict[str, object]:
    """The only row with these values; empty if there is none."""
    for name, value in condition.items():
        frame = frame[frame[name] == value]
    return frame.iloc[0].to_dict() if len(frame) else {}


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
