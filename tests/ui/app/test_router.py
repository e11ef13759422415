"""The navigation: pages in their order, addresses of before, and what goes along from page to page."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.support.pages import APP, in_url, messages, open_page, show_only
from tests.support.places import ROOT
from ztfexplore.ui.app import router
from ztfexplore.ui.app.declared import PAGES


@pytest.fixture
def shown(monkeypatch) -> list[st.Page]:
    """The pages in the navigation; none of them is run."""
    pages: list[st.Page] = []

    class Chosen:
        def run(self) -> None:
            pass

    monkeypatch.setattr(router.st, "navigation", lambda given, position: pages.extend(given) or Chosen())
    monkeypatch.setattr(router.preload, "start_preload", lambda: None)
    monkeypatch.setattr(router.st, "Page", lambda path, **options: {"path": Path(path), **options})
    router.run()
    return pages


def test_every_page_is_in_the_navigation_in_its_order_at_its_address(shown):
    expected = [(page.path, page.title, page.name) for page in PAGES.values()]
    assert [(page["path"], page["title"], page["url_path"]) for page in shown] == expected


def test_the_first_page_is_the_one_that_opens(shown):
    assert [page["default"] for page in shown] == [True, *[False] * (len(PAGES) - 1)]


def test_the_router_does_not_lie_beside_a_folder_of_pages():
    """Streamlit would run a page of such a folder by itself, without the navigation."""
    assert not (Path(router.__file__).parent / "pages").exists()


def test_imports_ahead_of_time_begin_after_the_page(monkeypatch, tmp_path, demo_catalogue):
    show_only(demo_catalogue, monkeypatch, tmp_path)
    begun = []
    monkeypatch.setattr(router.preload, "start_preload", lambda: begun.append(1))
    assert not AppTest.from_file(str(ROOT / APP), default_timeout=60).run().exception
    assert begun == [1]


def test_the_picked_object_and_the_catalogue_go_along_to_another_page(monkeypatch, tmp_path, demo_catalogue):
    show_only(demo_catalogue, monkeypatch, tmp_path)
    page = open_page("pages/data.py", through_app=True, catalogue="demo", section="counts", candid="123")
    page.query_params.clear()
    page = page.switch_page("pages/explore.py").run()
    assert not page.exception and messages(page)["maps"]["panels"]
    assert (in_url(page, "catalogue"), in_url(page, "candid"), in_url(page, "section")) == ("demo", "123", None)
