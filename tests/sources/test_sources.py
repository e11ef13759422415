"""Sources: files, archives and folders of packets; damage is named, costs only what is damaged, and never raises."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packets import CANDID, CUTOUTS, archive, avro, fink, from_avro, night, packet, previous, read_bytes
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.catalogue import schema
from ztfexplore.sources import read_sources, total_bytes, ztf_avro

SCIENCE = CUTOUTS[0]


def read(*paths: Path, **options) -> tuple[list[Alert], list[Reject]]:
    """Alerts and rejects, each in the order they came."""
    items = list(read_sources(paths, **options))
    return [i for i in items if isinstance(i, Alert)], [i for i in items if isinstance(i, Reject)]


def only_reject(*paths: Path, **options) -> Reject:
    alerts, (reject,) = read(*paths, **options)
    assert alerts == []
    assert "\n" not in reject.message
    return reject


# --- a damaged Avro file ------------------------------------------------------------------------------------------

THREE = avro(packet(1), packet(2), packet(3))


def test_a_file_that_is_no_avro(tmp_path):
    path = tmp_path / "packet.avro"
    path.write_bytes(b"not at all")
    reject = only_reject(path)
    assert reject.reason == Reason.UNKNOWN_FORMAT and reject.source == str(path)


@pytest.mark.parametrize("schema", ["long", {"type": "record", "name": "r", "fields": [{"name": "a", "type": "long"}]}])
def test_an_avro_of_another_schema(schema):
    file = io.BytesIO()
    fastavro.writer(file, schema, [7] if schema == "long" else [{"a": 7}])
    alerts, (reject,) = read_bytes(file.getvalue())
    assert alerts == []
    assert reject.reason in (Reason.UNKNOWN_FORMAT, Reason.MISSING_FIELD)
    assert "Error" not in reject.message


def test_an_avro_without_packets():
    alerts, (reject,) = read_bytes(avro())
    assert (alerts, reject.reason) == ([], Reason.EMPTY)


def test_compressed_blocks_are_read():
    assert from_avro(packet(), codec="deflate").candid == CANDID


@given(st.integers(0, len(THREE) - 1))
@settings(max_examples=60, deadline=None)
def test_a_file_that_was_cut_off_yields_at_most_whole_packets_and_says_so(length):
    alerts, rejects = read_bytes(THREE[:length])
    assert len(rejects) == 1
    assert [alert.candid for alert in alerts] == [1, 2, 3][: len(alerts)]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_flipped_bits_never_raise(data):
    at, bit = data.draw(st.integers(0, len(THREE) - 1)), data.draw(st.integers(0, 7))
    damaged = bytearray(THREE)
    damaged[at] ^= 1 << bit
    for item in ztf_avro.read_packets(bytes(damaged), "memory"):
        assert isinstance(item, Alert | Reject)


# --- archives -----------------------------------------------------------------------------------------------------


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
    assert "damaged archive after 2 members" in reject.message


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
    assert "damaged archive after 3 members (CRC check failed" in reject.message


def test_a_member_too_large_for_a_packet_is_not_read_into_memory(tmp_path):
    bomb = bytes(ztf_avro.LARGEST_PACKET)
    path = archive(tmp_path / "a.tar.gz", {"bomb.avro": ztf_avro.MAGIC + bomb, "1.avro": avro(packet(1))})
    assert path.stat().st_size < 1_000_000
    alerts, (reject,) = read(path)
    assert [alert.candid for alert in alerts] == [1]
    assert "larger than 64 MB" in reject.message and reject.source.endswith("bomb.avro")


def test_a_file_too_large_for_a_packet_is_not_read_into_memory(tmp_path):
    path = tmp_path / "bomb.avro"
    path.write_bytes(ztf_avro.MAGIC)
    os.truncate(path, ztf_avro.LARGEST_PACKET + 1)
    assert "larger than 64 MB" in only_reject(path).message


def test_a_member_whose_name_is_no_utf8_can_be_stored(tmp_path):
    path = archive(tmp_path / "a.tar", {"night\udcff.avro": avro(packet(1))}, "w")
    (alert,), _ = read(path)
    assert schema.to_table([alert]).column("source").to_pylist() == [f"{path}:night\\udcff.avro"]


# --- Fink's Parquet -----------------------------------------------------------------------------------------------


def test_a_packet_is_the_same_alert_from_avro_and_from_fink(tmp_path):
    given = [packet(CANDID + i, previous=[previous(2458990.5, magpsf=19.5)]) for i in range(3)]
    alerts, rejects = read(fink(tmp_path / "a.parquet", given))
    assert rejects == []
    assert [alert.source.rpartition(":")[2] for alert in alerts] == ["row 0", "row 1", "row 2"]
    for one, other in zip(alerts, given, strict=True):
        expected = from_avro(other)
        np.testing.assert_array_equal(one.stamp, expected.stamp)
        for name in ("survey", "candid", "object_id", "ra", "dec", "mjd", "band", "magnitude", "positive", "history"):
            assert getattr(one, name) == getattr(expected, name)


def test_a_damaged_row_costs_only_itself(tmp_path):
    given = [packet(1), packet(2, cutouts={SCIENCE: b"\xff\xd8"}), packet(3, ra=None), packet(4)]
    alerts, rejects = read(fink(tmp_path / "a.parquet", given))
    assert [alert.candid for alert in alerts] == [1, 4]
    assert [(r.candid, r.reason) for r in rejects] == [(2, Reason.DAMAGED_CUTOUT), (3, Reason.MISSING_FIELD)]


def test_a_row_with_text_that_is_no_utf8_costs_only_itself(tmp_path):
    table = pa.Table.from_pylist([packet(1), packet(2, "bad"), packet(3)])
    broken = pa.array([b"ZTF18a", b"\xff\xfe", b"ZTF18c"], pa.binary()).view(pa.string())
    pq.write_table(table.set_column(table.column_names.index("objectId"), "objectId", broken), tmp_path / "a.parquet")
    alerts, (reject,) = read(tmp_path / "a.parquet")
    assert [alert.candid for alert in alerts] == [1, 3]
    assert reject.reason == Reason.DAMAGED_PACKET and reject.source.endswith("row 1")


def test_candids_that_went_through_a_float_are_rejected_rather_than_guessed(tmp_path):
    table = pa.Table.from_pylist([packet(CANDID)])
    floats = table.column("candid").cast(pa.float64(), safe=False)
    pq.write_table(table.set_column(table.column_names.index("candid"), "candid", floats), tmp_path / "a.parquet")
    reject = only_reject(tmp_path / "a.parquet")
    assert reject.reason == Reason.MISSING_FIELD and "candid is 2.48" in reject.message


def test_a_parquet_that_is_not_finks(tmp_path):
    pq.write_table(pa.table({"candid": [1], "flux": [2.0]}), tmp_path / "a.parquet")
    reject = only_reject(tmp_path / "a.parquet")
    assert reject.reason == Reason.UNKNOWN_FORMAT and "without objectId, candidate, cutoutScience" in reject.message


def test_a_parquet_whose_columns_only_share_their_names(tmp_path):
    names = ("candid", "objectId", "candidate", *CUTOUTS)
    pq.write_table(pa.table({name: [1, 2] for name in names}), tmp_path / "a.parquet")
    alerts, rejects = read(tmp_path / "a.parquet")
    assert alerts == [] and len(rejects) == 2


def test_a_parquet_without_rows(tmp_path):
    pq.write_table(pa.Table.from_pylist([packet()]).slice(0, 0), tmp_path / "a.parquet")
    assert only_reject(tmp_path / "a.parquet").reason == Reason.EMPTY


def test_a_damaged_parquet_is_one_reject(tmp_path):
    path = fink(tmp_path / "a.parquet", [packet(i) for i in range(3)])
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-4], whole[:4] + bytes(5000) + whole[5004:], whole[:8]):
        path.write_bytes(damaged)
        _, rejects = read(path)
        assert [r.reason for r in rejects] == [Reason.UNREADABLE]
        assert "\n" not in rejects[0].message


# --- files and folders --------------------------------------------------------------------------------------------


def test_a_folder_is_walked_in_the_order_of_names_whatever_the_files_are_called(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / ".cache").mkdir()
    (tmp_path / "a.dat").write_bytes(avro(packet(1)))
    fink(tmp_path / "b" / "fink.bin", [packet(2)])
    night(tmp_path / "c", [3])
    (tmp_path / ".hidden.avro").write_bytes(avro(packet(4)))
    (tmp_path / ".cache" / "x.avro").write_bytes(avro(packet(5)))
    alerts, rejects = read(tmp_path)
    assert [alert.candid for alert in alerts] == [1, 2, 3] and rejects == []


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "gone.avro").symlink_to(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "packet.avro").write_bytes(avro(packet(1)))
    os.mkfifo(tmp_path / "pipe")  # must not be waited for
    alerts, rejects = read(tmp_path, tmp_path / "missing")
    assert [alert.candid for alert in alerts] == [1]
    assert [(Path(r.source).name, r.reason) for r in rejects] == [
        ("empty", Reason.UNKNOWN_FORMAT),
        ("gone.avro", Reason.UNREADABLE),
        ("notes.txt", Reason.UNKNOWN_FORMAT),
        ("missing", Reason.MISSING_PATH),
    ]


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "packet.avro"
    path.write_bytes(avro(packet(1)))

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # the tests may run as root, whom no mode stops
    assert only_reject(path).message == "unreadable file: Permission denied"


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", os.fspath(path))

    monkeypatch.setattr(os, "scandir", denied)
    reject = only_reject(tmp_path)
    assert reject.source == str(tmp_path) and reject.reason == Reason.UNREADABLE


def test_an_empty_folder_says_so(tmp_path):
    assert only_reject(tmp_path).reason == Reason.EMPTY


@pytest.mark.parametrize("name", ["a" * 5000, "nul\0byte"])
def test_an_impossible_path_is_a_missing_one(name):
    assert only_reject(Path(name)).reason == Reason.MISSING_PATH
    assert total_bytes([Path(name)]) == 0


def test_a_format_takes_only_its_own(tmp_path):
    night(tmp_path / "a.tar.gz", [1])
    fink(tmp_path / "b.parquet", [packet(2)])
    for format, candid, refused in (("ztf", 1, "b.parquet"), ("fink", 2, "a.tar.gz")):
        (alert,), (reject,) = read(tmp_path, format=format)
        assert alert.candid == candid
        assert Path(reject.source).name == refused and reject.reason == Reason.UNKNOWN_FORMAT


def test_progress_adds_up_to_the_size_of_the_input(tmp_path):
    night(tmp_path / "a.tar.gz", range(3))
    (tmp_path / "b.avro").write_bytes(avro(packet(5)))
    fink(tmp_path / "c.parquet", [packet(6)])
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    total, seen = total_bytes([tmp_path, tmp_path / "missing"]), []
    list(read_sources([tmp_path], on_bytes=seen.append))
    assert total == sum(path.stat().st_size for path in tmp_path.iterdir() if path.exists())
    assert sum(seen) == pytest.approx(total, rel=0.01)
