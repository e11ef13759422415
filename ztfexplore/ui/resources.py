"""What the pages share between reruns and sessions, loaded once for each version of a catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore import embedding, projection
from ztfexplore.catalogue import Catalogue
from ztfexplore.neighbours import NeighbourIndex
from ztfexplore.projection import Projection
from ztfexplore.survey import ALERT_ENCODERS, SURVEYS, Survey


@dataclass
class View:
    """One version of a catalogue, with what has been read of it.

    Attributes:
        catalogue: on disk.
        frame: metadata, one row an alert.
        mapped: encoders that have a map, in the order they are offered.
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
            self._indices[encoder] = NeighbourIndex.of(self.frame, vectors.values)
        return self._indices[encoder]

    @cached_property
    def surveys(self) -> list[Survey]:
        """The surveys in the catalogue, the most frequent first."""
        return [SURVEYS[name] for name in self.frame["survey"].value_counts().index if name in SURVEYS]

    @cached_property
    def is_labelled(self) -> bool:
        """Whether any object has a class."""
        return bool(self.frame["label"].notna().any())

    @cached_property
    def has_same(self) -> bool:
        """Whether objects have several stamps, or stamps share pixels."""
        return bool(self.frame["object_id"].duplicated().any()) or any(s.one_picture for s in self.surveys)

    def same_object(self, row: int) -> list[int]:
        """The other alerts of a row's object, the newest first."""
        survey, object_id = self.frame["survey"].iat[row], self.frame["object_id"].iat[row]
        same = ((self.frame["object_id"] == object_id) & (self.frame["survey"] == survey)).to_numpy(dtype=bool)
        same = same & (np.arange(len(same)) != row)
        return self.frame["mjd"].iloc[np.flatnonzero(same)].sort_values(ascending=False).index.tolist()

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
    shown = View(catalogue, catalogue.frame(), [])
    shown.mapped = in_order(projection.mapped(catalogue), shown.surveys)
    return shown


def in_order(encoders: list[str], surveys: list[Survey]) -> list[str]:
    """Encoders as they are offered: those made for these surveys first, in the surveys' order, then by name.

    SimCLR on the left and S-SimCLR on the right wherever both are there and nothing was made for these stamps.
    """
    first = list(dict.fromkeys([*(name for survey in surveys for name in survey.encoders), *ALERT_ENCODERS]))
    return sorted(encoders, key=lambda name: (first.index(name) if name in first else len(first), name))
