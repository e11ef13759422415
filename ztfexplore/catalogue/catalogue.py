"""The catalogue on disk: a Lance dataset with one row per stamp."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import lance
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock, Timeout

from ztfexplore.alerts.alert import Alert
from ztfexplore.alerts.keys import Key
from ztfexplore.alerts.labels_csv import Label
from ztfexplore.catalogue import schema
from ztfexplore.catalogue.annotations import FILE
from ztfexplore.catalogue.matching import match, the_row
from ztfexplore.errors import CatalogueError

LOCK_SECONDS = 60
LOCK = ".lock"
# What an interrupted creation leaves in the folder, apart from the first version itself. People's labels survive when
# the rest is deleted, and apply to the alerts when these are ingested again.
LEFTOVERS = {LOCK, "_transactions", "_versions", "rejects.csv", FILE, f"{FILE}-journal"}
# What Lance raises for damaged, missing, unreadable or unwritable files; pyarrow's errors are ValueErrors.
LANCE_ERRORS = (OSError, ValueError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Vectors:
    """A column of vectors, an embedding or a map.

    Attributes:
        values: float32 (n, dim), one row per catalogue row; NaN where not yet computed.
        metadata: written with the column; includes the hash of the weights.
    """

    values: np.ndarray
    metadata: Mapping[str, str]

    @property
    def present(self) -> np.ndarray:
        """True for the rows that have a vector, bool (n,)."""
        return np.isfinite(self.values[:, 0])


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a catalogue.

    Attributes:
        number: increases with every change.
        when: it was written (UTC).
        rows: number of alerts; rows are only ever appended.
        change: what changed since the version before, in a few words.
    """

    number: int
    when: datetime
    rows: int
    change: str


