"""Sources -> catalogue: batched, resumable, with every reject kept."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ztfexplore.alerts.alert import Alert, Reject
from ztfexplore.alerts.keys import Key
from ztfexplore.alerts.labels_csv import Label
from ztfexplore.alerts.sanity import checked
from ztfexplore.catalogue import schema
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.matching import match
from ztfexplore.errors import ZtfexploreError

# Each batch is one atomic append: some 50 MB of ZTF stamps, and the most that a crash can lose.
BATCH_ALERTS = 1024


@dataclass
class IngestReport:
    """What an ingest did.

    Attributes:
        relabelled: alerts that were already there and have a new label.
        reasons: counts the rejects by reason.
        labels_problem: which labels were not applied because several surveys share their candid; '' if none.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    relabelled: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    labels_problem: str = ""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def ingest(
    alerts: Iterable[Alert | Reject],
    catalogue: Catalogue,
    labels: Mapping[Key, Label] | None = None,
    rejects: Path | None = None,
) -> tuple[IngestReport, list[Reject]]:
    """Add alerts to the catalogue; those already in it stay unchanged, except for new labels.

    Args:
        alerts: from any source; what cannot be (see `alerts.sanity`) is rejected.
        catalogue: where they go, in batches, each one atomic.
        labels: by key, see `Catalogue.relabel`; also applied to alerts that were ingested earlier.
        rejects: a CSV (candid, source, reason) of what was rejected; written line by line.

    Returns:
        The report, and the rejects.

    Raises:
        ZtfexploreError: if the catalogue or the file of rejects cannot be written; finished work is kept.
    """
    start, report, before = time.perf_counter(), IngestReport(), len(catalogue)
    found: list[Reject] = []
    with _rejects_csv(rejects) as write:
        for batch in _batches(alerts, found, write):
            new = catalogue.add(batch)
            report.accepted += new
            report.duplicates += len(batch) - new
    if labels:  # known only now: which candids two surveys share
        report.relabelled = int((catalogue.relabel(labels) < before).sum())
        report.labels_problem = match(catalogue.frame(schema.KEY), labels).problem
    report.rejected = len(found)
    report.reasons = dict(Counter(str(reject.reason) for reject in found))
    report.seconds = round(time.perf_counter() - start, 3)
    return report, found


def _batches(
    alerts: Iterable[Alert | Reject], found: list[Reject], write: Callable[[Reject], object]
) -> Iterator[list[Alert]]:
    """Batches of alerts; rejects go to `found` and to `write` immediately."""
    batch: list[Alert] = []
    for item in map(checked, alerts):
        if isinstance(item, Reject):
            found.append(item)
            write(item)
            continue
        batch.append(item)
        if len(batch) == BATCH_ALERTS:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _rejects_csv(path: Path | None) -> Iterator[Callable[[Reject], object]]:
    """A function that writes a line to the CSV immediately, so that a crash loses none; no-op without a path."""
    if path is None:
        yield lambda reject: None
        return
    with _named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", newline="", encoding="utf-8", errors="backslashreplace", buffering=1)
    rows = csv.writer(file, lineterminator="\n")

    def write(*fields: object) -> None:
        with _named(path):
            rows.writerow(fields)

    try:
        write("candid", "source", "reason")
        yield lambda reject: write("" if reject.candid is None else reject.candid, reject.source, reject.message)
    finally:
        with suppress(OSError):  # every line was flushed, so an error here was already raised
            file.close()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn an error of the file system into one that names the file."""
    try:
        yield
    except OSError as error:
        raise ZtfexploreError(f"rejects {path}: cannot be written ({error.strerror or error})") from error
