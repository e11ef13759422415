"""Rubin's alert packets in every form that is in use: Avro files, packets of the stream saved as they came, Parquet."""

from __future__ import annotations

import io
import lzma
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.progress import OnCount
from ztfexplore.sources import avro_container, avro_header, fink_parquet
from ztfexplore.sources.archive import LARGEST_MEMBER as LARGEST_PACKET
from ztfexplore.sources.archive import decompressed
from ztfexplore.sources.lsst import framing, schemas
from ztfexplore.sources.lsst.packet import CUTOUTS, alert_from_packet, is_rubin
from ztfexplore.sources.source import SOURCES, Head, Match, Source

NAMES = re.compile(r"\.avro(\.(gz|bz2|xz))?$", re.IGNORECASE)
# A schema of every Rubin packet names this record; some brokers wrap it in others.
MARK = b"diaSource"
# Of Fink's Parquet: the packet's own columns, and of its history the fields that are used.
COLUMNS = (
    "diaSourceId", "alertId", "observation_reason", "target_name", "diaSource", "diaObject", "ssSource", "ssObject",
    "mpc_orbits", "MPCORB", *CUTOUTS.values(),
)  # fmt: skip
HISTORY = ("prvDiaSources", "prvDiaForcedSources")
HISTORY_FIELDS = {"midpointMjdTai", "band", "psfFlux", "psfFluxErr", "visit", "isNegative", "is_negative"}


def read_file(path: Path, on_bytes: OnCount) -> Iterator[Alert | Reject]:
    """Alerts of one file, whichever form it has. Avro files are read block by block, however large they are."""
    with path.open("rb") as raw:
        if raw.peek(4).startswith(fink_parquet.MAGIC):
            yield from _read_parquet(path, on_bytes)
        elif raw.peek(4).startswith(avro_header.MAGIC):
            yield from avro_container.read_packets(raw, str(path), alert_from_packet, on_bytes)
        else:
            yield from read_packets(raw.read(LARGEST_PACKET + 1), str(path))
            on_bytes(path.stat().st_size)


def read_packets(data: bytes, source: str) -> Iterator[Alert | Reject]:
    """Alerts of an Avro file or a packet of the stream held in memory, compressed or not."""
    try:
        plain = decompressed(cast(io.BufferedReader, io.BufferedReader(io.BytesIO(data)))).read(LARGEST_PACKET + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        yield Reject(source, Reason.DAMAGED_PACKET, f"damaged compression ({error})")
        return
    if len(plain) > LARGEST_PACKET:
        yield Reject(source, Reason.DAMAGED_PACKET, f"larger than {LARGEST_PACKET // 1024**2} MB")
    elif plain.startswith(avro_header.MAGIC):
        yield from avro_container.read_packets(io.BytesIO(plain), source, alert_from_packet)
    else:
        yield framing.read_framed(plain, source)


def _read_parquet(path: Path, on_bytes: OnCount) -> Iterator[Alert | Reject]:
    needed = ("diaSource", *CUTOUTS.values())
    return fink_parquet.read_alerts(path, on_bytes, needed, _leaves, alert_from_packet, "Rubin")


def _leaves(parquet: pq.ParquetFile) -> list[str]:
    """The columns to read: decoding all of a history's hundred fields would take far longer than the rest."""
    paths = [parquet.schema.column(number).path for number in range(len(parquet.schema))]
    return [path for path in paths if _is_wanted(path.split("."))]


def _is_wanted(path: list[str]) -> bool:
    return path[0] in COLUMNS or (path[0] in HISTORY and path[-1] in HISTORY_FIELDS)


def _recognise(head: Head) -> Match:
    if head.start.startswith(avro_header.MAGIC):
        return Match.SCHEMA if MARK in head.start else Match.NO
    if head.start.startswith(fink_parquet.MAGIC):
        return _recognise_parquet(head)
    number = framing.schema_number(head.start)
    if not number:  # zeros are nobody's
        return Match.NO
    if number in schemas.known():
        return Match.START
    # Many other files begin with a zero: an unknown schema is one only in a file that is named as an Avro file.
    return Match.NAME if NAMES.search(head.name) else Match.NO


def _recognise_parquet(head: Head) -> Match:
    """Parquet says at its end what it holds."""
    if head.path is None or head.compressed:
        return Match.NO
    try:
        return Match.SCHEMA if is_rubin(pq.read_schema(head.path).names) else Match.NO
    except (pa.ArrowException, OSError):
        return Match.NO  # damaged: whoever reads Parquet says so


SOURCES.register(
    Source(
        "rubin",
        "Rubin alert packets (Avro, of the stream or as files; Fink's Parquet)",
        "Avro",
        _recognise,
        read_file,
        read_packets,
    ),
    order=25,
)
