"""What browsers fetch by address: the same bytes get the same address, and bytes too large for the cache are served."""

from __future__ import annotations

import numpy as np
import pytest

from ztfexplore.ui.server import published
from ztfexplore.ui.server.lru import SharedCache
from ztfexplore.ui.server.view import view


@pytest.fixture
def small(monkeypatch) -> SharedCache:
    """A cache of 16 bytes in the place of the server's."""
    cache: SharedCache[bytes] = SharedCache(16, len)
    monkeypatch.setattr(published, "BYTES", cache)
    return cache


def kept(address: str) -> bytes | None:
    return published.BYTES.get(address.rpartition("/")[2])


def test_bytes_are_named_by_their_content(small):
    array = np.arange(3, dtype="<f4")
    first = published.publish(array)
    assert first == published.publish(array.tobytes()) and kept(first) == array.tobytes()
    assert published.publish(b"other") != first


def test_bytes_larger_than_the_cache_are_served_once(small):
    address = published.publish(b"x" * 1000)
    assert kept(address) == b"x" * 1000
    published.publish(b"next")
    assert kept(address) is None


def test_what_belongs_to_a_view_is_made_once_and_again_when_it_was_dropped(small, demo_catalogue):
    shown, made = view(demo_catalogue), []

    def make() -> bytes:
        made.append(1)
        return b"colours"

    first = published.publish_once(shown, "test-colours", make)
    assert published.publish_once(shown, "test-colours", make) == first and len(made) == 1
    published.publish(b"y" * 16)  # pushes it out
    assert published.publish_once(shown, "test-colours", make) == first and len(made) == 2
    assert kept(first) == b"colours"
