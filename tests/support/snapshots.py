"""Snapshots whose metadata a test makes up."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import DATA, Snapshot


def snapshot(catalogue: Catalogue, frame: pd.DataFrame | None = None) -> Snapshot:
    """A catalogue with the labels of the data, or with another frame in the place of its own."""
    made = Snapshot.of(catalogue, DATA)
    return made if frame is None else replace(made, frame=frame)
