"""What the pages share between reruns and sessions, loaded once for each version of a catalogue and of its labels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore.alerts.keys import Key, written
from ztfexplore.alerts.survey import Survey
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import DATA, Snapshot
from ztfexplore.embeddings.neighbours import NeighbourIndex
from ztfexplore.embeddings.projection import Projection
from ztfexplore.embeddings.reader import EmbeddingReader
from ztfexplore.errors import ZtfexploreError
from ztfexplore.ui.server.lru import SharedCache

THUMBNAIL_BYTES = 64 * 2**20


@dataclass
class View:
    """A snapshot of a catalogue as the pages show it: with what has been read of it, and the addresses it is sent to.

    Attributes:
        snapshot: the version, with the labels that count.
        embeddings: of that version.
        token: names this version in addresses.
        thumbnails: PNGs by row, made before.
        addresses: of what browsers fetch, by name.
    """

    snapshot: Snapshot
    embeddings: EmbeddingReader
    token: str = ""
    thumbnails: SharedCache[bytes] = field(default_factory=lambda: SharedCache(THUMBNAIL_BYTES, len))
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        """On disk."""
        return self.snapshot.catalogue

    @property
    def frame(self) -> pd.DataFrame:
        """Metadata with the labels that count, one row per alert."""
        return self.snapshot.frame

    @property
    def labels(self) -> str:
        """Names the state of people's labels."""
        return self.snapshot.labels_version

    @property
    def problem(self) -> str:
        """Why people's labels are not in it, if they cannot be read."""
        return self.snapshot.problem

    @property
    def key(self) -> str:
        """Names this version; row numbers mean something only with it."""
        return f"{self.catalogue.path}@{self.catalogue.version}"

    @property
    def mapped(self) -> list[str]:
        """Encoders that have a map, in the order they are offered."""
        return self.embeddings.mapped

    def map(self, encoder: str) -> Projection:
        """An encoder's map."""
        return self.embeddings.map(encoder)

    def index(self, encoder: str) -> NeighbourIndex:
        """The search in an encoder's embedding, made on first use; page and browser may ask for it at once."""
        return self.embeddings.index(encoder)

    def preload(self, encoders: Sequence[str]) -> None:
        """Build the neighbour indices in a thread, so that the first click need not wait for them."""
        self.embeddings.preload(encoders)

    @property
    def surveys(self) -> list[Survey]:
        """The surveys in the catalogue, the most frequent first."""
        return self.snapshot.surveys

    @property
    def is_labelled(self) -> bool:
        """Whether any object has a class."""
        return self.snapshot.is_labelled

    @property
    def has_same(self) -> bool:
        """Whether objects have several stamps, or stamps share pixels."""
        return self.snapshot.has_same

    def column(self, name: str) -> np.ndarray:
        """A column of metadata as an array (n,)."""
        return self.snapshot.column(name)

    def same_object(self, row: int) -> list[int]:
        """The other alerts of a row's object, the newest first."""
        return self.snapshot.same_object(row)

    def row_of(self, key: Key) -> int | None:
        """The row number of an alert; None if it is not here, or a bare candid is that of several surveys' alerts."""
        rows = self.snapshot.rows_of(key)
        return rows[0] if len(rows) == 1 else None

    def why_not(self, key: Key) -> str:
        """Why `row_of` finds none: the alert is not here, or which keys a bare candid may mean."""
        shared = [self.key_of(row) for row in self.snapshot.rows_of(key)]
        if shared:
            return f"candid {written(key)} is ambiguous: {' and '.join(shared)} share it; the address must name one"
        return f"candid {written(key)} is not in catalogue {self.catalogue.path.name}"

    def key_of(self, row: int) -> str:
        """What names a row's alert in the URL: its candid, with the survey where two share it."""
        return self.snapshot.key_of(row)


def view(path: Path) -> View:
    """The latest version of a catalogue, with people's labels as they are.

    Raises:
        CatalogueError: if there is none.
    """
    shown = _view(str(path), Catalogue.open(path).version, _made(path))
    try:
        return _labelled(shown.token, Annotations.open(path).version, shown)
    except ZtfexploreError:  # the snapshot says why, and has the data's labels
        return replace(shown, snapshot=shown.snapshot.with_readable_people())


@st.cache_resource(max_entries=4, show_spinner=False)
def _labelled(token: str, labels: str, _view: View) -> View:
    """A view with people's labels; all else is shared with the one without. Token and labels are the cache's keys."""
    return replace(_view, snapshot=_view.snapshot.with_people())


def _made(path: Path) -> int:
    """When the newest version was written (ns): a catalogue that was deleted and made again counts from 1 again."""
    return max((file.stat().st_mtime_ns for file in (path / "_versions").glob("*.manifest")), default=0)


@st.cache_resource(max_entries=4, show_spinner="Reading the catalogue")
def _view(path: str, version: int, made: int) -> View:
    """`version` and `made` are parts of the cache's key."""
    snapshot = Snapshot.open(path, DATA)
    token = hashlib.sha256(f"{path}@{version}@{made}".encode()).hexdigest()[:16]
    return View(snapshot, EmbeddingReader(snapshot), token)
