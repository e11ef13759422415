"""The catalogue's columns, and Alerts as rows of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ztfexplore.alerts.alert import Alert
from ztfexplore.alerts.survey import SURVEYS

DETECTION = pa.struct(
    [
        ("mjd", pa.float64()),
        ("band", pa.string()),
        ("magnitude", pa.float64()),
        ("magnitude_error", pa.float64()),
        ("limit", pa.float64()),
        ("positive", pa.bool_()),
    ]
)

# Columns that are attributes of the same name in an Alert.
_PLAIN = [
    pa.field("survey", pa.string(), nullable=False),
    pa.field("candid", pa.int64(), nullable=False),
    pa.field("object_id", pa.string(), nullable=False),
    pa.field("ra", pa.float64()),
    pa.field("dec", pa.float64()),
    pa.field("mjd", pa.float64()),
    pa.field("band", pa.string()),
    pa.field("magnitude", pa.float64()),
    pa.field("magnitude_error", pa.float64()),
    pa.field("positive", pa.bool_()),
    pa.field("label", pa.string()),
    pa.field("label_source", pa.string()),
    pa.field("source", pa.string()),
]
# Heavy columns, which are not metadata.
_HEAVY = [
    pa.field("candidate", pa.string()),  # JSON: every scalar field of the packet's candidate record
    pa.field("history", pa.list_(DETECTION)),
    pa.field("stamp", pa.large_binary(), nullable=False),  # float32, little-endian, C order
    pa.field("stamp_shape", pa.list_(pa.int32(), 3), nullable=False),  # (channels, height, width)
]
KEY = ("survey", "candid")
LABEL_COLUMNS = ("label", "label_source")
# Columns, with types, that a Lance dataset must have to be a catalogue.
_NEEDED = (*KEY, "object_id", *LABEL_COLUMNS, "stamp", "stamp_shape")
ESSENTIAL = tuple(field for field in (*_PLAIN, *_HEAVY) if field.name in _NEEDED)

NOTHING = -999.0


def metadata_fields() -> list[pa.Field]:
    """A column for each field that a survey keeps, in the surveys' order."""
    names = dict.fromkeys(name for survey in SURVEYS.values() for name in survey.metadata)
    return [pa.field(name, pa.float64()) for name in names]


def full_schema() -> pa.Schema:
    """All columns of a new catalogue."""
    return pa.schema([*_PLAIN, *metadata_fields(), *_HEAVY])


def light_columns() -> tuple[str, ...]:
    """Names of the metadata columns."""
    return tuple(field.name for field in (*_PLAIN, *metadata_fields()))


def to_table(alerts: Sequence[Alert]) -> pa.Table:
    """Alerts as rows of `full_schema`."""
    columns: dict[str, object] = {field.name: [getattr(alert, field.name) for alert in alerts] for field in _PLAIN}
    for field in metadata_fields():
        columns[field.name] = [_metadata(alert, field.name) for alert in alerts]
    columns["candidate"] = [json.dumps(dict(alert.candidate), separators=(",", ":")) for alert in alerts]
    columns["history"] = [[_detection(point) for point in alert.history] for alert in alerts]
    columns["stamp"] = [np.ascontiguousarray(alert.stamp, dtype="<f4").tobytes() for alert in alerts]
    columns["stamp_shape"] = [list(alert.stamp.shape) for alert in alerts]
    return pa.table(columns, schema=full_schema())


def to_stamps(table: pa.Table) -> list[np.ndarray]:
    """The stamps in a table's `stamp` and `stamp_shape`, each float32 (channels, height, width), read-only."""
    shapes = table.column("stamp_shape").to_pylist()
    return [
        np.frombuffer(value.as_buffer(), dtype="<f4").reshape(shape)
        for value, shape in zip(table.column("stamp"), shapes, strict=True)
    ]


def _metadata(alert: Alert, name: str) -> float | None:
    if name not in SURVEYS[alert.survey].metadata:
        return None
    value = alert.candidate.get(name)
    return float(value) if isinstance(value, int | float) and value != NOTHING else None


def _detection(point: object) -> dict[str, object]:
    return {field.name: getattr(point, field.name) for field in DETECTION}
