"""The tables of results: one CSV file per experiment. Several processes may fill them; any may be killed at any moment.

Next to `NAME.csv` (one row per run and probe) there are `NAME-predictions.csv` (the class predicted for each tested
alert, one character each) and `tested.csv` (which alerts these are). A table is always replaced as a whole, so a reader
sees either the old or the new one, and a run is in it with all its rows or not at all. If the last line is cut off all
the same (by an interrupted copy, for example), its run is done again. Rows of another version of the science are not
read, and are moved to another file when the table is written.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from ztfexplore.errors import ZtfexploreError
from ztfexplore.files import replacing
from ztfexplore.progress import OnText, no_text
from ztfexplore.research import SCIENCE_VERSION
from ztfexplore.research.runs import RunResult

RESULTS: Sequence[str] = (
    "key", "science", "data", "experiment", "arm", "method", "recipe", "positives", "ratio", "rare", "labels",
    "sampling", "seed", "probe_labels", "status", "reason", "balanced_accuracy", "recall", "knn_accuracy", "knn_purity",
    "uniformity", "loss", "C", "probe_alerts", "neighbours", "train_objects", "train_alerts", "train_labels",
    "test", "test_objects", "test_alerts", "steps", "seconds", "versions",
)  # fmt: skip
PREDICTIONS: Sequence[str] = ("key", "probe_labels", "linear", "knn", "same")
TESTED: Sequence[str] = ("test", "candid", "object_id", "label")
NUMBERS = (
    "balanced_accuracy", "knn_accuracy", "knn_purity", "uniformity", "loss", "C", "ratio", "seed", "seconds",
    "train_objects", "train_alerts", "train_labels", "test_objects", "test_alerts", "probe_alerts", "neighbours",
)  # fmt: skip
ENDING = ".csv"
# Names of columns in tables of earlier releases, which are still read.
OLD_NAMES = {"probe_c": "C"}

Row = dict[str, str]


@dataclass(frozen=True)
class StoredTable:
    """A table as read.

    Attributes:
        rows: the rows of this version.
        others: all other lines unchanged, their header first; empty if there are none.
        why: the reason why the others are not read; '' if there are none.
        torn: whether a line was cut off.
    """

    rows: list[Row]
    others: list[str]
    why: str
    torn: bool


def parse_table(text: str, header: Sequence[str]) -> StoredTable:
    """A table from its text; without a `science` column, all complete rows are of this version."""
    lines = text.splitlines(keepends=True)
    torn = bool(lines) and not lines[-1].endswith("\n")
    lines = lines[:-1] if torn else lines
    if not lines:
        return StoredTable([], [], "", torn)
    if [OLD_NAMES.get(name, name) for name in next(csv.reader(lines[:1]))] != list(header):
        return StoredTable([], [line.rstrip("\n") for line in lines], "its columns are different", torn)
    rows, others, versions = [], [], set()
    for line in lines[1:]:
        cells = next(csv.reader([line]), [])
        if len(cells) != len(header):
            torn = True
            continue
        row = dict(zip(header, cells, strict=True))
        if row.get("science", str(SCIENCE_VERSION)) == str(SCIENCE_VERSION):
            rows.append(row)
        else:
            versions.add(row["science"][:20])
            others.append(line.rstrip("\n"))
    why = f"version {', '.join(sorted(versions))} of the science; this is version {SCIENCE_VERSION}" if others else ""
    return StoredTable(rows, [lines[0].rstrip("\n"), *others] if others else [], why, torn)


def render_table(rows: Iterable[dict[str, Any]], header: Sequence[str]) -> str:
    """The text of a table; a missing value is an empty cell, and line breaks in values become spaces."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row.get(name)) for name in header})
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return " ".join(text.split())


