"""The public schemas of Rubin's alert packets by their number, and records decoded with them."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import fastavro

from ztfexplore.sources.avro_container import parsed_schema

FOLDER = Path(__file__).parent / "avsc"


@lru_cache(maxsize=1)
def known() -> dict[int, str]:
    """Versions by number, in order: 1100 is 11.0."""
    found = [re.fullmatch(r"v(\d+)_(\d+)\.json", path.name) for path in FOLDER.iterdir()]
    versions = sorted((int(match[1]), int(match[2])) for match in found if match)
    return {100 * major + minor: f"{major}.{minor}" for major, minor in versions}


@lru_cache(maxsize=16)
def schema(number: int) -> Any:
    """The schema of that number, as fastavro wants it.

    Raises:
        KeyError: if it is not among `known`.
    """
    return parsed_schema((FOLDER / f"v{known()[number].replace('.', '_')}.json").read_bytes())


def decode(body: bytes, writer_schema: Any) -> Any:
    """The record in bytes that carry no schema.

    Raises:
        ValueError: if they go on after the record: they were written with another schema.
        Exception: of many kinds, if they are damaged.
    """
    stream = io.BytesIO(body)
    record = fastavro.schemaless_reader(stream, writer_schema, None)
    left = len(body) - stream.tell()
    if left:
        raise ValueError(f"{left} bytes are left after the packet")
    return record
