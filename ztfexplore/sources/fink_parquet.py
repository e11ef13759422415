"""ZTF alerts in the Fink broker's nested Parquet form (fink-broker.org): candidate and cutouts as structs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ztfexplore.alerts.alert import Alert, Reason, Reject
from ztfexplore.sources.archive import LARGEST_MEMBER as LARGEST_ALERT
from ztfexplore.sources.avro_container import ToAlert
from ztfexplore.sources.source import SOURCES, Head, Match, Source
from ztfexplore.sources.ztf_packet import CUTOUTS, alert_from_packet

MAGIC = b"PAR1"
# Some 60 kB an alert: a batch is a few MB however large the file.
BATCH_ROWS = 64
NEEDED = ("candid", "objectId", "candidate", *CUTOUTS.values())


def read_file(path: Path, on_bytes: Callable[[int], object]) -> Iterator[Alert | Reject]:
    """Alerts of one Parquet file. Columns that are not part of a packet are ignored."""
    return read_alerts(path, on_bytes, NEEDED, _columns, alert_from_packet, "ZTF")


def read_alerts(
    path: Path,
    on_bytes: Callable[[int], object],
    needed: Sequence[str],
    columns: Callable[[pq.ParquetFile], list[str]],
    to_alert: ToAlert,
    survey: str,
) -> Iterator[Alert | Reject]:
    """Alerts of one Parquet file of any survey.

    Args:
        path: of the file.
        on_bytes: called with the number of bytes read since the last call.
        needed: columns without which it does not hold such alerts.
        columns: which columns of a file to read.
        to_alert: makes an Alert or a Reject of a row, and its name for messages.
        survey: for messages.
    """
    size = path.stat().st_size
    try:
        with pq.ParquetFile(path) as parquet:
            missing = [name for name in needed if name not in parquet.schema_arrow.names]
            if missing:
                detail = f"Parquet without {', '.join(missing)}: not {survey} alerts in Fink's form"
                yield Reject(str(path), Reason.UNKNOWN_FORMAT, detail)
                return
            if parquet.metadata.num_rows == 0:
                yield Reject(str(path), Reason.EMPTY, "Parquet file without rows")
            if any(_bytes_a_row(parquet.metadata.row_group(n)) > LARGEST_ALERT for n in range(parquet.num_row_groups)):
                detail = f"alerts that unpack to more than {LARGEST_ALERT // 1024**2} MB each"
                yield Reject(str(path), Reason.DAMAGED_PACKET, detail)
                return
            yield from _read_rows(parquet, path, size, on_bytes, columns(parquet), to_alert)
    except (pa.ArrowException, OSError) as error:
        yield Reject(str(path), Reason.UNREADABLE, f"damaged Parquet ({error})")


def _bytes_a_row(group: pq.RowGroupMetaData) -> float:
    """The memory that an alert takes, as far as the file states it."""
    return group.total_byte_size / max(group.num_rows, 1)


def _columns(parquet: pq.ParquetFile) -> list[str]:
    return [name for name in (*NEEDED, "prv_candidates") if name in parquet.schema_arrow.names]


def _read_rows(
    parquet: pq.ParquetFile,
    path: Path,
    size: int,
    on_bytes: Callable[[int], object],
    columns: list[str],
    to_alert: ToAlert,
) -> Iterator[Alert | Reject]:
    done = 0
    for batch in parquet.iter_batches(batch_size=BATCH_ROWS, columns=columns):
        for offset in range(batch.num_rows):
            yield _read_row(batch.slice(offset, 1), f"{path}:row {done + offset}", to_alert)
        done += batch.num_rows
        on_bytes(size * batch.num_rows // parquet.metadata.num_rows)


def _read_row(row: pa.RecordBatch, source: str, to_alert: ToAlert) -> Alert | Reject:
    try:
        packet = row.to_pylist()[0]
    except ValueError as error:  # text that is not UTF-8, dates out of range
        return Reject(source, Reason.DAMAGED_PACKET, str(error))
    return to_alert(packet, source)


def _recognise(head: Head) -> Match:
    return Match.START if head.start.startswith(MAGIC) and not head.compressed else Match.NO


# Parquet describes itself at its end: a member of an archive, which is a stream, cannot be read.
SOURCES.register(Source("fink", "ZTF alerts in Fink's form (Parquet)", "Parquet", _recognise, read_file), order=20)
