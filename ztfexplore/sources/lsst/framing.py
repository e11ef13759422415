"""Packets that carry no schema: framed as Rubin's Kafka stream frames them, or with the schema in the message's key."""

from __future__ import annotations

import io
from typing import Any

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.sources import ztf_packet
from ztfexplore.sources.avro_container import parsed_schema
from ztfexplore.sources.avro_header import whole_number
from ztfexplore.sources.lsst import packet, schemas

MAGIC = b"\x00"
HEAD_BYTES = 5


def schema_number(start: bytes) -> int | None:
    """The number of the schema in Confluent's wire format: a zero byte and four bytes, the most significant first.

    None if the bytes begin otherwise.
    """
    if len(start) < HEAD_BYTES or not start.startswith(MAGIC):
        return None
    return int.from_bytes(start[1:HEAD_BYTES], "big")


def read_framed(data: bytes, source: str) -> Alert | Reject:
    """The alert in a packet of Confluent's wire format, by one of the public schemas."""
    number = schema_number(data)
    if number is None:
        return Reject(source, Reason.UNKNOWN_FORMAT, "not a packet of Rubin's stream")
    version = schemas.known().get(number)
    if version is None:
        first, last = min(schemas.known()), max(schemas.known())
        detail = f"Rubin packet of schema id {number}, which is unknown here: known are {first} to {last}"
        return Reject(source, Reason.UNKNOWN_FORMAT, f"{detail} (versions {_span()})")
    return _read(data[HEAD_BYTES:], schemas.schema(number), source, f"schema {version}")


def read_keyed(value: bytes, key: bytes | str, source: str) -> Alert | Reject:
    """The alert in a Kafka message of Fink's: the packet without its schema, which is JSON in the key.

    ZTF's and Rubin's packets come so, and are told apart by their fields.
    """
    try:
        schema = parsed_schema(key.encode() if isinstance(key, str) else bytes(key))
    except Exception as error:  # json and fastavro raise many kinds
        detail = f"the message's key is not an Avro schema ({type(error).__name__}: {str(error)[:200]})"
        return Reject(source, Reason.UNKNOWN_FORMAT, detail)
    return _read(value, schema, source, "the schema in its key")


def _read(body: bytes, schema: Any, source: str, name: str) -> Alert | Reject:
    try:
        record = schemas.decode(body, schema)
    except Exception as error:  # fastavro raises whatever the damaged bytes provoke
        detail = f"does not fit {name} ({type(error).__name__}: {str(error)[:200]})"
        return Reject(source, Reason.DAMAGED_PACKET, detail, _first_id(body, schema))
    if packet.is_rubin(record):
        return packet.alert_from_packet(record, source)
    return ztf_packet.alert_from_packet(record, source)


def _first_id(body: bytes, schema: Any) -> int | None:
    """A damaged packet's id, which is the first field of all Rubin's schemas."""
    fields = schema.get("fields", []) if isinstance(schema, dict) else []
    if not fields or fields[0]["name"] not in ("diaSourceId", "alertId"):
        return None
    return whole_number(io.BytesIO(body))


def _span() -> str:
    versions = list(schemas.known().values())
    return f"{versions[0]} to {versions[-1]}"
