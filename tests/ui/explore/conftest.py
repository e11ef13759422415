"""What several tests of the explore page's parts share."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import open_page, show_only


@pytest.fixture
def open_explore(demo_catalogue, monkeypatch, tmp_path) -> Callable[..., AppTest]:
    """Opens the explore page alone, on the small catalogue unless the test shows another."""
    show_only(demo_catalogue, monkeypatch, tmp_path / "none")
    return functools.partial(open_page, "pages/explore.py")
