"""What was drawn around in a map: it is kept for one version of a catalogue, shown, saved and dropped."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import html, words
from ztfexplore.ui.explore import selection
from ztfexplore.ui.server.view import view as open_view


def host(path: str, passing: int | None = None) -> None:
    """A page with the selection and nothing else; a filter leaves the first rows."""
    from pathlib import Path

    import numpy as np

    from ztfexplore.ui.explore import selection
    from ztfexplore.ui.server.view import view

    shown = view(Path(path))
    selection.show_selection(shown, None if passing is None else np.arange(len(shown.frame)) < passing)


def shown(demo_catalogue, rows: list[int], passing: int | None = None) -> AppTest:
    page = AppTest.from_function(host, args=(str(demo_catalogue), passing), default_timeout=60)
    page.session_state[selection.SELECTED] = (open_view(demo_catalogue).token, np.array(rows), "1")
    page.run()
    assert not page.exception
    return page


@pytest.fixture
def view(demo_catalogue):
    return open_view(demo_catalogue)


def test_what_a_filter_leaves_out_is_not_selected(view, monkeypatch):
    """Or a label would be given to objects that nobody sees."""
    monkeypatch.setattr(selection.st, "session_state", {selection.SELECTED: (view.token, np.arange(10), "1")})
    passed = np.arange(len(view.frame)) % 2 == 0
    assert selection.rows(view, passed).tolist() == [0, 2, 4, 6, 8]
    assert selection.named(view)[1] == "1" and len(selection.rows(view)) == 10


def test_rows_of_another_version_are_not_selected(view, monkeypatch):
    monkeypatch.setattr(selection.st, "session_state", {selection.SELECTED: ("another", np.arange(10), "1")})
    assert selection.rows(view).tolist() == [] and selection.named(view)[1] == ""


def test_a_new_selection_is_kept_and_nonsense_leaves_the_old_one(view, monkeypatch):
    session: dict = {}
    monkeypatch.setattr(selection.st, "session_state", session)
    for sent in ((np.array([1, 5]), "2"), None):
        monkeypatch.setattr(selection, "selection", lambda page, view, sent=sent: sent)
        selection.remember("explore", view)
        assert selection.rows(view).tolist() == [1, 5] and selection.named(view)[1] == "2"
    selection.clear()
    assert selection.rows(view).tolist() == []


def test_it_is_counted_by_class_shown_and_cleared(demo_catalogue, view):
    page = shown(demo_catalogue, [3, 4, 90])
    labels = view.frame["label"].iloc[[3, 4, 90]]
    assert "3 selected" in words(page) and all(
        f"{count} {name}" in words(page) for name, count in labels.value_counts().items()
    )
    assert html(page).count("<img") == 3
    page = page.button(key="selection-clear").click().run()
    assert not words(page) and not html(page)


def test_what_a_filter_hides_is_counted_apart_and_not_saved(demo_catalogue, view, monkeypatch):
    saved = []
    monkeypatch.setattr("ztfexplore.ui.widgets.charts.download", lambda table, *rest: saved.append(table()))
    page = shown(demo_catalogue, [3, 4, 90], passing=50)
    assert html(page).count("<img") == 2 and page.caption[0].value.startswith("1 ")
    assert saved[0]["candid"].tolist() == view.frame["candid"].iloc[[3, 4]].tolist()
    assert html(shown(demo_catalogue, [90], passing=50)) == ""
