"""How files are recognised: several sources look at one head, the surest reads it."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import fastavro
import pytest

from tests.support.packets import avro, packet
from ztfexplore import registry
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.sources import read_sources
from ztfexplore.sources.source import SOURCES, Head, Match, Source, file_formats, surest

OTHER = {"type": "record", "name": "alert", "fields": [{"name": "diaSourceId", "type": "long"}]}


def other_avro() -> bytes:
    """An Avro file of another survey: it begins as ZTF's do."""
    file = io.BytesIO()
    fastavro.writer(file, OTHER, [{"diaSourceId": 7}])
    return file.getvalue()


def recognise(head: Head) -> Match:
    fields = (head.avro_schema or {}).get("fields", [])
    return Match.SCHEMA if any(field["name"] == "diaSourceId" for field in fields) else Match.NO


def read(data: bytes, source: str):
    yield Reject(source, "unreadable", "read by the other")


@pytest.fixture
def other():
    made = Source(
        "other", "another survey's packets", "Avro", recognise, lambda path, on_bytes: read(b"", path.name), read
    )
    with SOURCES.temporarily(made, 5):
        yield made


def test_the_formats_are_those_that_read_files():
    assert [source.name for source in file_formats()] == ["ztf", "fink", "rubin", "fits"]
    assert list(SOURCES) == ["ztf", "fink", "rubin", "fits", "hubble"]


def test_two_sources_of_one_container_are_told_apart_by_the_schema(other, tmp_path):
    (tmp_path / "a.avro").write_bytes(avro(packet(1)))
    (tmp_path / "b.avro").write_bytes(other_avro())
    with tarfile.open(tmp_path / "c.tar", "w") as tar:
        tar.add(tmp_path / "a.avro", "x.avro")
        tar.add(tmp_path / "b.avro", "y.avro")
    items = list(read_sources([tmp_path]))
    assert [isinstance(item, Alert) for item in items] == [True, False, True, False]
    assert [item.detail for item in items if isinstance(item, Reject)] == ["read by the other"] * 2


def test_a_format_that_is_asked_for_reads_what_it_recognises_and_nothing_else(other, tmp_path):
    (tmp_path / "a.avro").write_bytes(avro(packet(1)))
    (tmp_path / "b.fits.gz").write_bytes(gzip.compress(b"SIMPLE  =" + bytes(600)))
    items = list(read_sources([tmp_path], format="other"))
    assert [item.reason for item in items] == [Reason.UNKNOWN_FORMAT] * 2


def test_content_comes_before_the_name_and_the_order_decides_between_equals():
    start = avro(packet(1))[:1000]
    assert surest(Head("a.fits", start)).name == "ztf"
    assert surest(Head("a.fits", b"damaged")).name == "fits"
    assert surest(Head("a.txt", b"text")) is None
    twin = Source("twin", "t", "Avro", SOURCES["ztf"].recognise, lambda path, on_bytes: iter(()))
    with SOURCES.temporarily(twin, 99):
        assert surest(Head("a", start)).name == "ztf"
    with SOURCES.temporarily(twin, 1):
        assert surest(Head("a", start)).name == "twin"


def test_a_source_that_cannot_tell_costs_only_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "problems", [])
    spoiled = Source("spoiled", "s", "Avro", lambda head: 1 // 0, lambda path, on_bytes: iter(()))
    (tmp_path / "a.avro").write_bytes(avro(packet(1)))
    with SOURCES.temporarily(spoiled, 1):
        (item,) = read_sources([tmp_path])
    assert isinstance(item, Alert)
    assert registry.problems == [
        "format spoiled: cannot tell its files (ZeroDivisionError: integer division or modulo by zero)"
    ]


def test_what_nobody_recognises_says_what_is_recognised(tmp_path):
    path = Path(tmp_path / "a.txt")
    path.write_text("text")
    (item,) = read_sources([path])
    assert item.detail == "neither Avro, Parquet, FITS nor a tar archive"
