"""Things by name, of which the longest unused give way."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """Things by name, shared by all threads; the longest unused give way.

    Args:
        most: the largest sum of sizes that is kept; one thing always is.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[str, tuple[Kept, int]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def put(self, name: str, thing: Kept, size: int = 1) -> None:
        """Keep a thing, in the place of the one with its name."""
        with self._lock:
            self._size += size - self._things.pop(name, (thing, 0))[1]
            self._things[name] = (thing, size)
            while len(self._things) > 1 and self._size > self._most:
                self._size -= self._things.popitem(last=False)[1][1]

    def get(self, name: str) -> Kept | None:
        """The thing of that name, None if it is not or no longer there."""
        with self._lock:
            if name not in self._things:
                return None
            self._things.move_to_end(name)
            return self._things[name][0]
