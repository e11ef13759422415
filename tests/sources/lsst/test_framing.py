"""Packets without a schema: the frame names it, or the message's key holds it; damage and unknown ids are named."""

from __future__ import annotations

import io
import json

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import packets
from tests.support.rubin import SOURCE_ID, body, framed, packet
from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.sources.lsst import framing, schemas

NUMBERS = list(schemas.known())
GOOD = framed(packet())


@pytest.mark.parametrize("number", NUMBERS)
def test_a_framed_packet_is_read_by_its_schema(number):
    found = framing.read_framed(framed(packet(number), number), "file")
    assert isinstance(found, Alert) and found.candid == SOURCE_ID


@given(st.integers(0, 2**32 - 1), st.binary(max_size=20))
def test_a_schema_s_number_comes_back_as_it_was(number, rest):
    assert framing.schema_number(b"\0" + number.to_bytes(4, "big") + rest) == number


@given(st.binary(max_size=20).filter(lambda data: not data.startswith(b"\0") or len(data) < 5))
def test_other_bytes_have_no_schema_number(data):
    assert framing.schema_number(data) is None


@pytest.mark.parametrize("number", [0, 699, 1200, 12345, 2**32 - 1])
def test_an_unknown_schema_is_named_with_the_file(number):
    reject = framing.read_framed(framed(packet(), said=number), "a/b.avro")
    assert (reject.source, reject.reason) == ("a/b.avro", Reason.UNKNOWN_FORMAT)
    assert f"schema id {number}, which is unknown here: known are 700 to 1101" in reject.message


def test_a_packet_framed_for_another_schema_is_damaged_and_named():
    reject = framing.read_framed(framed(packet(704), 704, said=1100), "file")
    assert isinstance(reject, Reject) and "does not fit schema 11.0" in reject.message


@given(st.integers(5, len(GOOD) - 1))
@settings(max_examples=60, deadline=None)
def test_a_packet_that_was_cut_off_is_rejected(length):
    reject = framing.read_framed(GOOD[:length], "file")
    assert isinstance(reject, Reject) and reject.reason == Reason.DAMAGED_PACKET
    assert length < 30 or reject.candid == SOURCE_ID


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_flipped_bits_never_raise(data):
    damaged = bytearray(GOOD)
    damaged[data.draw(st.integers(0, 2000))] ^= 1 << data.draw(st.integers(0, 7))
    assert isinstance(framing.read_framed(bytes(damaged), "file"), Alert | Reject)


# --- the schema in the key ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_a_message_is_read_by_the_schema_in_its_key(number):
    key = (schemas.FOLDER / f"v{number // 100}_{number % 100}.json").read_bytes()
    found = framing.read_keyed(body(packet(number), number), key, "message")
    assert isinstance(found, Alert) and (found.survey, found.candid) == ("lsst", SOURCE_ID)


def test_a_later_schema_is_read_by_its_names():
    later = json.loads((schemas.FOLDER / "v11_1.json").read_text(encoding="utf-8"))
    later["name"] = "lsst.v12_0.alert"
    later["fields"].insert(0, {"name": "something_new", "type": "string"})
    file = io.BytesIO()
    fastavro.schemaless_writer(file, fastavro.parse_schema(later), packet(1101) | {"something_new": "x"})
    found = framing.read_keyed(file.getvalue(), json.dumps(later), "message")
    assert isinstance(found, Alert) and found.candid == SOURCE_ID


def test_a_ztf_packet_comes_in_the_same_form():
    file = io.BytesIO()
    fastavro.schemaless_writer(file, packets.schema(), packets.packet())
    plain = {name: value for name, value in packets.schema().items() if not name.startswith("__")}
    found = framing.read_keyed(file.getvalue(), json.dumps(plain), "message")
    assert isinstance(found, Alert) and (found.survey, found.candid) == ("ztf", packets.CANDID)


@pytest.mark.parametrize("key", [b"", b"\xff", "170094456248729605", "[1, 2]", '{"type": "unheard of"}'])
def test_a_key_that_is_not_a_schema_is_named(key):
    reject = framing.read_keyed(body(packet()), key, "message")
    assert isinstance(reject, Reject) and reject.source == "message"
