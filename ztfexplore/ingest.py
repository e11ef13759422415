"""Sources -> catalogue: batched, resumable, with every reject kept."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ztfexplore.alert import Alert, Reject
from ztfexplore.catalogue import Catalogue
from ztfexplore.labels import Label

# One atomic append each: some 50 MB of ZTF stamps, and the most that a crash can cost.
BATCH_ALERTS = 1024


@dataclass
class Report:
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
) -> tuple[Report, list[Reject]]:
    """Take alerts into the catalogue; what is there already is left as it is, but for labels that are new.

    Args:
        alerts: from any source.
        catalogue: where they go, in batches, each one atomic.
        labels: by candid; they also reach alerts that were taken in earlier without them.
        rejects: a CSV (candid, source, reason) of what could not be taken; written as it is found.

    Returns:
        The report, and the rejects.
    """
    start, report, found, batch = time.perf_counter(), Report(), [], []
    known = catalogue.keys()
    with _RejectsFile(rejects) as file:
        for item in alerts:
            if isinstance(item, Reject):
                found.append(item)
                file.write(item)
            elif (item.survey, item.candid) in known:
                report.duplicates += 1
            else:
                known.add((item.survey, item.candid))
                batch.append(_labelled(item, labels or {}))
            if len(batch) >= BATCH_ALERTS:
                report.accepted += catalogue.add(batch)
                batch = []
        report.accepted += catalogue.add(batch) if batch else 0
    report.relabelled = catalogue.relabel(labels) if labels and report.duplicates else 0
    report.rejected = len(found)
    report.reasons = dict(Counter(str(reject.reason) for reject in found))
    report.seconds = round(time.perf_counter() - start, 3)
    return report, found


def _labelled(alert: Alert, labels: Mapping[int, Label]) -> Alert:
    label = labels.get(alert.candid)
    return alert if label is None else replace(alert, label=label.label, label_source=label.label_source)


class _RejectsFile:
    """The CSV of rejects, flushed line by line so that a crash loses none; nothing if no path is given."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> _RejectsFile:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", newline="", encoding="utf-8")
            self._writer = csv.writer(self._file)
            self._writer.writerow(["candid", "source", "reason"])
        return self

    def write(self, reject: Reject) -> None:
        if self._path is not None:
            self._writer.writerow(["" if reject.candid is None else reject.candid, reject.source, reject.message])
            self._file.flush()

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            self._file.close()
