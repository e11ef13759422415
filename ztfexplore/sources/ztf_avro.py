"""ZTF alert packets in Avro: one file, or the members of an archive."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import fastavro

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.sources.archive import LARGEST_MEMBER as LARGEST_PACKET
from ztfexplore.sources.avro_header import MAGIC, whole_number
from ztfexplore.sources.source import SOURCES, Head, Match, Source
from ztfexplore.sources.ztf_packet import Packet, alert_from_packet

SYNC_BYTES = 16
# The codecs in fastavro, each with a decompressor that can stop at a given size.
UNPACKERS: Mapping[str, Callable[[], Any]] = {
    "deflate": lambda: zlib.decompressobj(-15),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
}


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
        file = io.BytesIO(data)
        packets = fastavro.reader(file)
        _check_unpacked(data[file.tell() :], packets.codec)
        for packet in packets:
            count += 1
            yield alert_from_packet(cast(Packet, packet), source)
    except Exception as error:  # damaged bytes cause many kinds of errors in fastavro
        yield Reject(source, Reason.DAMAGED_PACKET, f"unreadable Avro ({type(error).__name__}: {str(error)[:200]})")
        return
    if count == 0:
        yield Reject(source, Reason.EMPTY, "Avro file without packets")


def _check_unpacked(data: bytes, codec: str) -> None:
    """Raise ValueError if a block claims or unpacks to too much: fastavro would load all of it into memory.

    Args:
        data: everything after the header: blocks of (number of packets, number of bytes, bytes, mark).
        codec: how the blocks are compressed.
    """
    if codec not in ("null", *UNPACKERS):
        raise ValueError(f"packed with {codec[:40]}, which is not supported")
    stream, left = io.BytesIO(data), LARGEST_PACKET
    while (count := whole_number(stream)) is not None:
        size = whole_number(stream)
        if size is None or not 0 <= size <= len(data):
            return  # damaged: fastavro reports it, after the packets that precede it
        block = stream.read(size)
        unpacked = size if codec == "null" else _unpacked_size(block, UNPACKERS[codec], left)
        if unpacked > left:
            raise ValueError(f"unpacks to more than {LARGEST_PACKET // 1024**2} MB")
        if count > unpacked:
            raise ValueError(f"{count} packets in {unpacked} bytes")
        left -= unpacked
        stream.seek(SYNC_BYTES, io.SEEK_CUR)


def _unpacked_size(block: bytes, unpacker: Callable[[], Any], most: int) -> int:
    """Bytes that a block unpacks to, or any number above `most`."""
    size = 0
    while block and size <= most:  # bzip2 and xz may hold several streams
        stream = unpacker()
        size += len(stream.decompress(block, most + 1))
        block = stream.unused_data if stream.eof else b""
    return size


def _recognise(head: Head) -> Match:
    return Match.START if head.start.startswith(MAGIC) and not head.compressed else Match.NO


SOURCES.register(
    Source("ztf", "ZTF alert packets (Avro)", "Avro", _recognise, read_file, read_packets),
    order=10,
)
