"""What the pages share between reruns and sessions, loaded once for each version of a catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore.alerts.survey import SURVEYS, Survey
from ztfexplore.catalogue import annotations
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding, projection
from ztfexplore.embeddings.neighbours import NeighbourIndex
from ztfexplore.embeddings.projection import Projection
from ztfexplore.encoders import cards
from ztfexplore.errors import ZtfexploreError
from ztfexplore.ui.server.lru import SharedCache

_loading = Lock()
THUMBNAIL_BYTES = 64 * 2**20


@dataclass
class View:
    """One version of a catalogue, with what has been read of it.

    Attributes:
        catalogue: on disk.
        frame: metadata, one row an alert.
        mapped: encoders that have a map, in the order they are offered.
        token: names this version in addresses.
        thumbnails: PNGs by row, made before.
        addresses: of what browsers fetch, by name.
        labels: names the state of people's labels, which stand in `frame` for those that came with the data.
        problem: why people's labels are not in it, if they cannot be read.
    """

    catalogue: Catalogue
    frame: pd.DataFrame
    mapped: list[str]
    token: str = ""
    thumbnails: SharedCache[bytes] = field(default_factory=lambda: SharedCache(THUMBNAIL_BYTES, len))
    addresses: dict[str, str] = field(default_factory=dict)
    labels: str = ""
    problem: str = ""
    _columns: dict[str, np.ndarray] = field(default_factory=dict)
    _numbers: dict[str, np.ndarray] = field(default_factory=dict)
    _maps: dict[str, Projection] = field(default_factory=dict)
    _indices: dict[str, NeighbourIndex] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Names this version; row numbers mean something only with it."""
        return f"{self.catalogue.path}@{self.catalogue.version}"

    def map(self, encoder: str) -> Projection:
        if encoder not in self._maps:
            self._maps[encoder] = projection.read_map(self.catalogue, encoder)
        return self._maps[encoder]

    def index(self, encoder: str) -> NeighbourIndex:
        """The search in an encoder's embedding, made on first use; page and browser may ask for it at once."""
        if encoder not in self._indices:
            with _loading:
                if encoder not in self._indices:
                    vectors = embedding.read_embedding(self.catalogue, encoder)
                    self._indices[encoder] = NeighbourIndex.of(self.frame, vectors.values)
        return self._indices[encoder]

    def preload(self, encoders: Sequence[str]) -> None:
        """Build the neighbour indices in a thread, so that the first click need not wait for them."""
        missing = [name for name in encoders if name not in self._indices]
        if missing:
            Thread(target=lambda: [self.index(name) for name in missing], daemon=True).start()

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

    @cached_property
    def candids(self) -> np.ndarray:
        """candid of every row, int64 (n,)."""
        return self.column("candid")

    def column(self, name: str) -> np.ndarray:
        """A column of metadata as an array (n,): a single value of it is found much faster than in a frame."""
        if name not in self._columns:
            self._columns[name] = self.frame[name].to_numpy()
        return self._columns[name]

    @property
    def _objects(self) -> np.ndarray:
        """A number for every object, int64 (n,): names of a survey compare slowly a million at a time."""
        if "objects" not in self._numbers:
            names = self.frame["survey"].astype(str) + "\n" + self.frame["object_id"].astype(str)
            self._numbers["objects"] = pd.factorize(names)[0]
        return self._numbers["objects"]

    def same_object(self, row: int) -> list[int]:
        """The other alerts of a row's object, the newest first."""
        same = np.flatnonzero(self._objects == self._objects[row])
        others = same[same != row]
        return self.frame["mjd"].iloc[others].sort_values(ascending=False).index.tolist()

    def row_of(self, candid: int) -> int | None:
        """The row number of an alert, None if it is not here."""
        rows = np.flatnonzero(self.candids == candid)
        return int(rows[0]) if len(rows) else None


def view(path: Path) -> View:
    """The latest version of a catalogue, with people's labels as they are.

    Raises:
        CatalogueError: if there is none.
    """
    shown = _view(str(path), Catalogue.open(path).version, _made(path))
    try:
        return _labelled(shown.token, Annotations.open(path).version, shown)
    except ZtfexploreError as error:
        return replace(shown, problem=str(error), _columns={})


@st.cache_resource(max_entries=4, show_spinner=False)
def _labelled(token: str, labels: str, _view: View) -> View:
    """A view with people's labels; all else is shared with the one without. Token and labels are the cache's keys."""
    latest = Annotations.open(_view.catalogue.path).latest()
    return replace(_view, frame=annotations.apply(_view.frame, latest), labels=labels, _columns={})


def _made(path: Path) -> int:
    """When the newest version was written (ns): a catalogue that was deleted and made again counts from 1 again."""
    return max((file.stat().st_mtime_ns for file in (path / "_versions").glob("*.manifest")), default=0)


@st.cache_resource(max_entries=4, show_spinner="Reading the catalogue")
def _view(path: str, version: int, made: int) -> View:
    """`version` and `made` are parts of the cache's key."""
    catalogue = Catalogue.open(path)
    shown = View(catalogue, catalogue.frame(), [])
    shown.mapped = in_order(projection.mapped(catalogue), shown.surveys)
    shown.token = hashlib.sha256(f"{path}@{version}@{made}".encode()).hexdigest()[:16]
    return shown


def in_order(encoders: list[str], surveys: list[Survey]) -> list[str]:
    """Encoders as they are offered: those that fit these surveys by their cards' order, then others by name.

    SimCLR on the left and S-SimCLR on the right wherever both are there and nothing was made for these stamps.
    """
    return cards.in_order(encoders, [survey.name for survey in surveys])
