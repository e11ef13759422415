"""Packets of an Avro object container file, block by block, whatever they are packed with; damage ends it by name."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import IO, Any

import fastavro
import zstandard
from cramjam import snappy

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.progress import OnCount, no_count
from ztfexplore.sources import avro_header
from ztfexplore.sources.archive import LARGEST_MEMBER as LARGEST_BLOCK
from ztfexplore.sources.avro_header import CODEC, MAGIC, SCHEMA, whole_number

SYNC_BYTES = 16
CRC_BYTES = 4

Record = Any
ToAlert = Callable[[Record, str], Alert | Reject]


def read_packets(
    stream: IO[bytes], source: str, to_alert: ToAlert, on_bytes: OnCount = no_count
) -> Iterator[Alert | Reject]:
    """Alerts of a container file; the packets before a damage, then a Reject.

    Args:
        stream: at the beginning of the file.
        source: the file's name for messages.
        to_alert: makes an Alert or a Reject of a decoded packet and that name.
        on_bytes: called with the number of bytes read since the last call.
    """
    if stream.read(len(MAGIC)) != MAGIC:
        yield Reject(source, Reason.UNKNOWN_FORMAT, "not an Avro file")
        return
    count = 0
    try:
        for record in _records(stream, on_bytes):
            count += 1
            yield to_alert(record, source)
    except Exception as error:  # damaged bytes cause many kinds of errors in fastavro and the decompressors
        yield Reject(source, Reason.DAMAGED_PACKET, f"unreadable Avro ({type(error).__name__}: {str(error)[:200]})")
        return
    if count == 0:
        yield Reject(source, Reason.EMPTY, "Avro file without packets")


def _records(stream: IO[bytes], on_bytes: OnCount) -> Iterator[Record]:
    """The decoded records, of a stream whose magic has been read."""
    header = avro_header.metadata(stream)
    codec = header.get(CODEC, b"null").decode("ascii", "replace")
    if codec not in UNPACKERS:
        raise ValueError(f"packed with {codec[:40]}, which is not supported")
    schema, mark = parsed_schema(header[SCHEMA]), stream.read(SYNC_BYTES)
    for count, block in _blocks(stream, mark):
        plain = UNPACKERS[codec](block, LARGEST_BLOCK)
        if len(plain) > LARGEST_BLOCK:
            raise ValueError(f"unpacks to more than {LARGEST_BLOCK // 1024**2} MB")
        if count > len(plain):
            raise ValueError(f"{count} packets in {len(plain)} bytes")
        records = io.BytesIO(plain)
        for _ in range(count):
            yield fastavro.schemaless_reader(records, schema, None)
        on_bytes(len(block))


def _blocks(stream: IO[bytes], mark: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers of packets, and the bytes that hold them, as they are packed."""
    while first := stream.read(1):
        count, size = whole_number(stream, first), whole_number(stream)
        if count is None or size is None or count < 0 or not 0 <= size <= LARGEST_BLOCK:
            raise ValueError("a block is cut off, damaged, or too large")
        block = stream.read(size)
        if len(block) < size:
            raise EOFError(f"cut off: {len(block)} of the {size} bytes of a block")
        ends = stream.read(SYNC_BYTES)
        yield count, block
        if ends != mark:
            raise ValueError("a block does not end with the file's mark")


@lru_cache(maxsize=32)
def parsed_schema(text: bytes) -> Any:
    """A schema as fastavro wants it; all packets of a night have the same, and parsing takes longer than reading.

    Raises:
        ValueError or fastavro.schema.SchemaParseException: if it is none.
    """
    return fastavro.parse_schema(json.loads(text))


# --- codecs: each unpacks to at most some bytes and one more, so that a small block cannot fill the memory ----------


def _null(block: bytes, most: int) -> bytes:
    return block


def _deflate(block: bytes, most: int) -> bytes:
    """One stream; some writers leave part of zlib's checksum behind it, which is not a second one."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(block, most + 1)


def _bounded(unpacker: Callable[[], Any]) -> Callable[[bytes, int], bytes]:
    """Of a standard library's decompressor; bzip2 and xz may hold several streams."""

    def unpack(block: bytes, most: int) -> bytes:
        plain = b""
        while block and len(plain) <= most:
            stream = unpacker()
            plain += stream.decompress(block, most + 1)
            block = stream.unused_data if stream.eof else b""
        return plain

    return unpack


def _snappy(block: bytes, most: int) -> bytes:
    """Snappy says its length at its beginning; Avro puts a checksum of the plain bytes after it."""
    packed, checksum = block[:-CRC_BYTES], block[-CRC_BYTES:]
    length = snappy.decompress_raw_len(packed)
    if length > most:
        raise ValueError(f"unpacks to more than {most // 1024**2} MB")
    plain = bytes(snappy.decompress_raw(packed))
    if zlib.crc32(plain).to_bytes(CRC_BYTES, "big") != checksum:
        raise ValueError("a block does not agree with its checksum")
    return plain


def _zstandard(block: bytes, most: int) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=LARGEST_BLOCK).stream_reader(io.BytesIO(block)) as stream:
        plain = stream.read(most + 1)
    if not plain and block:
        raise ValueError("a block is cut off")
    return plain


UNPACKERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "null": _null,
    "deflate": _deflate,
    "bzip2": _bounded(bz2.BZ2Decompressor),
    "xz": _bounded(lzma.LZMADecompressor),
    "snappy": _snappy,
    "zstandard": _zstandard,
}
