"""Files and folders: walked in the order of names; what cannot be read is named and the rest goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.packets import avro, fink, night, packet
from tests.support.sources import only_reject, read
from ztfexplore.alerts.alert import Reason
from ztfexplore.sources import read_sources, total_bytes


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
    reject = only_reject(path)
    assert reject.reason == Reason.UNREADABLE and reject.source == str(path)


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
