"""Readers of alerts, one format a file. Each is an iterator of Alert, and of Reject for what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ztfexplore.alert import Alert, Reason, Reject
from ztfexplore.sources import fink_parquet, ztf_avro

Reader = Callable[[Path, Callable[[int], object]], Iterator[Alert | Reject]]

FORMATS = ("auto", "ztf", "fink")
TAR_MAGIC = (257, b"ustar")
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")


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
        if path.is_dir():
            yield from _read_folder(path, format, on_bytes)
        elif path.is_file():
            yield from _read_file(path, format, on_bytes)
        else:
            yield Reject(str(path), Reason.MISSING_PATH, "no such file or folder")


def total_bytes(paths: Iterable[Path]) -> int:
    """Size of all input, for progress bars; what is missing counts 0."""
    return sum(file.stat().st_size for path in paths for file in _files(path))


def _files(path: Path) -> list[Path]:
    """Files below a path, hidden ones left out, in the order of names."""
    if path.is_file():
        return [path]
    visible = (file for file in path.rglob("*") if not any(p.startswith(".") for p in file.relative_to(path).parts))
    return sorted(file for file in visible if file.is_file())


def _read_folder(folder: Path, format: str, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    files = _files(folder)
    if not files:
        yield Reject(str(folder), Reason.EMPTY, "empty folder")
    for file in files:
        yield from _read_file(file, format, on_bytes)


def _read_file(path: Path, format: str, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    try:
        reader, found = _reader(path)
    except OSError as error:
        yield Reject(str(path), Reason.UNREADABLE, error.strerror or str(error))
        return
    if reader is None or format not in ("auto", found):
        wanted = "neither Avro, Parquet nor a tar archive" if format == "auto" else f"not in the {format} format"
        yield Reject(str(path), Reason.UNKNOWN_FORMAT, "empty file" if path.stat().st_size == 0 else wanted)
        return
    yield from reader(path, on_bytes)


def _reader(path: Path) -> tuple[Reader | None, str]:
    """The reader for a file's content, whatever its name, and the format it stands for."""
    with path.open("rb") as file:
        head = file.read(512)
    at, magic = TAR_MAGIC
    if head.startswith(ztf_avro.MAGIC):
        return ztf_avro.read_file, "ztf"
    if head.startswith(fink_parquet.MAGIC):
        return fink_parquet.read_file, "fink"
    if head[at:].startswith(magic) or head.startswith(COMPRESSED) or path.suffix == ".tar":
        return ztf_avro.read_archive, "ztf"
    return None, ""
