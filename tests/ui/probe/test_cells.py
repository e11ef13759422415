"""Confusion matrices: a click on a cell shows its stamps, and the link remembers the cell."""

from __future__ import annotations

import pytest

from tests.support.pages import html, in_url
from tests.support.probes import QUICK
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.ui.probe import cells

CELL = {"of": "random", "true": "SN", "said": "SN"}


def test_the_stamps_of_a_cell_are_shown_until_it_is_closed(show, known):
    page = show(known, probe="random", **CELL, **QUICK)
    assert html(page).count("<img") > 10
    page = page.button(key="close-cell").click().run()
    assert not page.exception and "<img" not in html(page)
    assert [in_url(page, name) for name in CELL] == [None] * 3 and in_url(page, "probe") == "random"


@pytest.mark.parametrize("cell", [{"said": "nothing <b>x</b>"}, {"of": "pca"}, {"of": "random", "true": ""}], ids=str)
def test_a_cell_that_is_empty_or_of_another_probe_shows_no_stamp(show, known, cell):
    page = show(known, probe="random", **(CELL | cell), **QUICK)
    assert "<img" not in html(page) and "<b>x" not in html(page)


def test_a_click_on_a_cell_puts_it_into_the_link(monkeypatch):
    put: dict = {}
    monkeypatch.setattr(cells.state, "put", put.__setitem__)
    clicked = {"selection": {"points": [{"customdata": ["AGN", "VS", 3]}]}}
    monkeypatch.setattr(cells.st, "session_state", {"key": clicked, "none": {"selection": {"points": []}}})
    cells._pick("random", "none")
    assert put == {}, "a click beside the cells"
    cells._pick("random", "key")
    assert put == {"of": "random", "true": "AGN", "said": "VS"}


def test_the_objects_of_a_matrix_are_saved_with_every_digit_of_their_candids(show, known, monkeypatch):
    saved = {}
    monkeypatch.setattr(cells, "download", lambda table, file, *rest: saved.update({file: table()}))
    show(known, probe="random", **QUICK)
    (table,) = saved.values()
    frame = Catalogue.open(known).frame().set_index("object_id")
    assert len(table) and table["candid"].tolist() == frame.loc[table["object_id"], "candid"].tolist()
    assert {"true", "predicted", "probability"} <= set(table.columns)
