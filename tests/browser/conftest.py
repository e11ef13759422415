"""A copy of the small demo that a test file may label, served, and a page that fails on any error of the scripts."""

from __future__ import annotations

import shutil

import pytest

from tests.support.browser import browser_page, served
from ztfexplore.catalogue.catalogue import Catalogue


@pytest.fixture(scope="module")
def path(demo_catalogue, tmp_path_factory):
    """A copy of the small demo: these tests label it."""
    return shutil.copytree(demo_catalogue, tmp_path_factory.mktemp("browser") / "demo")


@pytest.fixture(scope="module")
def frame(path):
    return Catalogue.open(path).frame()


@pytest.fixture(scope="module")
def url(path, tmp_path_factory):
    with served(path, tmp_path_factory.mktemp("logs") / "app.log") as address:
        yield address


@pytest.fixture
def page(chromium):
    with browser_page(chromium) as opened:
        opened.errors = []
        opened.on("pageerror", lambda error: opened.errors.append(str(error)))
        yield opened
        assert opened.errors == []
