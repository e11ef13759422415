"""Embeddings, maps and searches of a snapshot: each read once, whoever asks and however many at once."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import DATA, Snapshot
from ztfexplore.embeddings import embedding, projection, reader
from ztfexplore.embeddings.reader import EmbeddingReader, in_order
from ztfexplore.errors import CatalogueError


@pytest.fixture
def demo(demo_catalogue) -> EmbeddingReader:
    return EmbeddingReader(Snapshot.open(demo_catalogue, DATA))


@pytest.fixture
def made(monkeypatch) -> list[str]:
    """The kinds of what was read from disk, each time; reading is made slow, so that threads meet."""
    done: list[str] = []
    index = reader.NeighbourIndex.of
    read_map = projection.read_map

    def slow_index(frame, values):
        done.append("index")
        time.sleep(0.05)
        return index(frame, values)

    def slow_map(catalogue, name):
        done.append("map")
        return read_map(catalogue, name)

    monkeypatch.setattr(reader.NeighbourIndex, "of", slow_index)
    monkeypatch.setattr(projection, "read_map", slow_map)
    return done


def test_it_gives_what_the_catalogue_holds(demo, demo_catalogue):
    catalogue = Catalogue.open(demo_catalogue)
    assert demo.embedded == demo.mapped == ["simclr", "s-simclr"]
    np.testing.assert_array_equal(demo.vectors("simclr").values, embedding.read_embedding(catalogue, "simclr").values)
    found, stored = demo.map("simclr"), projection.read_map(catalogue, "simclr")
    np.testing.assert_array_equal(found.points, stored.points)
    assert found.trustworthiness == stored.trustworthiness
    near = demo.index("simclr").query(4, k=3)
    assert len(near.rows) == 3 and 4 not in near.rows


def test_the_same_map_and_search_come_back_and_are_made_once(demo, made):
    assert demo.map("simclr") is demo.map("simclr") and demo.index("simclr") is demo.index("simclr")
    assert demo.map("s-simclr") is not demo.map("simclr")
    assert made.count("map") == 2 and made.count("index") == 1


def test_threads_that_ask_at_once_wait_for_the_one_that_reads(demo, made):
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(demo.index("simclr"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 6 and len({id(one) for one in found}) == 1 and made == ["index"]


def test_what_was_preloaded_is_not_made_again(demo, made):
    demo.preload(["simclr"])
    demo.index("simclr")
    assert made == ["index"]
    demo.preload(["simclr"])
    assert made == ["index"]


def test_what_an_encoder_has_not_made_is_a_clear_error_and_may_be_asked_again(demo):
    for _ in range(2):
        for ask in (demo.vectors, demo.index, demo.map):
            with pytest.raises(CatalogueError) as caught:
                ask("random")
            assert "random" in str(caught.value) and "\n" not in str(caught.value)


def test_encoders_made_for_a_survey_come_first():
    there = ["another", "pca", "random", "s-simclr", "simclr", "galaxies-simsiam"]
    assert in_order(there, [HUBBLE])[:2] == ["galaxies-simsiam", "pca"]
    assert in_order(there, [ZTF])[:2] == in_order(there, [])[:2] == ["simclr", "s-simclr"]
    assert in_order(["b", "a"], [ZTF]) == ["a", "b"]
