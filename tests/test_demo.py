"""The built-in catalogue of galaxies: one command from nothing to two maps, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ztfexplore import demo
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding, projection
from ztfexplore.encoders import cards
from ztfexplore.errors import CatalogueError
from ztfexplore.sources import hubble


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("galaxies") / "galaxies"
    demo.build_galaxies(path)
    return path


def test_galaxies_are_embedded_and_mapped_by_the_encoders_made_for_them(path):
    catalogue = Catalogue.open(path)
    assert len(catalogue) > 1000
    assert set(catalogue.frame()["survey"]) == {HUBBLE.name}
    for name in cards.made_for([HUBBLE.name]):
        assert embedding.read_embedding(catalogue, name).present.all()
        assert projection.read_map(catalogue, name).trustworthiness > 0.8


def test_doing_it_again_changes_nothing(path):
    told: list[float] = []
    version = Catalogue.open(path).version
    catalogue = demo.build_galaxies(path, lambda text, share: told.append(share))
    assert catalogue.version == version
    assert told == sorted(told) and told[-1] == 1.0  # progress never goes back, and arrives


def test_without_the_picture_it_says_so(tmp_path, monkeypatch):
    def missing():
        raise OSError("no such file")

    monkeypatch.setattr(hubble, "load", missing)
    with pytest.raises(CatalogueError, match="no Hubble Deep Field picture"):
        demo.build_galaxies(tmp_path / "galaxies")
