"""A least-recently-used cache that the threads of all sessions share."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

from cachetools import LRUCache

Kept = TypeVar("Kept")


class SharedCache(LRUCache[str, Kept]):
    """`cachetools.LRUCache` with a lock, since even a look-up changes its order.

    An item larger than the whole cache is kept alone until the next one arrives: a browser was given its address and
    must be able to fetch it once.

    Args:
        maxsize: the largest sum of sizes.
        getsizeof: the size of an item; 1 by default.
    """

    def __init__(self, maxsize: int, getsizeof: Callable[[Kept], int] | None = None) -> None:
        super().__init__(maxsize, None if getsizeof is None else lambda kept: min(getsizeof(kept), maxsize))
        self._lock = RLock()

    def __getitem__(self, key: str) -> Kept:
        with self._lock:
            return super().__getitem__(key)

    def __setitem__(self, key: str, kept: Kept) -> None:
        with self._lock:
            super().__setitem__(key, kept)

    def get(self, key: str, default: Any = None) -> Any:
        """The item of that name, `default` if it is not or no longer there."""
        with self._lock:
            return super().get(key, default)
