"""Keys -> rows. A bare candid matches the only alert with that candid, and nothing if two surveys share it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ztfexplore.alerts.keys import Key, apart, written
from ztfexplore.errors import CatalogueError


@dataclass(frozen=True)
class Matched:
    """The rows that match some keys.

    Attributes:
        rows: by key, the row number of its alert.
        ambiguous: by bare candid, the keys of the alerts that share it, as text.
        unknown: keys of alerts that are not among the rows.
    """

    rows: dict[Key, int]
    ambiguous: dict[int, list[str]]
    unknown: list[Key]

    @property
    def problem(self) -> str:
        """One line about ambiguous candids; empty if there are none."""
        if not self.ambiguous:
            return ""
        candid, choices = next(iter(self.ambiguous.items()))
        more = f", and {len(self.ambiguous) - 1} more" if len(self.ambiguous) > 1 else ""
        return (
            f"labels not applied: candid {candid} is ambiguous, {' and '.join(choices)} share it{more}; "
            "a column 'survey' in the file tells them apart"
        )


def rows_of(candids: np.ndarray, surveys: np.ndarray, key: Key) -> list[int]:
    """The rows that a key may mean: none, one, or for a bare candid one per survey that has it.

    Args:
        candids, surveys: those of every row, (n,).
    """
    survey, candid = apart(key)
    return [row for row in np.flatnonzero(candids == candid).tolist() if survey in (None, surveys[row])]


def the_row(candids: np.ndarray, surveys: np.ndarray, key: Key, path: Path) -> int:
    """The row of a key in the catalogue at `path`; arguments as for `rows_of`.

    Raises:
        CatalogueError: if there is none, or the candid is bare and several surveys have it.
    """
    rows = rows_of(candids, surveys, key)
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise CatalogueError(f"candid {written(key)} is not in catalogue {path}")
    shared = " and ".join(written((surveys[row], int(candids[row]))) for row in rows)
    raise CatalogueError(f"candid {written(key)} is ambiguous in catalogue {path}: {shared} share it; name one of them")


def match(frame: pd.DataFrame, keys: Iterable[Key], survey: str | None = None) -> Matched:
    """The rows that match some keys.

    Args:
        frame: with survey and candid, one row per alert.
        keys: (survey, candid), or bare candids.
        survey: the survey of a bare candid that several surveys share.
    """
    keys = list(dict.fromkeys(keys))
    places = rows_by_candid(frame, {apart(key)[1] for key in keys})
    surveys = frame["survey"].to_numpy(dtype=object)
    rows: dict[Key, int] = {}
    ambiguous: dict[int, list[str]] = {}
    unknown: list[Key] = []
    for key in keys:
        of, candid = apart(key)
        found = [row for row in places.get(candid, ()) if of in (None, surveys[row])]
        if len(found) > 1 and survey is not None:
            found = [row for row in found if surveys[row] == survey] or found
        if len(found) == 1:
            rows[key] = found[0]
        elif found:
            ambiguous[candid] = sorted(written((surveys[row], candid)) for row in found)
        else:
            unknown.append(key)
    return Matched(rows, ambiguous, unknown)


def rows_by_candid(frame: pd.DataFrame, candids: set[int]) -> dict[int, list[int]]:
    """For each of these candids that is present, its row numbers, ascending."""
    values = frame["candid"].to_numpy()
    found: dict[int, list[int]] = {}
    for row in np.flatnonzero(np.isin(values, np.fromiter(candids, np.int64, len(candids)))).tolist():
        found.setdefault(int(values[row]), []).append(row)
    return found
