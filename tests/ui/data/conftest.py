"""What several tests of the data page's parts share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support import pages


@pytest.fixture
def data(monkeypatch, tmp_path, demo_catalogue) -> Path:
    """The folder of catalogues, with a small demo in it that may be changed."""
    return pages.data_folder(tmp_path / "data", demo_catalogue, monkeypatch)


@pytest.fixture
def open_data(data) -> Callable[..., AppTest]:
    """Opens a section of the data page, alone."""
    return lambda section, **query: pages.open_page("pages/data.py", section=section, **query)