class Catalogue:
    """A catalogue on disk, at the version it had when opened; `refresh` moves to the latest.

    Rows keep their order, so a row number identifies an alert within a version.
    """

    def __init__(self, path: Path, dataset: lance.LanceDataset) -> None:
        self.path = path
        self._dataset = dataset

    @classmethod
    def open(cls, path: str | Path) -> Catalogue:
        """An existing catalogue.

        Raises:
            CatalogueError: if there is none at `path`.
        """
        path = Path(path)
        if not os.path.isdir(path):
            what = "a file, not a folder" if os.path.exists(path) else "no such folder"
            raise CatalogueError(f"catalogue {path}: {what}")
        dataset = _load(path)
        types = {field.name: field.type for field in dataset.schema}
        missing = [field.name for field in schema.ESSENTIAL if types.get(field.name) != field.type]
        if missing:
            raise CatalogueError(f"catalogue {path}: a Lance dataset without {', '.join(missing)}, not a catalogue")
        return cls(path, dataset)

    @classmethod
    def create(cls, path: str | Path) -> Catalogue:
        """The catalogue at `path`, created empty if there is none.

        Raises:
            CatalogueError: if something else is there, or it cannot be written.
        """
        path = Path(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            if _is_unmade(path):
                with _locked(path):
                    if _is_unmade(path):  # no other process created it in the meantime
                        lance.write_dataset(schema.full_schema().empty_table(), str(path))
        except FileExistsError:
            raise CatalogueError(f"catalogue {path}: a file is in the way") from None
        except LANCE_ERRORS as error:
            raise CatalogueError(f"catalogue {path}: cannot be written ({_first_line(error)})") from error
        return cls.open(path)

    def __len__(self) -> int:
        return self._dataset.count_rows()

    @property
    def version(self) -> int:
        """Increases with every change; the same version has the same content."""
        return self._dataset.version

    def refresh(self) -> None:
        """Move to the latest version on disk."""
        self._dataset = _load(self.path)

    # --- reading ---------------------------------------------------------------------------------------------

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """These columns, one row per alert in the order of row numbers; all except the heavy ones if not given."""
        names = [name for name in schema.light_columns() if name in self._dataset.schema.names]
        with self._reading():
            return self._dataset.to_table(columns=list(columns or names))

    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The same as a pandas frame, indexed by row number. candid is int64; a missing label is NaN."""
        return self.table(columns).to_pandas()

    def stamps(self, rows: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """Stamps as read, each float32 (channels, height, width), in the order of `rows`."""
        if len(rows) == 0:
            return []
        rows = np.asarray(rows)
        # Lance needs ascending, distinct row numbers to read each page only once.
        unique, inverse = np.unique(rows, return_inverse=True)
        with self._reading():
            table = self._dataset.take(unique.tolist(), columns=["stamp", "stamp_shape"])
        found = schema.to_stamps(table)
        return [found[position] for position in inverse]

    def heavy(self, row: int) -> dict[str, object]:
        """The columns of an alert that are not metadata: `candidate` (JSON) and `history` (list of detections)."""
        with self._reading():
            return self._dataset.take([row], columns=["candidate", "history"]).to_pylist()[0]

    def row_of(self, candid: int, survey: str | None = None) -> int:
        """The row number of an alert.

        Raises:
            CatalogueError: if it is not in the catalogue, or no survey is given and several have the candid.
        """
        frame, key = self.frame(schema.KEY), candid if survey is None else (survey, candid)
        return the_row(frame["candid"].to_numpy(), frame["survey"].to_numpy(), key, self.path)

    def vectors(self, column: str) -> Vectors:
        """A column of vectors.

        Raises:
            CatalogueError: if there is no such column.
        """
        if column not in self._dataset.schema.names:
            raise CatalogueError(f"catalogue {self.path}: no column {column}")
        field = self._dataset.schema.field(column)
        array = self.table([column]).column(column).combine_chunks()
        # flatten skips null lists, whatever values are stored under them.
        flat = array.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
        values = np.full((len(array), field.type.list_size), np.nan, dtype=np.float32)
        values[array.is_valid().to_numpy(zero_copy_only=False)] = flat.reshape(-1, field.type.list_size)
        return Vectors(values, self.vector_metadata(column))

    def vector_metadata(self, column: str) -> dict[str, str]:
        """The metadata of a column of vectors; empty if there is no such column."""
        if column not in self._dataset.schema.names:
            return {}
        metadata = self._dataset.schema.field(column).metadata or {}
        return {key.decode(): value.decode() for key, value in metadata.items()}

    def vector_columns(self, prefix: str) -> list[str]:
        """Names of the columns of vectors that begin with `prefix`."""
        return [name for name in self._dataset.schema.names if name.startswith(prefix)]

    def filled(self, column: str) -> int:
        """How many rows have a value in a column; 0 if there is no such column."""
        if column not in self._dataset.schema.names:
            return 0
        with self._reading():
            return self._dataset.count_rows(filter=f"`{column}` IS NOT NULL")

    def versions(self) -> list[Version]:
        """Every version on disk up to this one, oldest first."""
        with self._reading():
            known = [item for item in self._dataset.versions() if item["version"] <= self.version]
            rows = [int(item["metadata"]["total_rows"]) for item in known]
            columns = [self._columns_at(item["version"]) for item in known]
        return [
            Version(
                number=item["version"],
                when=cast(datetime, item["timestamp"]).astimezone(UTC),  # Lance gives local time without a time zone
                rows=rows[at],
                change=_change(rows[at] - rows[at - 1], columns[at], columns[at - 1]) if at else "begun",
            )
            for at, item in enumerate(known)
        ]

    def _columns_at(self, version: int) -> dict[str, object]:
        """Names of the columns of a version, each with its type and metadata."""
        return {field.name: (field.type, field.metadata) for field in self._dataset.checkout_version(version).schema}

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except LANCE_ERRORS as error:
            raise CatalogueError(f"catalogue {self.path}: cannot be read ({_first_line(error)})") from error

    # --- writing ---------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time, starting from the latest version; readers never wait."""
        try:
            with _locked(self.path):
                self.refresh()
                yield
                self.refresh()
        except LANCE_ERRORS as error:
            raise CatalogueError(f"catalogue {self.path}: cannot be written ({_first_line(error)})") from error

    def add(self, alerts: Sequence[Alert]) -> int:
        """Append the alerts whose (survey, candid) is new, in one atomic step.

        Returns:
            how many were new.
        """
        with self._writing():
            present = self._present([alert.candid for alert in alerts])
            fresh: dict[tuple[str, int], Alert] = {}
            for alert in alerts:
                key = (alert.survey, alert.candid)
                if key not in present:
                    fresh.setdefault(key, alert)
            if fresh:
                self._add_missing_columns()
                self._dataset.insert(schema.to_table(list(fresh.values())))
            return len(fresh)

    def _present(self, candids: Sequence[int]) -> set[tuple[str, int]]:
        """(survey, candid) of the rows with one of these candids."""
        table = self.table(schema.KEY)
        found = table.filter(pc.is_in(table.column("candid"), value_set=pa.array(candids, pa.int64())))
        return set(zip(found.column("survey").to_pylist(), found.column("candid").to_pylist(), strict=True))

    def relabel(self, labels: Mapping[Key, Label]) -> np.ndarray:
        """Set the labels that came with the data, where they differ from `labels`.

        Args:
            labels: by (survey, candid), or by a bare candid, which means the only alert with that candid; if two
                surveys share it, nothing is set.

        Returns:
            the rows that changed, ascending, int64 (m,).
        """
        with self._writing():
            table = self.table([*schema.KEY, *schema.LABEL_COLUMNS])
            # Bare candids first, so that a label that names the survey wins.
            found = match(table.select(schema.KEY).to_pandas(), sorted(labels, key=lambda key: isinstance(key, tuple)))
            wanted = {row: labels[key] for key, row in found.rows.items()}
            rows = np.array(sorted(wanted), dtype=np.int64)
            current = zip(rows.tolist(), table.select(schema.LABEL_COLUMNS).take(rows).to_pylist(), strict=True)
            changed = {row: wanted[row] for row, old in current if _differs(wanted[row], old)}
            if changed:
                values = {
                    name: pa.array([getattr(label, name) for label in changed.values()], pa.string())
                    for name in schema.LABEL_COLUMNS
                }
                self._update(np.array(list(changed)), values)
            return np.array(list(changed), dtype=np.int64)

    def write_vectors(self, column: str, rows: np.ndarray, values: np.ndarray, metadata: Mapping[str, str]) -> None:
        """Fill `column` at `rows` with `values` (len(rows), dim), float32.

        A column that was written with other `metadata` is stale and dropped first: a column never mixes vectors of two
        kinds. Values and metadata are written in one atomic step, so that they always match.
        """
        with self._writing():
            if self._is_stale(column, values.shape[1], metadata):
                self._dataset.drop_columns([column])
                self.refresh()
            if column in self._dataset.schema.names:
                self._update(rows, {column: _vectors(values)})
            else:
                self._add_vectors(column, rows, values, metadata)

    def _is_stale(self, column: str, dim: int, metadata: Mapping[str, str]) -> bool:
        if column not in self._dataset.schema.names:
            return False
        field = self._dataset.schema.field(column)
        return field.type.list_size != dim or not self.vector_metadata(column).items() >= metadata.items()

    def _add_vectors(self, column: str, rows: np.ndarray, values: np.ndarray, metadata: Mapping[str, str]) -> None:
        """A new column with its values and metadata; null in the other rows."""
        whole = np.full((len(self), values.shape[1]), np.nan, dtype=np.float32)
        whole[rows] = values
        empty = np.ones(len(whole), dtype=bool)
        empty[rows] = False
        array = _vectors(whole, empty)
        columns = pa.schema([pa.field(column, array.type, metadata=dict(metadata))])
        self._dataset.add_columns(pa.Table.from_arrays([array], schema=columns).to_reader())

    def _update(self, rows: np.ndarray, columns: Mapping[str, pa.Array]) -> None:
        """New values in some rows of some columns; files of other columns stay as they are."""
        addresses = self._dataset.to_table(columns=[], with_row_id=True).column("_rowid").to_numpy()[rows]
        table = pa.table({"_rowid": pa.array(addresses, pa.uint64()), **columns})
        fragment_of = addresses >> np.uint64(32)  # a Lance row id is (fragment, offset), 32 bits each
        updated, modified = [], set()
        for number in np.unique(fragment_of):
            fragment = self._dataset.get_fragment(int(number))
            if fragment is None:  # the row ids were read from the same version
                raise CatalogueError(f"catalogue {self.path}: fragment {number} is missing")
            metadata, fields = fragment.update_columns(table.filter(pa.array(fragment_of == number)))
            updated.append(metadata)
            modified |= set(fields)
        operation = lance.LanceOperation.Update(updated_fragments=updated, fields_modified=sorted(modified))
        lance.LanceDataset.commit(str(self.path), operation, read_version=self._dataset.version)
        self.refresh()

    def _add_missing_columns(self) -> None:
        """Add the columns that a catalogue from an earlier version of ztfexplore lacks, as nulls."""
        missing = [field for field in schema.full_schema() if field.name not in self._dataset.schema.names]
        if missing:
            self._dataset.add_columns(pa.schema(missing))
            self.refresh()


def _change(rows: int, columns: Mapping[str, object], before: Mapping[str, object]) -> str:
    """What a version changed: rows added, columns added, dropped or written again, or else values."""
    came = [name for name in columns if columns[name] != before.get(name)]
    went = [name for name in before if name not in columns]
    parts = [f"{rows:,} added"] if rows else []
    parts += [f"column {name} written" for name in came] + [f"column {name} dropped" for name in went]
    return "; ".join(parts) or "values changed"


def _load(path: Path) -> lance.LanceDataset:
    try:
        return lance.dataset(str(path))
    except LANCE_ERRORS as error:
        raise CatalogueError(f"catalogue {path}: not a catalogue ({_first_line(error)})") from error


def _is_unmade(path: Path) -> bool:
    """Whether a folder is empty, or holds only what an interrupted creation leaves."""
    names = {entry.name for entry in path.iterdir()}
    return names <= LEFTOVERS and not any((path / "_versions").glob("*.manifest"))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        with FileLock(path / LOCK, timeout=LOCK_SECONDS):
            yield
    except Timeout:
        raise CatalogueError(
            f"catalogue {path}: another process has been writing for {LOCK_SECONDS} s; try again"
        ) from None


def _differs(new: Label, old: Mapping[str, object]) -> bool:
    """Whether a label changes anything; one without a source does not remove an existing source."""
    return new.label != old["label"] or new.label_source not in (None, old["label_source"])


def _vectors(values: np.ndarray, empty: np.ndarray | None = None) -> pa.FixedSizeListArray:
    """Rows of (n, dim) as lists, float32; null where `empty`."""
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1], mask=None if empty is None else pa.array(empty))


def _first_line(error: Exception) -> str:
    """The first line of a message: Lance appends the position in its Rust source."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].split(", /")[0][:200]
