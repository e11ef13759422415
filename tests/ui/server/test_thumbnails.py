"""Thumbnails: read together, made once for a version of a catalogue, the same as the stamp's picture."""

from __future__ import annotations

import base64

import pytest

from ztfexplore.alerts.survey import SURVEYS
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import DATA, Snapshot
from ztfexplore.display.stretch import thumbnail_png
from ztfexplore.embeddings.reader import EmbeddingReader
from ztfexplore.ui.server import thumbnails
from ztfexplore.ui.server.lru import SharedCache
from ztfexplore.ui.server.view import View


@pytest.fixture
def view(demo_catalogue) -> View:
    """A view that has made no thumbnail yet."""
    snapshot = Snapshot.open(demo_catalogue, DATA)
    return View(snapshot, EmbeddingReader(snapshot), "fresh")


@pytest.fixture
def read(monkeypatch) -> list[list[int]]:
    """The rows of every reading of stamps."""
    rows, stamps = [], Catalogue.stamps

    def counted(self, wanted):
        rows.append(list(wanted))
        return stamps(self, wanted)

    monkeypatch.setattr(Catalogue, "stamps", counted)
    return rows


def test_each_is_the_picture_of_its_row_whatever_the_order(view):
    found = thumbnails.pngs(view, [9, 2, 140])
    for row in (9, 2, 140):
        survey = SURVEYS[view.frame["survey"].iloc[row]]
        assert found[row] == thumbnail_png(view.catalogue.stamps([row])[0], survey)


def test_what_is_missing_is_read_together_and_never_again(view, read):
    first = thumbnails.pngs(view, [5, 3, 5])
    assert set(first) == {3, 5} and read == [[5, 3]]
    again = thumbnails.pngs(view, [3, 7, 5])
    assert read == [[5, 3], [7]] and again[3] == first[3]


def test_what_was_pushed_out_is_made_again(view, read):
    view.thumbnails = SharedCache(1, lambda png: 1)
    both = thumbnails.pngs(view, [1, 2])
    assert thumbnails.pngs(view, [1])[1] == both[1] and read[-1] == [1]


def test_an_image_element_shows_the_same_bytes(view):
    uri = thumbnails.uris(view, [4])[4]
    start, _, data = uri.partition(",")
    assert start == "data:image/png;base64" and base64.b64decode(data) == thumbnails.pngs(view, [4])[4]


def test_no_rows_read_nothing(view):
    assert thumbnails.uris(view, []) == {}
