"""Sources: formats of alerts, with how their files are recognised and read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from ztfexplore.alerts.alert import Alert, Reject
from ztfexplore.registry import Registry, warn
from ztfexplore.sources import avro_header

Items = Iterator[Alert | Reject]
Reader = Callable[[Path, Callable[[int], object]], Items]
MemberReader = Callable[[bytes, str], Items]

# Enough to contain the schema in the header of an Avro file.
HEAD_BYTES = 64 * 1024


class Match(IntEnum):
    """How sure a source is that a file is in its format. The surest one reads it; ties are resolved by order."""

    NO = 0
    NAME = 1  # by the file's name alone
    START = 2  # by its first bytes
    SCHEMA = 3  # by the fields it declares


@dataclass(frozen=True)
class Head:
    """What sources use to recognise a file; several share one.

    Attributes:
        name: the file's name, with or without folders.
        start: its first bytes, at most HEAD_BYTES, decompressed if the file is compressed.
        compressed: whether it was compressed by gzip, bzip2 or xz.
        path: of the file, for formats that describe themselves elsewhere than at the beginning; None for a
            member of an archive.
    """

    name: str
    start: bytes
    compressed: bool = False
    path: Path | None = None

    @cached_property
    def avro_schema(self) -> Mapping[str, Any] | None:
        """The schema in the header of an Avro file; None if it has no such header."""
        return avro_header.schema(self.start)


@dataclass(frozen=True)
class Source:
    """A format of alerts.

    Attributes:
        name: the value of `--format`; for a built-in source, what is given in place of a path.
        title: a few words for help texts.
        container: what its files are ('Avro'), for the message about unrecognised files; '' for none.
        recognise: how sure it is that a file is in this format.
        read_file: (path, on_bytes) -> alerts and rejects; None if it does not read files.
        read_member: (content, name) -> the same for a file held in memory; None if it needs a file on disk.
        read_built_in: alerts that come with an installed package; None if it reads files.
        named_by_file: whether objects are named after their files, so that a file must keep its name.
    """

    name: str
    title: str
    container: str = ""
    recognise: Callable[[Head], Match] = lambda head: Match.NO
    read_file: Reader | None = None
    read_member: MemberReader | None = None
    read_built_in: Callable[[], Items] | None = None
    named_by_file: bool = False


SOURCES: Registry[Source] = Registry("format", "ztfexplore.sources")


def file_formats() -> list[Source]:
    """The sources that read files, as `--format` offers them."""
    return [source for source in SOURCES.values() if source.read_file is not None]


def match(source: Source, head: Head) -> Match:
    """How sure a source is of a file; not at all, with one warning, if recognition fails."""
    try:
        return source.recognise(head)
    except Exception as error:  # a plugin's code, which must not stop the other files
        warn(f"format {source.name}: cannot tell its files ({type(error).__name__}: {error})")
        return Match.NO


def surest(head: Head, members: bool = False) -> Source | None:
    """The source that is surest of a file; None if none recognises it.

    Args:
        members: whether it must be able to read from memory.
    """
    there = [source for source in file_formats() if not members or source.read_member is not None]
    found = [(match(source, head), source) for source in there]
    best = max(found, key=lambda one: one[0], default=(Match.NO, None))  # the first of equal ones
    return best[1] if best[0] > Match.NO else None
