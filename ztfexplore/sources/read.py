"""Files, folders and archives of alerts, each read by the source that recognises it."""

from __future__ import annotations

import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.alerts.sanity import checked
from ztfexplore.progress import OnCount, no_count
from ztfexplore.sources.archive import DECOMPRESSORS, decompressed, read_archive
from ztfexplore.sources.source import (
    HEAD_BYTES,
    SOURCES,
    Head,
    Items,
    Match,
    MemberReader,
    Source,
    file_formats,
    match,
    surest,
)

AUTO = "auto"
TAR_MAGIC = (257, b"ustar")


def read_sources(paths: Iterable[Path], format: str = AUTO, on_bytes: OnCount = no_count) -> Iterator[Alert | Reject]:
    """Alerts in files, folders (in the order of names) and tar archives; impossible values are rejected.

    Args:
        paths: files, folders, .tar, .tar.gz; or the name of a built-in source ('hubble').
        format: 'auto' recognises each file by its content; any other value accepts only that format.
        on_bytes: called with the number of input bytes read since the last call, for progress bars.
    """
    yield from map(checked, _read(paths, format, on_bytes))


def _read(paths: Iterable[Path], format: str, on_bytes: OnCount) -> Iterator[Alert | Reject]:
    for path in paths:
        if os.path.isdir(path):
            yield from _read_folder(path, format, on_bytes)
        elif os.path.isfile(path):
            yield from _read_file(path, format, on_bytes)
        elif format == AUTO and (built_in := _built_in(path)) is not None:
            yield from built_in()
        else:
            yield Reject(str(path), Reason.MISSING_PATH, "no such file or folder")


def total_bytes(paths: Iterable[Path]) -> int:
    """Size of all input in bytes, for progress bars; missing files count 0."""
    files = (file for path in paths for file in (_files(path) if os.path.isdir(path) else [path]))
    return sum(file.stat().st_size for file in files if os.path.isfile(file))


def _files(folder: Path, on_error: Callable[[OSError], object] = lambda error: None) -> list[Path]:
    """Files below a folder in the order of names, without hidden files, but with broken links.

    Args:
        on_error: called for folders that cannot be read.
    """
    found = []
    for parent, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    # Reading a pipe or a socket could wait forever.
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


def _built_in(path: Path) -> Callable[[], Items] | None:
    """The built-in source of that name, unless a file of that name exists."""
    source = SOURCES.get(str(path))
    return None if source is None else source.read_built_in


def _read_file(path: Path, format: str, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    try:
        head = head_of(path)
        source, read_member = _readers(head, format)
        archive = _is_archive(head)
        if archive and read_member is not None:
            yield from read_archive(path, on_bytes, read_member)
        elif source is not None and source.read_file is not None and not archive:
            yield from source.read_file(path, on_bytes)
        else:
            wanted = _unknown([*file_formats()], archive=True) if format == AUTO else f"not in the {format} format"
            yield Reject(str(path), Reason.UNKNOWN_FORMAT, "empty file" if path.stat().st_size == 0 else wanted)
    except OSError as error:
        yield Reject(str(path), Reason.UNREADABLE, error.strerror or str(error))


def _readers(head: Head, format: str) -> tuple[Source | None, MemberReader | None]:
    """The source that reads a file, or None; and the reader of its members if it is an archive."""
    if format == AUTO:
        return surest(head), _read_any_member
    source = SOURCES.find(format)
    return (source if match(source, head) > Match.NO else None), source.read_member


def _is_archive(head: Head) -> bool:
    """Whether a file is a tar archive, by its content or, if that is inconclusive, by its name."""
    at, magic = TAR_MAGIC
    if head.start[at:].startswith(magic):
        return True
    return (head.compressed or head.name.endswith(".tar")) and surest(head) is None


def head_of(path: Path, name: str | None = None) -> Head:
    """What sources use to recognise a file.

    Args:
        name: used in place of the path's name.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return _head(file, path.name if name is None else name, path)


def _head(file: io.BufferedReader, name: str, path: Path | None = None) -> Head:
    compressed = file.peek(6).startswith(tuple(DECOMPRESSORS))
    return Head(name, _first_bytes(decompressed(file)), compressed, path)


def _first_bytes(stream: IO[bytes]) -> bytes:
    """The beginning of a stream; empty if it is too damaged to unpack."""
    try:
        return stream.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b""


def _read_any_member(data: bytes, source: str) -> Iterator[Alert | Reject]:
    """Alerts in a member of an archive, recognised by its content."""
    found = surest(_head(io.BufferedReader(io.BytesIO(data)), source), members=True)
    if found is not None and found.read_member is not None:
        yield from found.read_member(data, source)
    else:
        there = [one for one in file_formats() if one.read_member is not None]
        yield Reject(source, Reason.UNKNOWN_FORMAT, _unknown(there) if data else "empty file")


def _unknown(sources: list[Source], archive: bool = False) -> str:
    """What a file is not: 'neither Avro, Parquet, FITS nor a tar archive'."""
    kinds = [*dict.fromkeys(source.container for source in sources if source.container)]
    *first, last = [*kinds, "a tar archive"] if archive else kinds
    return f"neither {', '.join(first)} nor {last}" if first else f"not {last}"
