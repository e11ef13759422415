"""Container files of every codec: read packet by packet, bounded in memory, and damage is named in any of them."""

from __future__ import annotations

import io

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztfexplore.alerts.alert import Reason, Reject
from ztfexplore.sources import avro_container
from ztfexplore.sources.avro_container import LARGEST_BLOCK, UNPACKERS

SCHEMA = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "bytes"}]}
CODECS = sorted(UNPACKERS)


def container(records: list[dict], codec: str = "null", interval: int = 16000) -> bytes:
    file = io.BytesIO()
    fastavro.writer(file, SCHEMA, records, codec=codec, sync_interval=interval, sync_marker=b"sixteen bytes :)")
    return file.getvalue()


def read(data: bytes, on_bytes=lambda count: None) -> tuple[list[int], list[Reject]]:
    """The records' numbers, and the rejects; each record passes as if it were an alert."""
    found = list(avro_container.read_packets(io.BytesIO(data), "file", lambda record, source: record["a"], on_bytes))
    return [item for item in found if isinstance(item, int)], [item for item in found if isinstance(item, Reject)]


RECORDS = [{"a": number, "b": bytes([number]) * 500} for number in range(20)]


@pytest.mark.parametrize("codec", CODECS)
def test_every_record_of_every_block_is_read_in_order(codec):
    counted: list[int] = []
    assert read(container(RECORDS, codec, interval=1200), counted.append) == (list(range(20)), [])
    assert len(counted) > 3  # as many blocks


@pytest.mark.parametrize("codec", CODECS)
def test_the_records_before_a_damage_are_kept(codec):
    data = container(RECORDS, codec, interval=1200)
    numbers, (reject,) = read(data[:-30])
    assert 0 < len(numbers) < 20 and numbers == list(range(len(numbers)))
    assert reject.reason == Reason.DAMAGED_PACKET and "unreadable Avro" in reject.message


@pytest.mark.parametrize("codec", [codec for codec in CODECS if codec != "null"])
def test_a_small_block_that_unpacks_to_too_much_is_refused(codec):
    numbers, (reject,) = read(container([{"a": 1, "b": bytes(LARGEST_BLOCK + 1)}], codec))
    assert numbers == [] and "unpacks to more than 64 MB" in reject.message


def test_an_unknown_codec_is_named():
    data = container(RECORDS).replace(b"\x08null", b"\x08lzma")
    assert "packed with lzma, which is not supported" in read(data)[1][0].message


def test_a_snappy_block_that_was_changed_does_not_agree_with_its_checksum():
    data = bytearray(container(RECORDS[:1], "snappy"))
    data[-20] ^= 1  # the last byte of the block, before the mark of 16
    assert "checksum" in read(bytes(data))[1][0].message


@given(st.sampled_from(CODECS), st.data())
@settings(max_examples=200, deadline=None)
def test_flipped_bits_never_raise(codec, data):
    damaged = bytearray(container(RECORDS[:3], codec))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    numbers, rejects = read(bytes(damaged))
    assert len(numbers) <= 3 and len(rejects) <= 1
