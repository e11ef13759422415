"""A labels file: candid, label, label_source, survey (other columns are ignored) -> a class for each alert.

A label without a survey belongs to the only alert with that candid.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ztfexplore.alerts.keys import LARGEST, SMALLEST, Key
from ztfexplore.alerts.survey import SURVEYS
from ztfexplore.errors import LabelsError

INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Label:
    """A class and its origin."""

    label: str
    label_source: str | None


def read_labels(path: Path) -> dict[Key, Label]:
    """Labels by key: (survey, candid) where the file has a column `survey` that names one, else the bare candid.

    In files from elsewhere that column may hold anything: values that are not a survey's name are ignored. Rows with
    an empty label are skipped; if several rows have the same key, the last wins.

    Raises:
        LabelsError: if the file is missing, is not a CSV with `candid` and `label`, or holds a candid that is not an
            integer.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # Excel starts its files with a byte order mark
            return dict(_labels(csv.DictReader(file, restval=""), path))
    except OSError as error:
        raise LabelsError(f"labels {path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelsError(f"labels {path}: not a CSV file ({error})") from error


def _labels(rows: csv.DictReader, path: Path) -> Iterator[tuple[Key, Label]]:
    names = [name.strip() for name in rows.fieldnames or ()]
    missing = [name for name in ("candid", "label") if name not in names]
    if missing:
        raise LabelsError(f"labels {path}: no column {', '.join(missing)}")
    rows.fieldnames = names
    for row in rows:
        if label := row["label"].strip():
            candid, survey = _candid(row["candid"], rows.line_num, path), row.get("survey", "").strip().lower()
            source = row.get("label_source", "").strip() or None
            yield (survey, candid) if survey in SURVEYS else candid, Label(label, source)


def _candid(text: str, line: int, path: Path) -> int:
    """The integer in `text`, never through a float: beyond 2^53 it would be another alert's."""
    candid = int(text) if INTEGER.fullmatch(text.strip()) else None
    if candid is None or not SMALLEST <= candid <= LARGEST:
        raise LabelsError(f"labels {path}, line {line}: candid {text[:40]!r} is not a 64-bit integer")
    return candid
