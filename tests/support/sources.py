"""What sources make of paths: the alerts and the rejects apart."""

from __future__ import annotations

from pathlib import Path

from ztfexplore.alerts.alert import Alert, Reject
from ztfexplore.sources import read_sources


def read(*paths: Path, **options) -> tuple[list[Alert], list[Reject]]:
    """Alerts and rejects, each in the order they came."""
    items = list(read_sources(paths, **options))
    return [i for i in items if isinstance(i, Alert)], [i for i in items if isinstance(i, Reject)]


def only_reject(*paths: Path, **options) -> Reject:
    alerts, (reject,) = read(*paths, **options)
    assert alerts == []
    assert "\n" not in reject.message
    return reject
