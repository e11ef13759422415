"""Tar archives: a packet a member, and whatever is damaged is said, wherever it is."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import pytest

from tests.support.packets import archive, avro, night, packet
from tests.support.sources import only_reject, read
from ztfexplore.alerts.alert import Reason
from ztfexplore.catalogue import schema
from ztfexplore.sources import ztf_avro


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.txz", "w:xz"), ("odd", "w:gz")])
def test_an_archive_is_one_packet_a_member(tmp_path, name, mode):
    path = night(tmp_path / name, [5, 3, 4], mode)
    alerts, rejects = read(path)
    assert [alert.candid for alert in alerts] == [5, 3, 4] and rejects == []
    assert alerts[0].source == f"{path}:5.avro"


def test_a_member_that_is_no_avro_costs_only_itself(tmp_path):
    members = {"1.avro": avro(packet(1)), "README": b"hello", "empty.avro": b"", "2.avro": avro(packet(2))}
    alerts, rejects = read(archive(tmp_path / "a.tar.gz", members))
    assert [alert.candid for alert in alerts] == [1, 2]
    assert [(r.source.rpartition(":")[2], r.reason) for r in rejects] == [
        ("README", Reason.UNKNOWN_FORMAT),
        ("empty.avro", Reason.UNKNOWN_FORMAT),
    ]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_empty_archive(tmp_path, mode):
    assert only_reject(archive(tmp_path / "a.tar", {}, mode)).reason == Reason.EMPTY


def test_an_archive_of_nothing_at_all(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"")
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(b""))
    alerts, rejects = read(tmp_path)
    assert alerts == []
    assert [Path(r.source).name for r in rejects] == ["a.tar", "a.tar.gz"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive_that_was_cut_off_says_so_wherever_the_cut_is(tmp_path, mode):
    path = night(tmp_path / "a.tar", range(4), mode)
    whole = path.read_bytes()
    header = len(whole) // 4 // 512 * 512  # in a plain tar, a cut between blocks, where a header may be expected
    for cut in [1, 300, 512, header, header + 100, len(whole) // 2, len(whole) - 11000, len(whole) - 10240]:
        path.write_bytes(whole[: max(cut, 1)])
        alerts, rejects = read(path)
        assert len(rejects) == 1, cut
        assert [alert.candid for alert in alerts] == list(range(len(alerts)))


def test_a_tar_that_ends_between_two_members_says_so(tmp_path):
    path = night(tmp_path / "a.tar", range(3), "w")
    with tarfile.open(path) as tar:
        third = tar.getmembers()[2].offset
    path.write_bytes(path.read_bytes()[:third])
    alerts, (reject,) = read(path)
    assert [alert.candid for alert in alerts] == [0, 1]
    assert reject.reason == Reason.UNREADABLE and reject.source == str(path)


def test_a_damaged_header_in_the_middle_does_not_end_the_archive_quietly(tmp_path):
    path = night(tmp_path / "a.tar", range(3), "w")
    with tarfile.open(path) as tar:
        second = tar.getmembers()[1].offset
    data = bytearray(path.read_bytes())
    data[second + 120] ^= 1  # the member's size
    path.write_bytes(data)
    alerts, (reject,) = read(path)
    assert [alert.candid for alert in alerts] == [0]
    assert reject.reason == Reason.UNREADABLE and str(path) in reject.source


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_a_damaged_compression_is_one_reject(tmp_path, mode):
    path = night(tmp_path / "a", range(3), mode)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 64] = bytes(64)
    path.write_bytes(data)
    alerts, rejects = read(path)
    assert len(alerts) < 3
    assert [r.reason for r in rejects if r.source == str(path)] == [Reason.UNREADABLE]


def test_an_archive_that_fails_its_checksum_says_so_even_if_every_packet_can_be_read(tmp_path):
    path = night(tmp_path / "a.tar.gz", range(3))
    data = bytearray(path.read_bytes())
    data[-8] ^= 1
    path.write_bytes(data)
    alerts, (reject,) = read(path)
    assert len(alerts) == 3
    assert reject.reason == Reason.UNREADABLE and reject.source == str(path)


def test_a_member_too_large_for_a_packet_is_not_read_into_memory(tmp_path):
    bomb = bytes(ztf_avro.LARGEST_PACKET)
    path = archive(tmp_path / "a.tar.gz", {"bomb.avro": ztf_avro.MAGIC + bomb, "1.avro": avro(packet(1))})
    assert path.stat().st_size < 1_000_000
    alerts, (reject,) = read(path)
    assert [alert.candid for alert in alerts] == [1]
    assert reject.reason == Reason.DAMAGED_PACKET and reject.source == f"{path}:bomb.avro"


def test_a_member_whose_name_is_no_utf8_can_be_stored(tmp_path):
    path = archive(tmp_path / "a.tar", {"night\udcff.avro": avro(packet(1))}, "w")
    (alert,), _ = read(path)
    assert schema.to_table([alert]).column("source").to_pylist() == [f"{path}:night\\udcff.avro"]
