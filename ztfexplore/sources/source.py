"""What a source is: a format of alerts, how its files are recognised, and who reads them."""

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

# Enough for the schema in the header of an Avro file.
HEAD_BYTES = 64 * 1024


class Match(IntEnum):
    """How sure a source is that a file is its own. The surest reads it; equal ones by their order."""

    NO = 0
    NAME = 1  # nothing but the file's name says so
    START = 2  # its first bytes do
    SCHEMA = 3  # what it says of its fields does


@dataclass(frozen=True)
class Head:
    """What a source may look at to recognise a file; several look at the same one.

    Attributes:
        name: the file's, with or without folders before it.
        start: its first bytes, at most HEAD_BYTES; unpacked if the file is compressed.
        compressed: whether they were packed by gzip, bzip2 or xz.
        path: where the file is, for formats that describe themselves elsewhere than at the beginning; None for a
            member of an archive.
    """

    name: str
    start: bytes
    compressed: bool = False
    path: Path | None = None

    @cached_property
    def avro_schema(self) -> Mapping[str, Any] | None:
        """The schema in the header of an Avro file; None if there is no such header."""
        return avro_header.schema(self.start)


@dataclass(frozen=True)
class Source:
    """A format of alerts.

    Attributes:
        name: the value of `--format`; of a built-in source, what stands in place of a path.
        title: what it is, in a few words for help texts.
        container: what its files are ('Avro'), for the message about a file that nobody recognises; '' for none.
        recognise: how sure it is that a file is its own.
        read_file: (path, on_bytes) -> alerts and rejects; None if it reads no files.
        read_member: (content, name) -> the same for a file held in memory; None if it needs a file.
        read_built_in: alerts that come with an installed package; None if it reads files.
        named_by_file: whether an object is called after its file, so that the file must keep its name.
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
    """How sure a source is of a file; not at all, with one warning, if it fails to say."""
    try:
        return source.recognise(head)
    except Exception as error:  # somebody else's code, which must not cost all other files
        warn(f"format {source.name}: cannot tell its files ({type(error).__name__}: {error})")
        return Match.NO


def surest(head: Head, members: bool = False) -> Source | None:
    """The source that is surest of a file; None if none recognises it.

    Args:
        members: whether it must read from memory.
    """
    there = [source for source in file_formats() if not members or source.read_member is not None]
    found = [(match(source, head), source) for source in there]
    best = max(found, key=lambda one: one[0], default=(Match.NO, None))  # of equal ones the first
    return best[1] if best[0] > Match.NO else None
