"""ZTF alert packets in Avro: one file, or the members of an archive."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.sources import avro_container
from ztfexplore.sources.archive import LARGEST_MEMBER as LARGEST_PACKET
from ztfexplore.sources.avro_header import MAGIC
from ztfexplore.sources.source import SOURCES, Head, Match, Source
from ztfexplore.sources.ztf_packet import alert_from_packet


def read_file(path: Path, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    """Alerts of one Avro file."""
    if path.stat().st_size > LARGEST_PACKET:
        yield Reject(str(path), Reason.DAMAGED_PACKET, f"larger than {LARGEST_PACKET // 1024**2} MB")
    else:
        yield from read_packets(path.read_bytes(), str(path))
    on_bytes(path.stat().st_size)


def read_packets(data: bytes, source: str) -> Iterator[Alert | Reject]:
    """Alerts of one Avro file held in memory; damage ends it with a Reject."""
    if not data:
        yield Reject(source, Reason.UNKNOWN_FORMAT, "empty file")
    else:
        yield from avro_container.read_packets(io.BytesIO(data), source, alert_from_packet)


def _recognise(head: Head) -> Match:
    return Match.START if head.start.startswith(MAGIC) and not head.compressed else Match.NO


SOURCES.register(
    Source("ztf", "ZTF alert packets (Avro)", "Avro", _recognise, read_file, read_packets),
    order=10,
)
