"""Readers of alerts, one format a file. Each is an iterator of Alert, and of Reject for what cannot be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ztfexplore.alert import Alert, Reason, Reject
from ztfexplore.sources import fink_parquet, ztf_avro

Reader = Callable[[Path, Callable[[int], object]], Iterator[Alert | Reject]]

FORMATS = ("auto", "ztf", "fink")
TAR_MAGIC = (257, b"ustar")


def read_sources(
    paths: Iterable[Path], format: str = "auto", on_bytes: Callable[[int], object] = lambda count: None
) -> Iterator[Alert | Reject]:
    """Alerts of files, folders (walked in the order of names) and tar archives.

    Args:
        paths: files, folders, .tar, .tar.gz.
        format: 'auto' looks at each file's content; any other takes only that format.
        on_bytes: called with the number of input bytes read since the last call, for progress bars.
    """
    for path in paths:
        if os.path.isdir(path):
            yield from _read_folder(path, format, on_bytes)
        elif os.path.isfile(path):
            yield from _read_file(path, format, on_bytes)
        else:
            yield Reject(str(path), Reason.MISSING_PATH, "no such file or folder")


def total_bytes(paths: Iterable[Path]) -> int:
    """Size of all input, for progress bars; what is missing counts 0."""
    files = (file for path in paths for file in (_files(path) if os.path.isdir(path) else [path]))
    return sum(file.stat().st_size for file in files if os.path.isfile(file))


def _files(folder: Path, on_error: Callable[[OSError], object] = lambda error: None) -> list[Path]:
    """Files below a folder in the order of names, hidden ones left out, links that lead nowhere among them.

    Args:
        on_error: told of folders that cannot be read.
    """
    found = []
    for parent, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    # A pipe or a socket would be waited for without end.
    return sorted(path for path in found if os.path.isfile(path) or not os.path.exists(path))


def _read_folder(folder: Path, format: str, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    closed: list[OSError] = []
    files = _files(folder, closed.append)
    for error in closed:
        yield Reject(str(error.filename), Reason.UNREADABLE, error.strerror or str(error))
    if not files and not closed:
        yield Reject(str(folder), Reason.EMPTY, "empty folder")
    for file in files:
        yield from _read_file(file, format, on_bytes)


def _read_file(path: Path, format: str, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    try:
        reader, found = _reader(path)
        if reader is None or format not in ("auto", found):
            wanted = "neither Avro, Parquet nor a tar archive" if format == "auto" else f"not in the {format} format"
            yield Reject(str(path), Reason.UNKNOWN_FORMAT, "empty file" if path.stat().st_size == 0 else wanted)
        else:
            yield from reader(path, on_bytes)
    except OSError as error:
        yield Reject(str(path), Reason.UNREADABLE, error.strerror or str(error))


def _reader(path: Path) -> tuple[Reader | None, str]:
    """The reader for a file's content, whatever its name, and the format it stands for."""
    with path.open("rb") as file:
        head = file.read(512)
    at, magic = TAR_MAGIC
    if head.startswith(ztf_avro.MAGIC):
        return ztf_avro.read_file, "ztf"
    if head.startswith(fink_parquet.MAGIC):
        return fink_parquet.read_file, "fink"
    if head[at:].startswith(magic) or head.startswith(tuple(ztf_avro.DECOMPRESSORS)) or path.suffix == ".tar":
        return ztf_avro.read_archive, "ztf"
    return None, ""
