"""The tables behind the answers, for people: value, difference, number of seeds and runs, or why there is no value."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ztfexplore.research.grid import AUGMENTATIONS, IMBALANCE
from ztfexplore.research.phrases import signed
from ztfexplore.research.report import MISSING, mean_with_interval
from ztfexplore.research.summaries import NOT_YET

# The columns that name a row, by experiment, with their headings.
NAMES = {
    IMBALANCE: {"arm": "stamps", "method": "method", "at": "ratio"},
    AUGMENTATIONS: {"condition": "augmentations"},
}
OTHER_NAMES = {"name": "method", "probe": "labels per class"}
FIGURES = ("mean [95 %]", "compared with", "difference [95 %]", "p", "q", "seeds", "runs", "note")
ANY = "all"  # the method of a row that stands for all methods


def rows_of_measure(frame: pd.DataFrame, experiment: str, measure: str, probe: str | None) -> pd.DataFrame:
    """The rows of a measure and probe (None: of all probes), and those that only give a reason."""
    kept = frame["measure"] == measure
    if probe is not None:
        kept &= frame["probe"] == probe
    if experiment == IMBALANCE:
        kept |= frame["method"] == ANY
    return frame[kept]


def readable_summary(frame: pd.DataFrame, experiment: str) -> pd.DataFrame:
    """Rows of a summary as text, one column per number; '-' for a missing number, and `note` gives the reason.

    Args:
        frame: a table from `summaries`, or some of its rows.
    """
    rows = [_row(row, experiment) for row in frame.to_dict("records")]
    names = NAMES.get(experiment, OTHER_NAMES).values()
    return pd.DataFrame(rows, columns=[*names, *(name for name in FIGURES if name != "q" or "q" in frame)])


def _row(row: dict[str, Any], experiment: str) -> dict[str, object]:
    row = row | {"at": _ratio(row), "name": f"{row.get('method')} {row.get('sampling')}".strip()}
    named = {heading: row[name] for name, heading in NAMES.get(experiment, OTHER_NAMES).items()}
    has_mean, has_effect = pd.notna(row["mean"]), pd.notna(row["effect"])
    compared = isinstance(row["reference"], str) and row["reference"] != ""
    return named | {
        "mean [95 %]": mean_with_interval(row) if has_mean else MISSING,
        "compared with": row["reference"] if compared else MISSING,
        "difference [95 %]": signed(row) if has_effect else MISSING,
        "p": f"{row['p']:.3f}" if pd.notna(row["p"]) else MISSING,
        "q": f"{row['q']:.3f}" if pd.notna(row.get("q")) else MISSING,
        "seeds": int(row["n_seeds"]),
        "runs": int(row["n_runs"]),
        "note": row["reason"] or ("difference not run yet" if compared and not has_effect else ""),
    }


def _ratio(row: dict[str, Any]) -> str:
    if "ratio" not in row or row.get("method") == "untrained":
        return MISSING
    rare = row.get("rare")
    return f"{row['ratio']}:1" + (f", {rare} rare" if isinstance(rare, str) and rare else "")


def count_waiting(frame: pd.DataFrame) -> tuple[int, int]:
    """(number of rows that have not been run yet, number of all rows to run)."""
    own = frame[frame["reason"].isin(["", NOT_YET])]
    return int((own["reason"] == NOT_YET).sum()), len(own)
