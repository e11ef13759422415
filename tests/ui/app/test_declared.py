"""Pages: each file says its title, icon and place; one that says nothing costs only itself; old addresses open."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.places import ROOT
from ztfexplore import registry
from ztfexplore.registry import Registry
from ztfexplore.ui.app import declared
from ztfexplore.ui.app.declared import PAGES, PageFile

ADDRESSES = ["explore", "probe", "augmentations", "research", "data"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of pages of one test's own, and a registry that looks there."""
    monkeypatch.setattr(declared, "FOLDER", tmp_path)
    monkeypatch.setattr(declared, "PAGES", Registry("page", search=declared._find))
    monkeypatch.setattr(registry, "problems", [])
    return tmp_path


def test_every_file_in_pages_is_a_page_at_its_old_address():
    assert list(PAGES) == ADDRESSES
    assert {page.path.name for page in PAGES.values()} == {path.name for path in (ROOT / "pages").glob("*.py")}
    assert [page.title for page in PAGES.values()] == ["Explore", "Linear probe", "Augmentations", "Research", "Data"]
    assert not any(page.icon.startswith(":material") for page in PAGES.values()), (
        "browsers would fetch it from elsewhere"
    )


def test_a_new_file_is_a_new_page(folder):
    (folder / "b.py").write_text("from ztfexplore.ui.app import page\npage.begin('Second', icon='B', order=2)\n")
    (folder / "a.py").write_text("page.begin(title='Last')\n")
    (folder / "c.py").write_text("page.begin('First', order=1)\n")
    assert [(page.name, page.title, page.icon) for page in declared.PAGES.values()] == [
        ("c", "First", ""),
        ("b", "Second", "B"),
        ("a", "Last", ""),
    ]


SILENT = ("import os\n", "page.begin()\n", "def (\n", "page.begin(title())\n", "page.begin(3)\n")


@pytest.mark.parametrize("text", SILENT)
def test_a_file_that_declares_nothing_costs_only_itself(folder, text):
    (folder / "good.py").write_text("page.begin('Good')\n")
    (folder / "spoiled.py").write_text(text)
    assert list(declared.PAGES) == ["good"]
    (line,) = registry.problems
    assert line.startswith("pages/spoiled.py: left out, it cannot be loaded (")


def test_a_page_that_cannot_be_shown_costs_only_itself(monkeypatch, tmp_path, demo_catalogue):
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(demo_catalogue))
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path)
    monkeypatch.setattr(registry, "problems", [])
    with (
        PAGES.temporarily(PageFile("gone", tmp_path / "gone.py", "Gone"), 15),
        PAGES.temporarily(PageFile("odd", ROOT / "pages" / "data.py", "Odd", icon="not an icon"), 16),
    ):
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not page.exception
    assert [line.partition(":")[0] for line in registry.problems] == ["page gone", "page odd"]
