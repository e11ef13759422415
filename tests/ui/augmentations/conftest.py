"""What several tests of the augmentations page's parts share."""

from __future__ import annotations

import functools

import pytest

from tests.support.augmentations import PAGE
from tests.support.pages import open_page, show_only


@pytest.fixture
def alone(monkeypatch, tmp_path, demo_catalogue):
    """Opens the page alone, where it does not matter how."""
    show_only(demo_catalogue, monkeypatch, tmp_path)
    return functools.partial(open_page, PAGE)
