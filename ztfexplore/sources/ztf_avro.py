"""ZTF alert packets in Avro: one file, or the members of an archive."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import fastavro

from ztfexplore.alert import Alert, Reason, Reject
from ztfexplore.sources.archive import LARGEST_MEMBER as LARGEST_PACKET
from ztfexplore.sources.ztf_packet import alert_from_packet

MAGIC = b"Obj\x01"


def read_file(path: Path, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    """Alerts of one Avro file."""
    if path.stat().st_size > LARGEST_PACKET:
        yield Reject(str(path), Reason.DAMAGED_PACKET, f"larger than {LARGEST_PACKET // 1024**2} MB")
    else:
        yield from read_packets(path.read_bytes(), str(path))
    on_bytes(path.stat().st_size)


def read_packets(data: bytes, source: str) -> Iterator[Alert | Reject]:
    """Alerts of one Avro file held in memory; damage ends it with a Reject."""
    if not data.startswith(MAGIC):
        yield Reject(source, Reason.UNKNOWN_FORMAT, "empty file" if not data else "not an Avro file")
        return
    count = 0
    try:
        for packet in fastavro.reader(io.BytesIO(data)):
            count += 1
            yield alert_from_packet(packet, source)
    except Exception as error:  # fastavro raises whatever the damaged bytes provoke
        yield Reject(source, Reason.DAMAGED_PACKET, f"no readable Avro ({type(error).__name__}: {str(error)[:200]})")
        return
    if count == 0:
        yield Reject(source, Reason.EMPTY, "Avro file without packets")
