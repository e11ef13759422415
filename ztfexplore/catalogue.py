"""The one store: a Lance dataset with one row a stamp. Everything on disk goes through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import lance
import numpy as np
import pandas as pd
import pyarrow as pa
from filelock import FileLock, Timeout

from ztfexplore import schema
from ztfexplore.alert import Alert
from ztfexplore.errors import CatalogueError
from ztfexplore.labels import Label

LOCK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Vectors:
    """A column of vectors, an embedding or a map.

    Attributes:
        values: float32 (n, dim), one row a catalogue row; NaN where nothing has been computed yet.
        metadata: what was written with the column, among it the hash of the weights.
    """

    values: np.ndarray
    metadata: Mapping[str, str]

    @property
    def present(self) -> np.ndarray:
        """True for the rows that have a vector, bool (n,)."""
        return np.isfinite(self.values[:, 0])


class Catalogue:
    """A catalogue on disk, at the version it had when opened; `refresh` moves to the latest.

    Rows keep their order, so a row number names an alert as long as the version is the same.
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
        if not path.exists():
            raise CatalogueError(f"catalogue {path}: no such folder")
        try:
            dataset = lance.dataset(str(path))
        except (ValueError, OSError) as error:
            raise CatalogueError(f"catalogue {path}: not a catalogue ({_first_line(error)})") from error
        missing = [name for name in (*schema.KEY, "stamp", "stamp_shape") if name not in dataset.schema.names]
        if missing:
            raise CatalogueError(f"catalogue {path}: a Lance dataset without {', '.join(missing)}, not a catalogue")
        return cls(path, dataset)

    @classmethod
    def create(cls, path: str | Path) -> Catalogue:
        """The catalogue at `path`, made empty if there is none.

        Raises:
            CatalogueError: if something else is there already, or nothing can be written.
        """
        path = Path(path)
        if path.is_dir() and any(entry.name != ".lock" for entry in path.iterdir()):
            return cls.open(path)
        if path.exists() and not path.is_dir():
            raise CatalogueError(f"catalogue {path}: a file is in the way")
        try:
            path.mkdir(parents=True, exist_ok=True)
            lance.write_dataset(schema.SCHEMA.empty_table(), str(path))
        except OSError as error:
            raise CatalogueError(f"catalogue {path}: cannot be written ({_first_line(error)})") from error
        return cls.open(path)

    def __len__(self) -> int:
        return self._dataset.count_rows()

    @property
    def version(self) -> int:
        """Grows with every change; the same version is the same content."""
        return self._dataset.version

    def refresh(self) -> None:
        """Move to the latest version on disk."""
        self._dataset = lance.dataset(str(self.path))

    # --- reading ---------------------------------------------------------------------------------------------

    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Metadata, one row an alert, indexed by row number; without stamps, history and embeddings.

        candid is int64; labels are None where there are none.
        """
        names = [name for name in schema.LIGHT_COLUMNS if name in self._dataset.schema.names]
        return self._dataset.to_table(columns=list(columns or names)).to_pandas()

    def stamps(self, rows: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """Stamps as read, each float32 (channels, height, width), in the order of `rows`."""
        if len(rows) == 0:
            return []
        rows = np.asarray(rows)
        # Lance wants ascending, distinct row numbers to read each page once.
        unique, inverse = np.unique(rows, return_inverse=True)
        table = self._dataset.take(unique.tolist(), columns=["stamp", "stamp_shape"])
        found = schema.to_stamps(table)
        return [found[position] for position in inverse]

    def heavy(self, row: int) -> dict[str, object]:
        """What one alert has beyond its metadata: `candidate` (JSON) and `history` (list of detections)."""
        return self._dataset.take([row], columns=["candidate", "history"]).to_pylist()[0]

    def row_of(self, candid: int, survey: str | None = None) -> int:
        """The row number of an alert.

        Raises:
            CatalogueError: if it is not in the catalogue.
        """
        keys = self._dataset.to_table(columns=list(schema.KEY))
        match = keys.column("candid").to_numpy() == candid
        if survey is not None:
            match &= keys.column("survey").to_numpy() == survey
        rows = np.flatnonzero(match)
        if len(rows) == 0:
            raise CatalogueError(f"candid {candid} is not in catalogue {self.path}")
        return int(rows[0])

    def vectors(self, column: str) -> Vectors:
        """A column of vectors.

        Raises:
            CatalogueError: if there is no such column.
        """
        if column not in self._dataset.schema.names:
            raise CatalogueError(f"catalogue {self.path}: no column {column}")
        field = self._dataset.schema.field(column)
        array = self._dataset.to_table(columns=[column]).column(column).combine_chunks()
        # Null lists hold arbitrary values underneath: fill them before looking.
        flat = array.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
        values = np.full((len(array), field.type.list_size), np.nan, dtype=np.float32)
        values[array.is_valid().to_numpy(zero_copy_only=False)] = flat.reshape(-1, field.type.list_size)
        metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        return Vectors(values, metadata)

    def vector_columns(self, prefix: str) -> list[str]:
        """Names of the columns of vectors that begin with `prefix`."""
        return [name for name in self._dataset.schema.names if name.startswith(prefix)]

    # --- writing ---------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time; readers never wait. Work begins at the latest version."""
        try:
            with FileLock(self.path / ".lock", timeout=LOCK_SECONDS):
                self.refresh()
                yield
                self.refresh()
        except Timeout:
            raise CatalogueError(
                f"catalogue {self.path}: another process has been writing for {LOCK_SECONDS} s; try again"
            ) from None

    def add(self, alerts: Sequence[Alert]) -> int:
        """Take in the alerts whose (survey, candid) is new, in one atomic step.

        Returns:
            how many were new.
        """
        with self._writing():
            present = self.keys()
            fresh: dict[tuple[str, int], Alert] = {}
            for alert in alerts:
                key = (alert.survey, alert.candid)
                if key not in present:
                    fresh.setdefault(key, alert)
            if fresh:
                self._add_missing_columns()
                self._dataset.insert(schema.to_table(list(fresh.values())))
            return len(fresh)

    def keys(self) -> set[tuple[str, int]]:
        """(survey, candid) of every row."""
        table = self._dataset.to_table(columns=list(schema.KEY))
        return set(zip(table.column("survey").to_pylist(), table.column("candid").to_pylist(), strict=True))

    def relabel(self, labels: Mapping[int, Label]) -> int:
        """Set the label that came with the data, where it differs from what `labels` (by candid) says.

        Returns:
            how many rows changed.
        """
        with self._writing():
            frame = self.frame(["candid", *schema.LABEL_COLUMNS])
            told = [labels.get(candid) for candid in frame["candid"].tolist()]
            current = [None if pd.isna(value) else value for value in frame["label"]]
            rows = [i for i, new in enumerate(told) if new is not None and new.label != current[i]]
            if rows:
                changed = [told[i] for i in rows]
                self._update(
                    np.array(rows),
                    {
                        "label": pa.array([new.label for new in changed if new], pa.string()),
                        "label_source": pa.array([new.label_source for new in changed if new], pa.string()),
                    },
                )
            return len(rows)

    def write_vectors(
        self, column: str, rows: np.ndarray, values: np.ndarray, metadata: Mapping[str, str]
    ) -> None:
        """Fill `column` at `rows` with `values` (len(rows), dim), float32, in one atomic step.

        A column whose `weights_sha256` differs from the one in `metadata` is stale and dropped first.
        """
        with self._writing():
            self._prepare_column(column, values.shape[1], metadata)
            flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
            self._update(rows, {column: pa.FixedSizeListArray.from_arrays(flat, values.shape[1])})

    def _prepare_column(self, column: str, dim: int, metadata: Mapping[str, str]) -> None:
        names = self._dataset.schema.names
        if column in names:
            field = self._dataset.schema.field(column)
            written = (field.metadata or {}).get(b"weights_sha256", b"").decode()
            if written == metadata.get("weights_sha256", "") and field.type.list_size == dim:
                self._dataset.update_field_metadata({column: dict(metadata)})
                self.refresh()
                return
            self._dataset.drop_columns([column])
            self.refresh()
        # A null column is a change of metadata only; its hash is there before its first value.
        self._dataset.add_columns(pa.schema([pa.field(column, pa.list_(pa.float32(), dim), metadata=dict(metadata))]))
        self.refresh()

    def _update(self, rows: np.ndarray, columns: Mapping[str, pa.Array]) -> None:
        """New values in some rows of some columns; no other column's files are touched."""
        addresses = self._dataset.to_table(columns=[], with_row_id=True).column("_rowid").to_numpy()[rows]
        table = pa.table({"_rowid": pa.array(addresses, pa.uint64()), **columns})
        fragment_of = addresses >> np.uint64(32)  # a Lance row id is (fragment, offset), 32 bits each
        updated, modified = [], set()
        for number in np.unique(fragment_of):
            fragment = self._dataset.get_fragment(int(number))
            metadata, fields = fragment.update_columns(table.filter(pa.array(fragment_of == number)))
            updated.append(metadata)
            modified |= set(fields)
        operation = lance.LanceOperation.Update(updated_fragments=updated, fields_modified=sorted(modified))
        lance.LanceDataset.commit(str(self.path), operation, read_version=self._dataset.version)
        self.refresh()

    def _add_missing_columns(self) -> None:
        """A catalogue from an earlier version of ours lacks columns that came later: they are null there."""
        missing = [field for field in schema.SCHEMA if field.name not in self._dataset.schema.names]
        if missing:
            self._dataset.add_columns(pa.schema(missing))
            self.refresh()


def _first_line(error: Exception) -> str:
    """Lance appends the Rust source position; a person needs the first clause."""
    return str(error).splitlines()[0].split(", /")[0][:200]
