"""What the pages share between reruns and sessions, loaded once for each version of a catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore import embedding, projection
from ztfexplore.catalogue import Catalogue
from ztfexplore.neighbours import NeighbourIndex
from ztfexplore.projection import Projection


@dataclass
class View:
    """One version of a catalogue, with what has been read of it.

    Attributes:
        catalogue: on disk.
        frame: metadata, one row an alert.
        mapped: encoders that have a map.
    """

    catalogue: Catalogue
    frame: pd.DataFrame
    mapped: list[str]
    _maps: dict[str, Projection] = field(default_factory=dict)
    _indices: dict[str, NeighbourIndex] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Names this version; row numbers mean something only with it."""
        return f"{self.catalogue.path}@{self.catalogue.version}"

    def map(self, encoder: str) -> Projection:
        if encoder not in self._maps:
            self._maps[encoder] = projection.read(self.catalogue, encoder)
        return self._maps[encoder]

    def index(self, encoder: str) -> NeighbourIndex:
        if encoder not in self._indices:
            vectors = embedding.read(self.catalogue, encoder)
            self._indices[encoder] = NeighbourIndex(vectors.values, self.frame["object_id"].to_numpy())
        return self._indices[encoder]

    def row_of(self, candid: int) -> int | None:
        """The row number of an alert, None if it is not here."""
        rows = np.flatnonzero(self.frame["candid"].to_numpy() == candid)
        return int(rows[0]) if len(rows) else None


def view(path: Path) -> View:
    """The latest version of a catalogue.

    Raises:
        CatalogueError: if there is none.
    """
    return _view(str(path), Catalogue.open(path).version)


@st.cache_resource(max_entries=4, show_spinner="Reading the catalogue")
def _view(path: str, version: int) -> View:
    """`version` is a part of the cache's key."""
    catalogue = Catalogue.open(path)
    return View(catalogue, catalogue.frame(), sorted(projection.mapped(catalogue), key=_order))


def _order(encoder: str) -> tuple[int, str]:
    """SimCLR on the left, S-SimCLR on the right, then the others."""
    first = ["simclr", "s-simclr"]
    return (first.index(encoder) if encoder in first else len(first), encoder)
