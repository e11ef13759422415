"""What several tests of the probe page's parts share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import open_page, show_only
from tests.support.probes import LABELS, argue, build


@pytest.fixture(scope="package")
def known(tmp_path_factory) -> Path:
    """60 labelled objects and 9 without a label, embedded by 'random'; not to be changed."""
    return build(tmp_path_factory.mktemp("known") / "known", LABELS).path


@pytest.fixture
def show(monkeypatch, tmp_path) -> Callable[..., AppTest]:
    """Opens the page on a catalogue, alone."""

    def opened(catalogue: Path, **query: str) -> AppTest:
        show_only(catalogue, monkeypatch, tmp_path / "none")
        page = open_page("pages/probe.py", **query)
        assert not page.exception
        return page

    return opened


@pytest.fixture
def argued(monkeypatch, tmp_path) -> Path:
    """The only catalogue that the page finds; a test may change it."""
    path = argue(tmp_path / "argued")
    show_only(path, monkeypatch, tmp_path / "none")
    return path
