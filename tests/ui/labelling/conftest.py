"""What several tests of labelling share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.pages import show_only
from ztfexplore.catalogue.catalogue import Catalogue


@pytest.fixture
def night(monkeypatch, tmp_path, demo_catalogue) -> Path:
    """A catalogue of the test's own."""
    path = shutil.copytree(demo_catalogue, tmp_path / "night")
    show_only(path, monkeypatch, tmp_path / "none")
    return path


@pytest.fixture
def half_labelled(night, monkeypatch) -> Path:
    """The same, a third of its alerts without a label."""
    plain_frame = Catalogue.frame

    def frame(self, columns=None):
        found = plain_frame(self, columns)
        if "label" in found:
            found.loc[found.index % 3 == 0, ["label", "label_source"]] = None
        return found

    monkeypatch.setattr(Catalogue, "frame", frame)
    return night
