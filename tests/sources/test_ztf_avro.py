"""Avro files of ZTF packets: damage is named, costs only what is damaged, and never raises."""

from __future__ import annotations

import io
import os

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packets import CANDID, avro, from_avro, packet, read_bytes
from tests.support.sources import only_reject
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.sources import ztf_avro

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


def test_an_avro_without_packets():
    alerts, (reject,) = read_bytes(avro())
    assert (alerts, reject.reason) == ([], Reason.EMPTY)


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz", "snappy", "zstandard"])
def test_packed_blocks_are_read(codec):
    assert from_avro(packet(), codec=codec).candid == CANDID


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


def test_a_file_too_large_for_a_packet_is_not_read_into_memory(tmp_path):
    path = tmp_path / "bomb.avro"
    path.write_bytes(ztf_avro.MAGIC)
    os.truncate(path, ztf_avro.LARGEST_PACKET + 1)
    assert only_reject(path).reason == Reason.DAMAGED_PACKET
