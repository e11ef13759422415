"""Uploads: named as the sender names them, never a path; bombs are stopped; a catalogue is made only for an alert."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.errors import refused
from tests.support.packets import CANDID, CUTOUTS, alert, archive, avro, night, packet
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.catalogue import uploads
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import ZtfexploreError
from ztfexplore.sources import archive as archives
from ztfexplore.sources import read_sources, ztf_avro
from ztfexplore.sources.avro_container import UNPACKERS

ZEROS = bytes(70 * 2**20)


@dataclass
class Sent:
    """What a browser sends."""

    name: str
    content: bytes

    def getbuffer(self) -> memoryview:
        return memoryview(self.content)


def read(*sent: Sent) -> list[Alert | Reject]:
    with uploads.staged(sent) as files:
        return list(uploads.read_uploads(files))


# --- names --------------------------------------------------------------------------------------------------------


@given(st.text())
def test_a_shown_name_is_one_printable_line_without_folders(name):
    shown = uploads.shown_name(name)
    assert 0 < len(shown) <= uploads.LONGEST_NAME
    assert shown.isprintable() and "/" not in shown
    shown.encode("utf-8")


@pytest.mark.parametrize("name", ["../../x.avro", "/etc/passwd", "a\0b", "", "..", "x" * 5000])
def test_an_upload_lies_in_our_folder_and_is_gone_afterwards(name):
    with uploads.staged([Sent(name, b"x"), Sent(name, b"y")]) as files:
        folder = files[0].path.parent
        assert [file.path.name for file in files] == ["000000", "000001"]
        assert [file.path.read_bytes() for file in files] == [b"x", b"y"]
    assert not folder.exists()


def test_sources_are_the_senders_names(tmp_path):
    tar = night(tmp_path / "n", range(2)).read_bytes()
    items = read(Sent("a b.avro", avro(packet(CANDID))), Sent("night.tar.gz", tar), Sent("c.txt", b"?"))
    assert [item.source for item in items] == ["a b.avro", "night.tar.gz:0.avro", "night.tar.gz:1.avro", "c.txt"]


def test_no_room_for_an_upload_is_said(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with refused(ZtfexploreError, "No space left"), uploads.staged([Sent("a", b"x")]):
        pass


def test_an_error_while_reading_is_not_taken_for_a_full_disk():
    with pytest.raises(OSError, match="mine"), uploads.staged([Sent("a", b"x")]):
        raise OSError("mine")


# --- taking in ----------------------------------------------------------------------------------------------------


def test_a_catalogue_is_made_only_for_an_alert(tmp_path):
    bad = Reject("x", Reason.UNKNOWN_FORMAT)
    report, found = uploads.ingest_items([bad, bad], tmp_path / "c")
    assert (report.rejected, report.reasons, found) == (2, {"unknown format": 2}, [bad, bad])
    assert not (tmp_path / "c").exists()
    report, found = uploads.ingest_items([bad, alert(1), bad, alert(2)], tmp_path / "c")
    assert (report.accepted, report.rejected) == (2, 2)
    assert len((tmp_path / "c" / "rejects.csv").read_text().splitlines()) == 3


def test_what_is_read_is_not_held_back(tmp_path, monkeypatch):
    """Of an endless source the first alert does not wait for the last."""
    monkeypatch.setattr("ztfexplore.catalogue.ingest.BATCH_ALERTS", 4)

    def endless():
        for candid in range(12):
            if candid == 10:
                raise KeyboardInterrupt
            yield alert(candid)

    with pytest.raises(KeyboardInterrupt):
        uploads.ingest_items(endless(), tmp_path / "c")
    assert len(Catalogue.open(tmp_path / "c")) == 8


def test_server_paths_are_lines(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    text = ' "/a b/c.tar" \n\n~/x\na\0b\n'
    assert uploads.server_paths(text) == [Path("/a b/c.tar"), Path("/home/me/x")]


@given(st.text())
def test_any_text_is_paths_or_nothing(text):
    for path in uploads.server_paths(text):
        assert "\0" not in str(path)
        uploads.missing([path])


# --- bombs ----------------------------------------------------------------------------------------------------------


def bomb(codec: str) -> bytes:
    """An Avro file of some kB with a block of 70 MB."""
    return avro(packet(1, cutouts={CUTOUTS[0]: ZEROS}), codec=codec)


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz", "snappy", "zstandard"])
def test_an_avro_block_that_unpacks_to_too_much_is_not_unpacked(codec):
    (reject,) = ztf_avro.read_packets(bomb(codec), "bomb.avro")
    assert reject.reason == Reason.DAMAGED_PACKET and "unpacks to more than 64 MB" in reject.detail


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_packed_packets_are_read(codec):
    items = list(ztf_avro.read_packets(avro(packet(1), packet(2), codec=codec), "a"))
    assert [item.candid for item in items] == [1, 2]


def test_streams_behind_each_other_do_not_hide_a_bomb():
    block = bz2.compress(b"x") + bz2.compress(ZEROS)
    assert len(UNPACKERS["bzip2"](block, 2**20)) > 2**20
    block = lzma.compress(b"x") * 3
    assert UNPACKERS["xz"](block, 2**20) == b"xxx"


def test_a_block_cannot_claim_more_packets_than_bytes():
    good = avro(packet(1))
    header = good.index(b"sixteen bytes :)") + 16
    many = b"\xfe\xff\xff\xff\xff\xff\xff\x7f"  # some 10^16
    (reject,) = ztf_avro.read_packets(good[:header] + many + good[header + 1 :], "a")
    assert "packets in" in reject.detail


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_an_archive_that_unpacks_to_too_much_ends_with_a_reject(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(archives, "ALWAYS_UNPACKED", 2**20)
    plain = archive(tmp_path / "a.tar", {"1.avro": avro(packet(1))}, "w").read_bytes()
    (tmp_path / "b.tar.gz").write_bytes(pack(plain + ZEROS))
    items = list(read_sources([tmp_path / "b.tar.gz"]))
    assert [type(item) for item in items] == [Alert, Reject]
    assert "unpacks to more than" in items[1].detail


def test_a_gzip_of_zeros_is_not_unpacked_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ALWAYS_UNPACKED", 100 * 2**20)
    file = io.BytesIO()
    with gzip.open(file, "wb", compresslevel=1) as stream:
        for _ in range(4):
            stream.write(ZEROS)
    (tmp_path / "b.avro.gz").write_bytes(file.getvalue())
    (reject,) = read_sources([tmp_path / "b.avro.gz"])
    assert reject.reason == Reason.UNREADABLE and "it unpacks to more than 0.1 GB" in reject.detail


def test_a_member_with_an_endless_name_is_not_read_into_memory(tmp_path):
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2**33
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    (reject,) = read_sources([tmp_path / "a.tar"])
    assert reject.reason == Reason.UNREADABLE and "1 MB" in reject.detail


def test_a_large_archive_of_packets_is_no_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ALWAYS_UNPACKED", 1)
    items = list(read_sources([night(tmp_path / "n.tar.gz", range(20))]))
    assert [type(item) for item in items] == [Alert] * 20


def test_a_parquet_row_of_a_hundred_megabytes_is_refused(tmp_path):
    row = packet(1, cutouts={CUTOUTS[0]: ZEROS})
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 2**20
    (reject,) = read_sources([tmp_path / "a.parquet"])
    assert "more than 64 MB" in reject.detail
