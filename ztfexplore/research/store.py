"""The tables of results: CSV, one an experiment, which several processes may fill and any may be killed at any moment.

Beside `NAME.csv` (a row a run and probe) there are `NAME-predictions.csv` (what was predicted of each tested alert, a
character each) and `tested.csv` (which alerts these are). A table is replaced whole, so a reader sees the old or the
new one; a run is in it with all its rows, or not at all. A last line that is torn nevertheless (by a copy, say) is not
a run: it is done again. Rows of another version of the science are not read, and put aside when the table is written.
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
    "uniformity", "loss", "probe_c", "probe_alerts", "neighbours", "train_objects", "train_alerts", "train_labels",
    "test", "test_objects", "test_alerts", "steps", "seconds", "versions",
)  # fmt: skip
PREDICTIONS: Sequence[str] = ("key", "probe_labels", "linear", "knn", "same")
TESTED: Sequence[str] = ("test", "candid", "object_id", "label")
NUMBERS = (
    "balanced_accuracy", "knn_accuracy", "knn_purity", "uniformity", "loss", "probe_c", "ratio", "seed", "seconds",
    "train_objects", "train_alerts", "train_labels", "test_objects", "test_alerts", "probe_alerts", "neighbours",
)  # fmt: skip
ENDING = ".csv"

Row = dict[str, str]


@dataclass(frozen=True)
class StoredTable:
    """A table as read.

    Attributes:
        rows: those of this version.
        others: lines that are not, as they stand, with the header they stood under first; empty if there are none.
        why: what is wrong with the others, for a person; '' if there are none.
        torn: whether the last line was cut off.
    """

    rows: list[Row]
    others: list[str]
    why: str
    torn: bool


def parse_table(text: str, header: Sequence[str]) -> StoredTable:
    """A table's text; without a `science` column all whole rows are of this version."""
    lines = text.splitlines(keepends=True)
    torn = bool(lines) and not lines[-1].endswith("\n")
    lines = lines[:-1] if torn else lines
    if not lines:
        return StoredTable([], [], "", torn)
    if next(csv.reader(lines[:1])) != list(header):
        return StoredTable([], [line.rstrip("\n") for line in lines], "other columns", torn)
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
    why = f"version {', '.join(sorted(versions))} of the science, this is {SCIENCE_VERSION}" if others else ""
    return StoredTable(rows, [lines[0].rstrip("\n"), *others] if others else [], why, torn)


def render_table(rows: Iterable[dict[str, Any]], header: Sequence[str]) -> str:
    """A table's text; a value that is missing is an empty cell, and no value has a line break."""
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
        folder: of the tables.
        locks: folder for lock files, which are not results.
        say: told what is not read, and what is put aside.
    """

    def __init__(self, folder: Path, locks: Path | None = None, say: OnText = no_text):
        self.folder, self.say = folder, say
        self._locks = locks if locks is not None else folder
        self._said: set[str] = set()
        self._mark = sha256(str(folder.resolve()).encode()).hexdigest()[:12]

    # --- reading ---------------------------------------------------------------------------------------------------

    def results(self, experiment: str) -> pd.DataFrame:
        """The rows of an experiment, columns RESULTS; numbers as numbers, NaN where there is none."""
        frame = pd.DataFrame(self._read(experiment, RESULTS).rows, columns=list(RESULTS), dtype=object)
        for name in NUMBERS:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
        return frame

    def predictions(self, experiment: str) -> pd.DataFrame:
        """What was predicted by each run and probe, columns PREDICTIONS."""
        read = self._read(f"{experiment}-predictions", PREDICTIONS)
        return pd.DataFrame(read.rows, columns=list(PREDICTIONS), dtype=object)

    def tested(self) -> pd.DataFrame:
        """The tested alerts, columns TESTED, in the order of the predictions' characters; candid is text."""
        return pd.DataFrame(self._read("tested", TESTED).rows, columns=list(TESTED), dtype=object)

    def done(self, experiment: str) -> set[str]:
        """Keys of the runs that have their rows, those with a reason among them."""
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
            self._tell(f"results {path}: {len(table.others) - 1} rows not read ({table.why})")
        if table.torn:
            self._tell(f"results {path}: a line that is not whole was left out; its run is done again")
        return table

    def _tell(self, text: str) -> None:
        """Once, however often a table is read."""
        if text not in self._said:
            self._said.add(text)
            self.say(text)

    # --- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def claim(self, key: str) -> Iterator[bool]:
        """Whether the run is ours to do; no other process has it meanwhile. A killed process's claim ends with it."""
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
        """Keep a run's rows: all of them, once, however often it is called."""
        with self._lock("write"):
            known = {row["test"] for row in self._read("tested", TESTED).rows}
            self._put("tested", TESTED, [row for row in result.tested if row["test"] not in known], ("test",))
            self._put(f"{experiment}-predictions", PREDICTIONS, result.predictions, ("key",))
            self._put(experiment, RESULTS, result.rows, ("key",))  # last: who is here has the others

    def merge(self, other: Store, experiment: str) -> int:
        """Take over the runs of another folder that are not here; returns how many."""
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
        """Add rows to a table; rows with the same values in `by` give way to them."""
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
        """Keep another version's rows in a file of their own, which nothing reads."""
        number = 1
        while (path := self.folder / f"{name}.other-{number}{ENDING}").exists():
            number += 1
        with replacing(path) as partial:
            partial.write_text("\n".join(table.others) + "\n", encoding="utf-8")
        self.say(f"results {self._path(name)}: {len(table.others) - 1} rows ({table.why}) are now in {path.name}")

    def _lock(self, name: str) -> FileLock:
        self._locks.mkdir(parents=True, exist_ok=True)
        return FileLock(self._locks / f"research-{self._mark}-{name}.lock")
