"""What several tests of the explore page share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import APP, show_only

SCRIPTS = {"alone": "pages/explore.py", "through app.py": APP}


@pytest.fixture
def explored(demo_catalogue) -> Path:
    """The only catalogue that the explore page finds; a test file may put another in its place."""
    return demo_catalogue


@pytest.fixture(params=SCRIPTS.values(), ids=SCRIPTS.keys())
def script(request, monkeypatch, tmp_path, explored) -> str:
    """The explore page's script: by itself, as a cold deep link runs it, and app.py, which opens it first."""
    show_only(explored, monkeypatch, tmp_path)
    return request.param
