"""Readers of alerts, one file per format. Each yields Alerts, and a Reject for whatever cannot be read."""

from __future__ import annotations

import lzma
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.progress import OnCount, no_count
from ztfexplore.sources import fink_parquet, fits_folder, hubble, ztf_avro
from ztfexplore.sources.archive import DECOMPRESSORS, MemberReader, decompressed, read_archive

Reader = Callable[[Path, Callable[[int], object]], Iterator[Alert | Reject]]

# Sources that are not files, by name; a file of that name comes first.
BUILT_IN: Mapping[str, Callable[[], Iterator[Alert | Reject]]] = {"hubble": hubble.read_hubble}
TAR_MAGIC = (257, b"ustar")
PLAIN_MAGIC = {"ztf": ztf_avro.MAGIC, "fink": fink_parquet.MAGIC}
HEAD_BYTES = 512


def read_sources(paths: Iterable[Path], format: str = "auto", on_bytes: OnCount = no_count) -> Iterator[Alert | Reject]:
    """Alerts of files, folders (walked in the order of names) and tar archives.

    Args:
        paths: files, folders, .tar, .tar.gz; or the name of a built-in source ('hubble').
        format: 'auto' looks at each file's content; any other accepts only that format.
        on_bytes: called with the number of input bytes read since the last call, for progress bars.
    """
    for path in paths:
        if os.path.isdir(path):
            yield from _read_folder(path, format, on_bytes)
        elif os.path.isfile(path):
            yield from _read_file(path, format, on_bytes)
        elif format == "auto" and str(path) in BUILT_IN:
            yield from BUILT_IN[str(path)]()
        else:
            yield Reject(str(path), Reason.MISSING_PATH, "no such file or folder")


def total_bytes(paths: Iterable[Path]) -> int:
    """Size of all input, for progress bars; missing files count 0."""
    files = (file for path in paths for file in (_files(path) if os.path.isdir(path) else [path]))
    return sum(file.stat().st_size for file in files if os.path.isfile(file))


def _files(folder: Path, on_error: Callable[[OSError], object] = lambda error: None) -> list[Path]:
    """Files below a folder in the order of names, hidden ones left out, links that lead nowhere among them.

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


def _read_file(path: Path, format: str, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    try:
        found = _kind(path)
        if found == "archive" and format != "fink":
            yield from read_archive(path, on_bytes, MEMBERS[format])
        elif found in READERS and format in ("auto", found):
            yield from READERS[found](path, on_bytes)
        else:
            none = "neither Avro, Parquet, FITS nor a tar archive"
            wanted = none if format == "auto" else f"not in the {format} format"
            yield Reject(str(path), Reason.UNKNOWN_FORMAT, "empty file" if path.stat().st_size == 0 else wanted)
    except OSError as error:
        yield Reject(str(path), Reason.UNREADABLE, error.strerror or str(error))


def _kind(path: Path) -> str:
    """What a file is by its content, or else by its name: a key of READERS, 'archive' or ''."""
    with path.open("rb") as file:
        compressed = file.peek(6).startswith(tuple(DECOMPRESSORS))
        head = _first_bytes(decompressed(file))
    at, magic = TAR_MAGIC
    plain = "" if compressed else next((name for name, start in PLAIN_MAGIC.items() if head.startswith(start)), "")
    if head[at:].startswith(magic):
        return "archive"
    if plain or fits_folder.is_fits(head):
        return plain or "fits"
    if fits_folder.is_named_fits(path.name):
        return "fits"
    return "archive" if compressed or path.suffix == ".tar" else ""


def _first_bytes(stream: IO[bytes]) -> bytes:
    """The beginning of a stream; empty if it is too damaged to unpack."""
    try:
        return stream.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b""


def _read_any_member(data: bytes, source: str) -> Iterator[Alert | Reject]:
    """Alerts of an archive's member, by its content."""
    if fits_folder.is_fits(data) or fits_folder.is_named_fits(source):
        yield from fits_folder.read_bytes(data, source)
    else:
        yield from ztf_avro.read_packets(data, source)


READERS: Mapping[str, Reader] = {
    "ztf": ztf_avro.read_file,
    "fink": fink_parquet.read_file,
    "fits": fits_folder.read_file,
}
MEMBERS: Mapping[str, MemberReader] = {
    "auto": _read_any_member,
    "ztf": ztf_avro.read_packets,
    "fits": fits_folder.read_bytes,
}
