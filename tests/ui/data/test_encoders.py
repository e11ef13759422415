"""Embedding and laying out maps by a button, and what is said of outdated weights and missing rows."""

from __future__ import annotations

import shutil

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.support.fits import fits_bytes
from tests.support.pages import job_result, notices
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, projection
from ztfexplore.encoders import encoder
from ztfexplore.sources import read_sources
from ztfexplore.sources.simulation.simulate import simulate_alerts


def test_embed_and_lay_out_by_button(data, open_data):
    ingest(simulate_alerts(30, seed=5), Catalogue.create(data / "bare"))
    page = open_data("encoders", catalogue="bare")
    assert page.button(key="map-simclr").disabled
    shown = [button.key for button in page.button if button.key.startswith("embed-")]
    assert shown[0] == "embed-simclr" and "embed-pca" in shown, "the one made for these stamps first"
    page = page.button(key="embed-simclr").click().run()
    assert not page.exception and not page.error
    catalogue = Catalogue.open(data / "bare")
    assert embedding.embedded_by(catalogue) == ["simclr"]
    assert job_result(page).good and "30 alerts" in notices(page) and f"version {catalogue.version}" in notices(page)
    assert page.button(key="embed-simclr").disabled
    page = page.button(key="map-simclr").click().run()
    assert not page.exception
    assert job_result(page).good and len(projection.read_map(Catalogue.open(data / "bare"), "simclr").points) == 30
    assert page.button(key="map-simclr").disabled
    # The pieces that tell how far it is change nothing.
    whole = encoder.load("simclr").embed(catalogue.stamps(range(30)))
    assert abs(whole - embedding.read_embedding(catalogue, "simclr").values).max() < 1e-5


def test_new_rows_and_other_weights_are_said_and_made_again(data, open_data):
    # The demo, if it is alone, is mended by the app itself.
    catalogue = Catalogue.open(shutil.copytree(data / "demo", data / "kept"))
    catalogue.add(list(simulate_alerts(3, seed=99)))
    page = open_data("encoders", catalogue="kept")
    assert any("150 of 153, 3 missing" in text for text in progress(page))
    assert not page.button(key="embed-simclr").disabled
    vectors = embedding.read_embedding(catalogue, "simclr")
    catalogue.write_vectors("embedding_simclr", np.arange(153), vectors.values, {"weights_sha256": "f" * 64})
    page = open_data("encoders", catalogue="kept")
    assert any("outdated" in element.value for element in page.markdown)
    page = page.button(key="embed-simclr").click().run()
    assert job_result(page).good and embedding.read_embedding(catalogue, "simclr").values.shape[0] == 153
    assert not page.button(key="map-simclr").disabled, "the map of the other weights does not count"


def progress(page: AppTest) -> list[str]:
    return [element.proto.text for element in page.get("progress")]


def test_stamps_that_do_not_fit_are_a_message(data, open_data, tmp_path):
    folder = tmp_path / "fits"
    folder.mkdir()
    (folder / "a.fits").write_bytes(fits_bytes(np.ones((9, 9), np.float32)))
    ingest(read_sources([folder]), Catalogue.create(data / "images"))
    page = open_data("encoders", catalogue="images").button(key="embed-simclr").click().run()
    assert not page.exception
    assert not job_result(page).good and len(page.error) == 1
    assert embedding.embedded_by(Catalogue.open(data / "images")) == []


def test_too_few_for_a_map_are_told_before_the_click(data, open_data):
    catalogue = Catalogue.create(data / "few")
    catalogue.add(list(simulate_alerts(projection.FEWEST - 1, seed=5)))
    embedding.embed(catalogue, encoder.load("random"))
    button = open_data("encoders", catalogue="few").button(key="map-random")
    assert button.disabled and str(projection.FEWEST) in button.help


def test_an_encoder_whose_weights_are_not_here_cannot_be_run(data, open_data):
    catalogue = Catalogue.open(shutil.copytree(data / "demo", data / "kept"))
    catalogue.write_vectors("embedding_mine", np.arange(9), np.ones((9, 4), "f4"), {"weights_sha256": "e" * 64})
    page = open_data("encoders", catalogue="kept")
    assert not page.exception
    assert page.button(key="embed-mine").disabled and "models/" in page.button(key="embed-mine").help
