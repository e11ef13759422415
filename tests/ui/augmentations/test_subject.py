"""What the page is about: the stamp, the seed and the encoders; what a link asks for that is not here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.support.augmentations import PAGE, bodies, charts, pictures, subject
from tests.support.pages import notices, open_page, show_only
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, principal_axes
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.augmentations import subject as module


@pytest.mark.parametrize(
    "query",
    (
        {"candid": "12"},
        {"candid": "<script>alert(1)</script>"},
        {"candid": "9" * 400},
        {"seed": "-1", "strength": "nan", "augmentation": "scale-flux"},
        {"seed": "9" * 400, "strength": "1e999", "augmentation": "mask-pixels"},
        {"seed": "½", "strength": "-4", "augmentation": "rotate"},
        {"augmentation": "melt", "recipe": "+", "encoders": "simclr,nobody,simclr,../../etc"},
    ),
    ids=str,
)
def test_a_url_with_nonsense_shows_the_page_and_says_what_is_not_here(alone, query):
    page = alone(**query)
    assert not page.exception
    assert len(pictures(page, "samples")) == 9
    assert "<script>" not in "".join(bodies(page))
    if "candid" in query:
        assert len(page.warning) == 1


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    """Forty simulated alerts without an embedding."""
    made = Catalogue.create(tmp_path / "catalogues" / "new")
    ingest(simulate_alerts(40, seed=5), made)
    return made


def test_without_a_network_there_are_pictures_and_the_reason(monkeypatch, tmp_path, catalogue):
    show_only(catalogue.path, monkeypatch, tmp_path)
    page = open_page(PAGE)
    assert not page.exception
    assert len(page.info) == 1
    assert len(pictures(page, "samples")) == 9
    assert charts(page) == []


def test_encoders_that_cannot_be_asked_are_named(monkeypatch, tmp_path, catalogue):
    embedding.embed(catalogue, principal_axes.fit_catalogue(catalogue))
    rows = np.arange(40)
    other = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    catalogue.write_vectors("embedding_simclr", rows, other, {"weights_sha256": "0" * 64, "encoder": "simclr"})
    catalogue.write_vectors("embedding_mine", rows, other, {"weights_sha256": "1" * 64, "encoder": "mine"})
    show_only(catalogue.path, monkeypatch, tmp_path)
    page = open_page(PAGE)
    assert not page.exception
    said = notices(page)
    assert "PCA of the pixels: not a network" in said
    assert "SimCLR: its embeddings here were made with other weights" in said
    assert "mine: its weights are not in models/" in said


def test_an_empty_catalogue_says_what_to_do(monkeypatch, tmp_path):
    empty = Catalogue.create(tmp_path / "catalogues" / "empty")
    show_only(empty.path, monkeypatch, tmp_path)
    page = open_page(PAGE)
    assert not page.exception
    assert len(page.error) == 1
    assert any("ztfexplore ingest" in element.value for element in page.code)


def test_the_link_leads_to_the_object_s_neighbours(alone, demo_catalogue):
    candid = int(Catalogue.open(demo_catalogue).frame()["candid"].iloc[3])
    assert f'href="./?candid={candid}"' in subject(alone(candid=str(candid)))


def frame(labels: list, magnitudes: list) -> pd.DataFrame:
    return pd.DataFrame({"label": labels, "magnitude": magnitudes})


def test_the_page_begins_with_a_bright_supernova_or_a_bright_object_or_the_first():
    assert module.default_row(frame(["VS", "SN", "SN"], [18.0, 20.0, 18.3])) == 2
    assert module.default_row(frame(["VS", None, "AGN"], [21.0, 17.9, 19.0])) == 1
    assert module.default_row(frame([None, None], [np.nan, np.nan])) == 0


@pytest.mark.parametrize(
    ("text", "expected"), [("7", 7), ("-1", 0), ("½", 0), ("٣", 0), ("", 0), ("1e3", 0), (str(2**31 + 5), 5)]
)
def test_a_seed_that_is_no_whole_number_is_zero(monkeypatch, text, expected):
    monkeypatch.setattr(module.state, "get", lambda name: text)
    assert module.seed() == expected
