"""The header of an Avro file: whole numbers and the schema, of whatever bytes there are."""

from __future__ import annotations

import io

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packets import avro, packet
from ztfexplore.sources import avro_header

FILE = avro(packet(1))
LONGS = st.integers(-(2**63), 2**63 - 1)


def as_avro_writes(number: int) -> bytes:
    file = io.BytesIO()
    fastavro.schemaless_writer(file, "long", number)
    return file.getvalue()


@given(st.lists(LONGS, max_size=4))
def test_whole_numbers_are_read_as_avro_writes_them(numbers):
    stream = io.BytesIO(b"".join(map(as_avro_writes, numbers)))
    assert [avro_header.whole_number(stream) for _ in numbers] == numbers
    assert avro_header.whole_number(stream) is None


@given(LONGS)
def test_a_number_that_is_cut_off_is_none(number):
    assert avro_header.whole_number(io.BytesIO(as_avro_writes(number)[:-1])) is None


def test_a_number_without_an_end_is_none_and_does_not_grow_for_ever():
    stream = io.BytesIO(b"\xff" * 1000)
    assert avro_header.whole_number(stream) is None and stream.tell() < 20


def test_the_schema_is_read_off_the_header():
    found = avro_header.schema(FILE[:20_000])
    assert {"candid", "objectId", "candidate"} <= {field["name"] for field in found["fields"]}


@pytest.mark.parametrize("extra", ({}, {"owner": "ztf" * 50, "a": ""}))
def test_other_entries_of_the_header_do_not_matter(extra):
    file = io.BytesIO()
    schema = {"type": "record", "name": "alert", "fields": [{"name": "diaSourceId", "type": "long"}]}
    fastavro.writer(file, schema, [{"diaSourceId": 7}], metadata=extra)
    assert avro_header.schema(file.getvalue())["fields"][0]["name"] == "diaSourceId"


def test_entries_in_blocks_that_tell_their_size_are_read_too():
    """Avro allows a negative count, followed by the block's size in bytes."""
    value = b'{"name": "x"}'
    entry = b"\x16avro.schema" + as_avro_writes(len(value)) + value
    header = b"Obj\x01" + as_avro_writes(-1) + as_avro_writes(len(entry)) + entry + b"\x00"
    assert avro_header.schema(header) == {"name": "x"}


@pytest.mark.parametrize(
    "data", (b"", b"Obj\x01", b"Obj\x01\x04\x16avro.schema\x02{", b"SIMPLE", b"Obj\x01" + b"\xff" * 99, FILE[:300])
)
def test_a_damaged_header_has_no_schema(data):
    assert avro_header.schema(data) is None


@given(st.binary(max_size=80), st.integers(0, 400))
@settings(max_examples=60)
def test_no_bytes_raise(noise, at):
    for data in (avro_header.MAGIC + noise, FILE[:at] + noise + FILE[at + len(noise) : 2000]):
        found = avro_header.schema(data)
        assert found is None or isinstance(found, dict)


def test_a_schema_nested_beyond_reason_is_none():
    value = b"[" * 100_000
    data = b"Obj\x01\x02\x16avro.schema" + as_avro_writes(len(value)) + value + b"\x00"
    assert avro_header.schema(data) is None
