"""The cache that all sessions share: the last used stays, an item too large is served once, threads are safe."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ztfexplore.ui.server.lru import SharedCache


def test_what_was_used_last_stays():
    cache: SharedCache[bytes] = SharedCache(10, len)
    cache["a"], cache["b"] = b"1111", b"2222"
    assert cache.get("a") == b"1111"
    cache["c"] = b"3333"
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (b"1111", None, b"3333")
    cache["c"] = b"3"
    cache["d"] = b"44444"
    assert set(cache) == {"a", "c", "d"}, "a smaller value under the same name makes room"


def test_an_item_larger_than_the_cache_is_kept_alone_until_the_next():
    cache: SharedCache[bytes] = SharedCache(10, len)
    cache["small"] = b"1"
    cache["large"] = b"0" * 100
    assert (cache.get("small"), cache.get("large")) == (None, b"0" * 100)
    cache["next"] = b"2"
    assert (cache.get("large"), cache.get("next")) == (None, b"2")


def test_threads_may_share_it():
    cache: SharedCache[int] = SharedCache(8)

    def use(seed: int) -> bool:
        for step in range(2000):
            number = (seed * 7 + step) % 24
            cache[str(number)] = number
            if cache.get(str((number * 5) % 24), number) is None:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(8)))
    assert len(cache) == cache.currsize == 8
