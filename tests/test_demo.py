"""The built-in catalogues: one command from nothing to two maps, made once, finished if interrupted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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


def test_making_the_galaxies_again_changes_nothing(path):
    told: list[float] = []
    version = Catalogue.open(path).version
    catalogue = demo.build_galaxies(path, lambda text, share: told.append(share))
    assert catalogue.version == version
    assert told == sorted(told) and told[-1] == 1.0  # progress never goes back, and arrives


def test_without_the_picture_it_says_so(tmp_path, monkeypatch):
    def missing():
        raise OSError("no such file")

    monkeypatch.setattr(hubble, "load_picture", missing)
    with pytest.raises(CatalogueError, match="no Hubble Deep Field picture"):
        demo.build_galaxies(tmp_path / "galaxies")


# --- simulated alerts -------------------------------------------------------------------------------------------------


def told_of(steps: list[float]):
    return lambda text, share: steps.append(share)


def test_the_demo_is_found_complete_by_its_maps_and_opened_as_it_is(demo_catalogue, tmp_path):
    assert demo.is_complete(demo_catalogue) and not demo.is_complete(tmp_path)
    version, steps = Catalogue.open(demo_catalogue).version, []
    assert demo.build(demo_catalogue, told_of(steps)).version == version
    assert steps == [], "nothing was done"


def test_maps_of_other_weights_than_those_shipped_do_not_count(demo_catalogue, monkeypatch):
    monkeypatch.setattr(cards, "weights_of", lambda name: "f" * 64)
    assert not demo.is_complete(demo_catalogue)


def test_a_demo_that_was_interrupted_is_finished_and_nothing_is_made_twice(tmp_path):
    class PowerCutError(Exception):
        pass

    def fails(text: str, share: float) -> None:
        if text.startswith("Drawing"):
            raise PowerCutError

    with pytest.raises(PowerCutError):
        demo.build(tmp_path / "demo", fails, count=30)
    half = Catalogue.open(tmp_path / "demo")
    assert len(half) == 30 and not demo.is_complete(half.path)
    before = {name: embedding.read_embedding(half, name).values for name in demo.ENCODERS}
    steps: list[float] = []
    made = demo.build(half.path, told_of(steps), count=30)
    assert steps == sorted(steps) and steps[-1] == 1.0
    assert demo.is_complete(half.path) and len(made) == 30
    for name, values in before.items():
        np.testing.assert_array_equal(embedding.read_embedding(made, name).values, values)
