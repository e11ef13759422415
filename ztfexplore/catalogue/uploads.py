"""Uploaded files, or paths that a person typed -> a catalogue, which is created only when there is an alert for it.

An upload's name is never used as a path: the file is stored in a temporary folder under a number, and its name
appears only in messages and in the catalogue.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Protocol

from ztfexplore.alerts.alert import Alert, Reason, Reject, printable
from ztfexplore.alerts.keys import Key
from ztfexplore.alerts.labels_csv import Label, read_labels
from ztfexplore.alerts.sanity import checked
from ztfexplore.catalogue import rejects as rejects_file
from ztfexplore.catalogue import schema
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import IngestReport, ingest
from ztfexplore.catalogue.matching import match
from ztfexplore.errors import LabelsError, ZtfexploreError
from ztfexplore.progress import OnCount, no_count
from ztfexplore.sources import read_sources
from ztfexplore.sources.read import head_of
from ztfexplore.sources.source import Source, surest

LONGEST_NAME = 200

Item = Alert | Reject


class Upload(Protocol):
    """A file that a browser sent."""

    @property
    def name(self) -> str:
        """The sender's name for it."""
        ...

    def getbuffer(self) -> memoryview:
        """Its content."""
        ...


@dataclass(frozen=True)
class Staged:
    """An upload on disk: `path` is where it is stored, `name` is the sender's name for it."""

    path: Path
    name: str

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size


@contextmanager
def staged(uploads: Sequence[Upload]) -> Iterator[list[Staged]]:
    """The uploads in a temporary folder.

    Raises:
        ZtfexploreError: if they cannot be written to the disk.
    """
    with tempfile.TemporaryDirectory(prefix="ztfexplore-") as folder:
        try:
            files = [_stage(upload, Path(folder, f"{number:06d}")) for number, upload in enumerate(uploads)]
        except OSError as error:
            raise ZtfexploreError(f"the uploads cannot be stored ({error.strerror or error})") from error
        yield files


def _stage(upload: Upload, path: Path) -> Staged:
    path.write_bytes(upload.getbuffer())
    return Staged(path, shown_name(upload.name))


def shown_name(name: str) -> str:
    """An upload's name in one line of printable text, without folders."""
    last = printable(name).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in last)[:LONGEST_NAME] or "unnamed"


def read_uploads(files: Iterable[Staged], on_bytes: OnCount = no_count) -> Iterator[Item]:
    """Alerts and rejects of staged uploads; their sources are the names that the sender gave."""
    for file in files:
        source = _named_by_file(file)
        if source is not None and source.read_member is not None:
            # Objects are named after this file, so it must not be read under a number.
            yield from map(checked, source.read_member(file.path.read_bytes(), file.name))
            on_bytes(file.size)
            continue
        for item in read_sources([file.path], on_bytes=on_bytes):
            yield _renamed(item, file)


def _named_by_file(file: Staged) -> Source | None:
    """The source of an upload, if that source names objects after their files."""
    try:
        source = surest(head_of(file.path, file.name))
    except OSError:  # read_sources reports what is wrong
        return None
    return source if source is not None and source.named_by_file else None


def _renamed(item: Item, file: Staged) -> Item:
    """The item with the sender's name as its source."""
    ours = str(file.path)
    if isinstance(item, Alert):
        return replace(item, source=item.source.replace(ours, file.name))
    return replace(item, source=item.source.replace(ours, file.name), detail=item.detail.replace(ours, file.name))


def read_labels_of(file: Staged) -> dict[Key, Label]:
    """The labels in an uploaded file.

    Raises:
        LabelsError: as from `read_labels`, with the sender's name for the file.
    """
    try:
        return read_labels(file.path)
    except LabelsError as error:
        raise LabelsError(str(error).replace(str(file.path), file.name)) from error


def server_paths(text: str) -> list[Path]:
    """The paths in a text, one per line; '~' is the home folder, and empty lines are skipped."""
    lines = [line.strip().strip("'\"") for line in text.splitlines()]
    return [Path(os.path.expanduser(line)) for line in lines if line and "\0" not in line]


def ingest_items(
    items: Iterable[Item], target: Path, labels: Mapping[Key, Label] | None = None
) -> tuple[IngestReport, list[Reject]]:
    """Ingest into the catalogue at `target`, which is created only when there is an alert for it.

    Running it again with the same items changes nothing; after an interruption it completes the work.

    Raises:
        ZtfexploreError: if the catalogue cannot be written; what was finished is kept.
    """
    items, early = iter(items), []
    for item in items:
        early.append(item)
        if isinstance(item, Alert):
            break
    if not any(isinstance(item, Alert) for item in early) and not exists(target):
        return _nothing([item for item in early if isinstance(item, Reject)])
    catalogue = Catalogue.create(target)
    # Labels alone cause no rejects: the list of the last ingest stays.
    return ingest(chain(early, items), catalogue, labels, rejects_file.path_of(target) if early else None)


def exists(target: Path) -> bool:
    """Whether there is a catalogue, even an empty one."""
    return any(target.glob("_versions/*.manifest"))


def _nothing(found: list[Reject]) -> tuple[IngestReport, list[Reject]]:
    """The report of an ingest without alerts."""
    reasons: dict[str, int] = {}
    for reject in found:
        reasons[str(reject.reason)] = reasons.get(str(reject.reason), 0) + 1
    return IngestReport(rejected=len(found), reasons=reasons), found


def labels_met(catalogue: Catalogue, labels: Mapping[Key, Label]) -> int:
    """How many of the labels match alerts of the catalogue."""
    return len(match(catalogue.frame(schema.KEY), labels).rows)


def missing(paths: Iterable[Path]) -> list[Reject]:
    """A Reject for each path that does not exist."""
    return [Reject(str(p), Reason.MISSING_PATH, "no such file or folder") for p in paths if not os.path.exists(p)]
