"""Sources -> catalogue: batched, resumable, with every reject kept."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ztfexplore.alerts.alert import Alert, Reject
from ztfexplore.alerts.labels_csv import Label
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import ZtfexploreError

# One atomic append each: some 50 MB of ZTF stamps, and the most that a crash can cost.
BATCH_ALERTS = 1024


@dataclass
class IngestReport:
    """What an ingest did. `reasons` counts the rejects by reason."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    relabelled: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def ingest(
    alerts: Iterable[Alert | Reject],
    catalogue: Catalogue,
    labels: Mapping[int, Label] | None = None,
    rejects: Path | None = None,
) -> tuple[IngestReport, list[Reject]]:
    """Take alerts into the catalogue; what is there already is left as it is, but for labels that are new.

    Args:
        alerts: from any source.
        catalogue: where they go, in batches, each one atomic.
        labels: by candid; they also reach alerts that were taken in earlier without them.
        rejects: a CSV (candid, source, reason) of what could not be taken; written as it is found.

    Returns:
        The report, and the rejects.

    Raises:
        ZtfexploreError: if the catalogue or the file of rejects cannot be written; what was finished is kept.
    """
    start, labels, report, found = time.perf_counter(), labels or {}, IngestReport(), []
    with _rejects_csv(rejects) as write:
        for batch in _batches(alerts, found, write):
            new = catalogue.add([_labelled(alert, labels) for alert in batch])
            report.accepted += new
            report.duplicates += len(batch) - new
    report.relabelled = catalogue.relabel(labels) if labels else 0
    report.rejected = len(found)
    report.reasons = dict(Counter(str(reject.reason) for reject in found))
    report.seconds = round(time.perf_counter() - start, 3)
    return report, found


def _batches(
    alerts: Iterable[Alert | Reject], found: list[Reject], write: Callable[[Reject], object]
) -> Iterator[list[Alert]]:
    """Alerts by the batch; rejects go to `found` and to `write` as they come."""
    batch: list[Alert] = []
    for item in alerts:
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


def _labelled(alert: Alert, labels: Mapping[int, Label]) -> Alert:
    label = labels.get(alert.candid)
    return alert if label is None else replace(alert, label=label.label, label_source=label.label_source)


@contextmanager
def _rejects_csv(path: Path | None) -> Iterator[Callable[[Reject], object]]:
    """A function that adds a line to the CSV, at once, so that a crash loses none; it does nothing without a path."""
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
        with suppress(OSError):  # every line was written at once: what fails here has been told already
            file.close()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """An error of the file system says which file it was about."""
    try:
        yield
    except OSError as error:
        raise ZtfexploreError(f"rejects {path}: cannot be written ({error.strerror or error})") from error