class Store:
    """The results in a folder.

    Args:
        folder: folder of the tables.
        locks: folder for lock files, which are not results.
        say: called with a message about what is not read, or moved to another file.
    """

    def __init__(self, folder: Path, locks: Path | None = None, say: OnText = no_text):
        self.folder, self.say = folder, say
        self._locks = locks if locks is not None else folder
        self._said: set[str] = set()
        self._mark = sha256(str(folder.resolve()).encode()).hexdigest()[:12]

    # --- reading ---------------------------------------------------------------------------------------------------

    def results(self, experiment: str) -> pd.DataFrame:
        """The rows of an experiment, columns RESULTS; numeric columns as numbers, NaN where a number is missing."""
        frame = pd.DataFrame(self._read(experiment, RESULTS).rows, columns=list(RESULTS), dtype=object)
        for name in NUMBERS:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
        return frame

    def predictions(self, experiment: str) -> pd.DataFrame:
        """The predictions of each run and probe, columns PREDICTIONS."""
        read = self._read(f"{experiment}-predictions", PREDICTIONS)
        return pd.DataFrame(read.rows, columns=list(PREDICTIONS), dtype=object)

    def tested(self) -> pd.DataFrame:
        """The tested alerts, columns TESTED, in the order of the predictions' characters; candid is text."""
        return pd.DataFrame(self._read("tested", TESTED).rows, columns=list(TESTED), dtype=object)

    def done(self, experiment: str) -> set[str]:
        """Keys of the runs in the table, including those with a reason instead of results."""
        return {row["key"] for row in self._read(experiment, RESULTS).rows}

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{ENDING}"

    def _read(self, name: str, header: Sequence[str]) -> StoredTable:
        path = self._path(name)
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return StoredTable([], [], "", False)
        except (OSError, UnicodeDecodeError) as error:
            raise ZtfexploreError(f"results {path}: cannot be read ({error})") from error
        table = parse_table(text.replace("\r\n", "\n"), header)
        if table.others:
            self._tell(f"results {path}: {len(table.others) - 1} rows were not read ({table.why})")
        if table.torn:
            self._tell(f"results {path}: an incomplete line was left out; its run will be done again")
        return table

    def _tell(self, text: str) -> None:
        """Say something only once, however often a table is read."""
        if text not in self._said:
            self._said.add(text)
            self.say(text)

    # --- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def claim(self, key: str) -> Iterator[bool]:
        """Yields whether this process may do the run; meanwhile no other may. A killed process loses its claim."""
        lock = self._lock(key)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def add(self, experiment: str, result: RunResult) -> None:
        """Store the rows of a run, all of them and only once, however often this is called."""
        with self._lock("write"):
            known = {row["test"] for row in self._read("tested", TESTED).rows}
            self._put("tested", TESTED, [row for row in result.tested if row["test"] not in known], ("test",))
            self._put(f"{experiment}-predictions", PREDICTIONS, result.predictions, ("key",))
            self._put(
                experiment, RESULTS, result.rows, ("key",)
            )  # last, so that a run in this table is in the others too

    def merge(self, other: Store, experiment: str) -> int:
        """Copy the runs of another folder that are missing here; returns how many."""
        there, results = other.predictions(experiment), other.results(experiment)
        tested, new = other.tested(), set(results["key"]) - self.done(experiment)
        raw = other._read(experiment, RESULTS).rows
        for key in dict.fromkeys(row["key"] for row in raw if row["key"] in new):
            rows = [row for row in raw if row["key"] == key]
            result = RunResult(
                [dict(row) for row in rows],
                there[there["key"] == key].to_dict("records"),
                tested[tested["test"].isin([row["test"] for row in rows])].to_dict("records"),
            )
            self.add(experiment, result)
        return len(new)

    def _put(self, name: str, header: Sequence[str], rows: Sequence[dict[str, Any]], by: tuple[str, ...]) -> None:
        """Add rows to a table; they replace rows with the same values in `by`."""
        if not rows:
            return
        table = self._read(name, header)
        if table.others:
            self._put_aside(name, table)
        new = {tuple(str(row[column]) for column in by) for row in rows}
        kept = [row for row in table.rows if tuple(row[column] for column in by) not in new]
        with replacing(self._path(name)) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            file.write(render_table([*kept, *rows], header))
            file.flush()
            os.fsync(file.fileno())

    def _put_aside(self, name: str, table: StoredTable) -> None:
        """Move the rows of another version to a separate file, which nothing reads."""
        number = 1
        while (path := self.folder / f"{name}.other-{number}{ENDING}").exists():
            number += 1
        with replacing(path) as partial:
            partial.write_text("\n".join(table.others) + "\n", encoding="utf-8")
        self.say(f"results {self._path(name)}: {len(table.others) - 1} rows ({table.why}) are now in {path.name}")

    def _lock(self, name: str) -> FileLock:
        self._locks.mkdir(parents=True, exist_ok=True)
        return FileLock(self._locks / f"research-{self._mark}-{name}.lock")
