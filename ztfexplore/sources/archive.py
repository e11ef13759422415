"""Tar archives, compressed or not, read as a stream: one file per member, nothing unpacked to disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Self, cast

from tqdm.utils import CallbackIOWrapper

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.progress import OnCount, no_count

# tarfile could choose by itself, but it does not verify gzip's checksum and length.
DECOMPRESSORS: Mapping[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
DRAIN_BYTES = 1024 * 1024
# An alert packet is some 40 to 100 kB, a cutout smaller. A larger member is not read into memory.
LARGEST_MEMBER = 64 * 1024 * 1024
# An archive that unpacks to more than this, and to more than MOST_RATIO times its own size, is not read to its end:
# packets hardly shrink, while a file of zeros shrinks a thousandfold.
ALWAYS_UNPACKED = 1024**3
MOST_RATIO = 30
# tarfile would read a longer name into memory.
LONGEST_HEADER = 1024 * 1024
LONG_HEADERS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)

MemberReader = Callable[[bytes, str], Iterator[Alert | Reject]]


class _Member(tarfile.TarInfo):
    """A tar header. A damaged one is always an error, not a silent end of the archive."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the mark at the end; typeshed lacks it
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"{error}: cut off or damaged") from error

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.type in LONG_HEADERS and member.size > LONGEST_HEADER:
            raise tarfile.HeaderError("a name of more than 1 MB")
        return member


class _Bounded:
    """A stream that ends in an error once it has given more than `most` bytes."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream, self._most, self._given = stream, most, 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._given += len(data)
        if self._given > self._most:
            raise OSError(f"it unpacks to more than {self._most / 1024**3:.1f} GB, too much for its size")
        return data


def read_archive(path: Path, on_bytes: Callable[[int], object], read_member: MemberReader) -> Iterator[Alert | Reject]:
    """Alerts of a .tar or .tar.gz, without unpacking to disk.

    A damaged archive yields the alerts before the damage, then a Reject.

    Args:
        path: of the archive.
        on_bytes: called with the number of bytes read since the last call.
        read_member: turns a member's content, with its name for messages, into alerts and rejects.
    """
    members = 0
    try:
        with path.open("rb") as raw:
            most = max(ALWAYS_UNPACKED, MOST_RATIO * path.stat().st_size)
            plain = _Bounded(decompressed(raw, on_bytes), most)
            # tarfile only needs `read`; typeshed asks for a complete file.
            with tarfile.open(fileobj=cast(IO[bytes], plain), mode="r|", tarinfo=_Member) as archive:
                for member in archive:
                    if member.isfile():
                        members += 1
                        yield from _read_member(archive, member, f"{path}:{member.name}", read_member)
            while plain.read(DRAIN_BYTES):  # to the checksum at the end
                pass
    except Exception as error:  # tarfile and the decompressors raise many kinds on damaged bytes
        yield Reject(str(path), Reason.UNREADABLE, f"damaged archive after {members} members ({error})")
        return
    if members == 0:
        yield Reject(str(path), Reason.EMPTY, "empty archive")


def decompressed(raw: io.BufferedReader, on_bytes: OnCount = no_count) -> IO[bytes]:
    """The stream behind gzip, bzip2 or xz, by its first bytes; otherwise the stream itself."""
    head, stream = raw.peek(6), CallbackIOWrapper(on_bytes, raw, "read")
    return next((unpack(stream) for magic, unpack in DECOMPRESSORS.items() if head.startswith(magic)), stream)


def _read_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, source: str, read_member: MemberReader
) -> Iterator[Alert | Reject]:
    if member.size > LARGEST_MEMBER:
        yield Reject(source, Reason.DAMAGED_PACKET, f"larger than {LARGEST_MEMBER // 1024**2} MB")
        return
    stream = archive.extractfile(member)
    yield from read_member(stream.read() if stream else b"", source)
