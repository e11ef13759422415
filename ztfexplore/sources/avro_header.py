"""The schema in the header of an Avro object container file (Avro 1.11 specification), read without its packets."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import IO, Any

MAGIC = b"Obj\x01"
SCHEMA = b"avro.schema"


def whole_number(stream: IO[bytes]) -> int | None:
    """Avro's long: seven bits per byte, lowest first, the sign in the lowest bit. None if it is incomplete."""
    value, shift = 0, 0
    while byte := stream.read(1):
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
    stream = io.BytesIO(start[len(MAGIC) :])
    while count := whole_number(stream):
        if count < 0:  # then the block's size in bytes follows
            count, _ = -count, whole_number(stream)
        for _ in range(min(count, len(start))):
            key, value = _bytes(stream), _bytes(stream)
            if key is None or value is None:
                return None
            if key == SCHEMA:
                return _parsed(value)
    return None


def _bytes(stream: IO[bytes]) -> bytes | None:
    """A length and that many bytes; None if there are fewer."""
    length = whole_number(stream)
    if length is None or length < 0:
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
