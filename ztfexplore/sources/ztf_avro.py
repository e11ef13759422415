"""ZTF alert packets in Avro: one file, or the members of a tar archive, read as a stream."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import fastavro
from tqdm.utils import CallbackIOWrapper

from ztfexplore.alert import Alert, Reason, Reject
from ztfexplore.sources.ztf_packet import alert_from_packet

MAGIC = b"Obj\x01"
# tarfile could choose by itself, but does not check what it unpacks against gzip's checksum and length.
DECOMPRESSORS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
DRAIN_BYTES = 1024 * 1024
# A packet is some 40 to 100 kB. A member beyond this is not read into memory.
LARGEST_PACKET = 64 * 1024 * 1024


class _Member(tarfile.TarInfo):
    """A tar header. A damaged one is an error wherever it stands, not the quiet end of the archive."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> tarfile.TarInfo:
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # the mark at the end
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"{error}: cut off or damaged") from error


def read_file(path: Path, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    """Alerts of one Avro file."""
    if path.stat().st_size > LARGEST_PACKET:
        yield Reject(str(path), Reason.DAMAGED_PACKET, f"larger than {LARGEST_PACKET // 1024**2} MB")
    else:
        yield from read_packets(path.read_bytes(), str(path))
    on_bytes(path.stat().st_size)


def read_archive(path: Path, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    """Alerts of a .tar or .tar.gz, one packet a member, without unpacking to disk.

    A damaged archive yields what stands before the damage, then a Reject.
    """
    members = 0
    try:
        with path.open("rb") as raw:
            plain = _decompressed(raw, on_bytes)
            with tarfile.open(fileobj=plain, mode="r|", tarinfo=_Member) as archive:
                for member in archive:
                    if member.isfile():
                        members += 1
                        yield from _read_member(archive, member, f"{path}:{member.name}")
            while plain.read(DRAIN_BYTES):  # to the checksum at the end
                pass
    except Exception as error:  # tarfile and the decompressors raise many kinds on damaged bytes
        yield Reject(str(path), Reason.UNREADABLE, f"damaged archive after {members} members ({error})")
        return
    if members == 0:
        yield Reject(str(path), Reason.EMPTY, "empty archive")


def _decompressed(raw: io.BufferedReader, on_bytes: Callable[[int], object]) -> IO[bytes]:
    head, stream = raw.peek(6), CallbackIOWrapper(on_bytes, raw, "read")
    return next((unpack(stream) for magic, unpack in DECOMPRESSORS.items() if head.startswith(magic)), stream)


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo, source: str) -> Iterator[Alert | Reject]:
    if member.size > LARGEST_PACKET:
        yield Reject(source, Reason.DAMAGED_PACKET, f"larger than {LARGEST_PACKET // 1024**2} MB")
        return
    stream = archive.extractfile(member)
    yield from read_packets(stream.read() if stream else b"", source)


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
