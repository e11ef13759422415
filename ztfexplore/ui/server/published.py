"""What browsers fetch from the server by address: views of catalogues, and bytes named by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from ztfexplore.ui.server.lru import SharedCache
from ztfexplore.ui.server.view import View

PREFIX = "zx"
MOST_VIEWS = 8
MOST_BYTES = 512 * 2**20

VIEWS: SharedCache[View] = SharedCache(MOST_VIEWS)
BYTES: SharedCache[bytes] = SharedCache(MOST_BYTES, len)


def publish_view(view: View) -> str:
    """Let browsers ask about the rows of a view. Returns the beginning of the addresses to ask at."""
    VIEWS[view.token] = view
    return f"{PREFIX}/{view.token}"


def publish(content: np.ndarray | bytes) -> str:
    """Let browsers fetch some bytes, an array in C order and little-endian. Returns their address."""
    data = content if isinstance(content, bytes) else np.ascontiguousarray(content).tobytes()
    name = hashlib.blake2b(data, digest_size=16).hexdigest()
    BYTES[name] = data
    return f"{PREFIX}/bytes/{name}"


def publish_once(view: View, name: str, make: Callable[[], np.ndarray | bytes]) -> str:
    """As `publish`, for bytes that belong to a view under a name: made and hashed on first use only."""
    known = view.addresses.get(name)
    if known is None or BYTES.get(known.rpartition("/")[2]) is None:
        view.addresses[name] = publish(make())
    return view.addresses[name]
