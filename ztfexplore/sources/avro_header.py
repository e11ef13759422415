"""The header of an Avro object container file (Avro 1.11 specification), read without its packets."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import IO, Any

MAGIC = b"Obj\x01"
SCHEMA, CODEC = b"avro.schema", b"avro.codec"
# A header has two or three entries, some brokers add a few: more are damage.
MOST_ENTRIES = 1000
# The longest schema seen is 26 kB.
LONGEST_ENTRY = 16 * 1024 * 1024


def whole_number(stream: IO[bytes], first: bytes = b"") -> int | None:
    """Avro's long: seven bits per byte, lowest first, the sign in the lowest bit. None if it is incomplete.

    Args:
        first: its first byte, if that has been read.
    """
    value, shift = 0, 0
    while byte := first or stream.read(1):
        first = b""
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)
        if shift > 63:
            break
    return None


def schema(start: bytes) -> Mapping[str, Any] | None:
    """The record schema of a file's packets, from its first bytes; None if they contain none."""
    if not start.startswith(MAGIC):
        return None
    entries = _entries(io.BytesIO(start[len(MAGIC) :]))
    return next((_parsed(value) for key, value in entries if key == SCHEMA), None)


def metadata(stream: IO[bytes]) -> dict[bytes, bytes]:
    """All entries of a header, whose magic has been read; the stream is then at the mark between blocks.

    Raises:
        EOFError: if the header is cut off or damaged.
    """
    found = dict(_entries(stream, whole=True))
    if SCHEMA not in found:
        raise EOFError("the header holds no schema")
    return found


def _entries(stream: IO[bytes], whole: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values as they come; where they are cut off it ends, or raises if the `whole` header is wanted."""
    while count := whole_number(stream):
        if count < 0:  # then the block's size in bytes follows
            count, _ = -count, whole_number(stream)
        for _ in range(min(count, MOST_ENTRIES)):
            key, value = _bytes(stream), _bytes(stream)
            if key is None or value is None:
                if whole:
                    raise EOFError("the header is cut off")
                return
            yield key, value
    if count is None and whole:
        raise EOFError("the header is cut off")


def _bytes(stream: IO[bytes]) -> bytes | None:
    """A length and that many bytes; None if there are fewer."""
    length = whole_number(stream)
    if length is None or not 0 <= length <= LONGEST_ENTRY:
        return None
    found = stream.read(length)
    return found if len(found) == length else None


@lru_cache(maxsize=32)
def _parsed(text: bytes) -> Mapping[str, Any] | None:
    """Cached, because all packets of a night have the same schema."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
