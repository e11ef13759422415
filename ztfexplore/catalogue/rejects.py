"""The rejects of an ingest, read from their CSV as a table and counted by reason."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ztfexplore.alerts.alert import Reject
from ztfexplore.errors import ZtfexploreError

FILE = "rejects.csv"
COLUMNS = ("candid", "source", "reason")
# Most lines that are read into a table; the file has all of them.
MOST = 100_000


def path_of(catalogue: Path) -> Path:
    """Where a catalogue keeps the rejects of the last ingest into it."""
    return catalogue / FILE


def read_rejects(path: Path) -> pd.DataFrame:
    """Columns candid (as text, '' if unknown), source, reason; at most the first MOST lines. Empty if there is no file.

    Raises:
        ZtfexploreError: if it cannot be read, or is not a file of rejects.
    """
    try:
        with path.open(newline="", encoding="utf-8", errors="backslashreplace") as file:
            rows = csv.reader(line.replace("\0", "") for line in file)
            if tuple(next(rows, COLUMNS)) != COLUMNS:
                raise ZtfexploreError(f"rejects {path}: does not begin with {','.join(COLUMNS)}")
            # A line that was being written when the run was killed has fewer fields.
            found = [row for _, row in zip(range(MOST), rows, strict=False) if len(row) == len(COLUMNS)]
    except FileNotFoundError:
        found = []
    except (OSError, csv.Error) as error:
        raise ZtfexploreError(f"rejects {path}: cannot be read ({error})") from error
    return pd.DataFrame(found, columns=list(COLUMNS), dtype=object)


def table(rejects: Sequence[Reject]) -> pd.DataFrame:
    """The same columns for rejects in memory, with the object's name if known."""
    rows = [
        ("" if reject.candid is None else str(reject.candid), reject.object_id or "", reject.source, reject.message)
        for reject in rejects
    ]
    return pd.DataFrame(rows, columns=["candid", "object_id", "source", "reason"], dtype=object)


def kinds(table: pd.DataFrame) -> pd.Series:
    """The kind of each reason: the part before the colon."""
    return table["reason"].astype(str).str.split(":", n=1).str[0].rename("reason")


def by_reason(table: pd.DataFrame) -> pd.DataFrame:
    """Columns reason and rejects (how many), most frequent first."""
    counts = kinds(table).value_counts()
    return pd.DataFrame({"reason": counts.index.astype(object), "rejects": counts.to_numpy()})


def matching(table: pd.DataFrame, text: str, kind: str | None = None) -> pd.DataFrame:
    """Lines that contain a text in any column, ignoring case; only of one kind of reason if given."""
    kept = table if kind is None else table[kinds(table) == kind]
    text = text.strip().casefold()
    if not text:
        return kept
    holds = pd.Series(False, index=kept.index)
    for name in kept:
        holds |= kept[name].astype(str).str.casefold().str.contains(text, regex=False)
    return kept[holds]
