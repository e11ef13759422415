"""The embeddings, maps and neighbours of a snapshot, each read only once.

snapshot = Snapshot.open("data/demo")
reader = EmbeddingReader(snapshot)
near = reader.index("simclr").query(snapshot.row_of(123), k=12)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock, Thread
from typing import Generic, TypeVar

from ztfexplore.alerts.survey import Survey
from ztfexplore.catalogue.catalogue import Vectors
from ztfexplore.catalogue.snapshot import Snapshot
from ztfexplore.embeddings import embedding, projection
from ztfexplore.embeddings.neighbours import NeighbourIndex
from ztfexplore.embeddings.projection import Projection
from ztfexplore.encoders import cards

Read = TypeVar("Read")


class _Once(Generic[Read]):
    """Values that are read once per encoder; other threads wait for the one that reads."""

    def __init__(self, read: Callable[[str], Read]) -> None:
        self._read = read
        self._known: dict[str, Read] = {}
        self._lock = Lock()

    def __contains__(self, encoder: str) -> bool:
        return encoder in self._known

    def __call__(self, encoder: str) -> Read:
        if encoder not in self._known:
            with self._lock:
                if encoder not in self._known:
                    self._known[encoder] = self._read(encoder)
        return self._known[encoder]


class EmbeddingReader:
    """The embeddings of one version of a catalogue. Threads may share it; it does not depend on labels.

    Args:
        snapshot: of that version.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._maps = _Once(lambda name: projection.read_map(snapshot.catalogue, name))
        self._indices = _Once(lambda name: NeighbourIndex.of(snapshot.frame, self.vectors(name).values))

    @cached_property
    def embedded(self) -> list[str]:
        """Encoders that have embedded it, in the order of lists."""
        return in_order(embedding.embedded_by(self.snapshot.catalogue), self.snapshot.surveys)

    @cached_property
    def mapped(self) -> list[str]:
        """Encoders that have a map, in the order of lists."""
        return in_order(projection.mapped(self.snapshot.catalogue), self.snapshot.surveys)

    def vectors(self, encoder: str) -> Vectors:
        """An encoder's embeddings, read anew each time, because an index already keeps a copy.

        Raises:
            CatalogueError: if that encoder has embedded nothing here.
        """
        return embedding.read_embedding(self.snapshot.catalogue, encoder)

    def map(self, encoder: str) -> Projection:
        """An encoder's map.

        Raises:
            CatalogueError: if there is none.
        """
        return self._maps(encoder)

    def index(self, encoder: str) -> NeighbourIndex:
        """The neighbour index of an encoder's embedding.

        Raises:
            CatalogueError: if that encoder has embedded nothing here.
        """
        return self._indices(encoder)

    def preload(self, encoders: Sequence[str]) -> None:
        """Start to build the indices in the background, so that the first query need not wait."""
        missing = [name for name in encoders if name not in self._indices]
        if missing:
            Thread(target=lambda: [self.index(name) for name in missing], daemon=True).start()


def in_order(encoders: list[str], surveys: list[Survey]) -> list[str]:
    """As `cards.in_order`, for surveys instead of their names."""
    return cards.in_order(encoders, [survey.name for survey in surveys])
