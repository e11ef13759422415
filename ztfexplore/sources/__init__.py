"""Readers of alerts, one file per format; each registers itself. They yield Alerts, and a Reject for what is bad."""

from ztfexplore.sources.read import read_sources, total_bytes

__all__ = ["read_sources", "total_bytes"]
