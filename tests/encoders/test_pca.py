"""The baseline PCA: its axes derived a second time by singular values, and the interface of an encoder."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from ztfexplore.alerts import stamps
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.cli import main
from ztfexplore.embeddings import embedding, principal_axes
from ztfexplore.encoders import pca
from ztfexplore.encoders.encoder import EncoderConfig
from ztfexplore.errors import EncoderError
from ztfexplore.sources.simulation.simulate import simulate_alerts

ALERTS = list(simulate_alerts(90, seed=6))


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    made = Catalogue.create(tmp_path / "catalogue")
    ingest(ALERTS[:80], made)
    return made


def cut(alerts, channels: int, size: int):
    """The same alerts with fewer channels and pixels."""
    low = (63 - size) // 2
    return [replace(a, stamp=a.stamp[:channels, low : low + size, low : low + size]) for a in alerts]


def test_it_is_the_pca_of_the_stretched_central_pixels_of_the_rows_asked_for(catalogue):
    rows = np.arange(70)
    found = principal_axes.fit(catalogue, rows, 7)
    images = catalogue.stamps(np.arange(80))
    flat = np.stack([np.arcsinh(stamps.normalise(image)[:, 28:35, 28:35]).ravel() for image in images])
    centred = flat - flat[rows].mean(axis=0)
    _, _, axes = np.linalg.svd(centred[rows], full_matrices=False)
    values = found.embed(images)
    assert values.shape == (80, found.embedding_dim) == (80, 64) and values.dtype == np.float32
    assert np.abs(values[:, :10]) == pytest.approx(np.abs(centred @ axes[:10].T), abs=2e-3)


def test_it_looks_where_the_encoders_look(catalogue):
    assert EncoderConfig().crop == pca.CROP
    found = principal_axes.fit_catalogue(catalogue)
    assert (found.name, found.channels, found.crop) == ("pca", 3, 21)


def test_the_same_stamps_have_the_same_weights_and_others_have_not(catalogue):
    first = principal_axes.fit_catalogue(catalogue)
    assert principal_axes.fit_catalogue(Catalogue.open(catalogue.path)).weights_sha256 == first.weights_sha256
    ingest(ALERTS, catalogue)
    assert principal_axes.fit_catalogue(catalogue).weights_sha256 != first.weights_sha256


@pytest.mark.parametrize(("channels", "size", "crop"), ((3, 33, 21), (1, 63, 21), (1, 15, 15)))
def test_any_number_of_channels_and_any_size(tmp_path, channels, size, crop):
    made = Catalogue.create(tmp_path / "other")
    made.add(cut(ALERTS[:20], channels, size))
    found = principal_axes.fit_catalogue(made)
    assert (found.channels, found.crop, found.embedding_dim) == (channels, crop, 20)
    assert embedding.embed(made, found) == 20
    assert embedding.read_embedding(made, "pca").present.all()


def test_of_many_stamps_a_seeded_sample_is_used(catalogue, monkeypatch):
    monkeypatch.setattr(pca, "FIT_STAMPS", 30)
    found = principal_axes.fit(catalogue, np.arange(80), 21)
    assert found.embedding_dim == 30
    assert principal_axes.fit(catalogue, np.arange(80), 21).weights_sha256 == found.weights_sha256


def test_stamps_that_do_not_fit_are_named(catalogue, tmp_path):
    found = principal_axes.fit_catalogue(catalogue)
    with pytest.raises(EncoderError, match="these stamps are 1 of 15x15"):
        found.embed([np.zeros((1, 15, 15), np.float32)])
    with pytest.raises(EncoderError, match="at least 99x99"):
        principal_axes.fit(catalogue, np.arange(80), 99)
    catalogue.add(cut(ALERTS[80:], 1, 63))
    with pytest.raises(
        EncoderError, match="pca takes 3 channels of at least 21x21 pixels; these stamps are 1 of 63x63"
    ):
        principal_axes.fit_catalogue(catalogue)


def test_too_few_stamps_are_named(tmp_path):
    empty = Catalogue.create(tmp_path / "empty")
    with pytest.raises(EncoderError, match="0 stamps are too few"):
        principal_axes.fit_catalogue(empty)


def test_no_stamps_embed_to_nothing(catalogue):
    assert principal_axes.fit_catalogue(catalogue).embed([]).shape == (0, 64)


# --- as an encoder of the command line --------------------------------------------------------------------------------


def run(*arguments: object) -> dict:
    done = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_command_line_takes_pca_for_an_encoder(catalogue, tmp_path):
    there = ("--catalogue", catalogue.path, "--encoder", "pca")
    assert run("embed", *there) == {"encoder": "pca", "embedded": 80, "already": 0}
    assert run("embed", *there)["embedded"] == 0
    assert run("project", *there)["made"] is True
    near = run("neighbours", ALERTS[0].candid, *there, "-k", 5)["neighbours"]
    assert len(near) == 5
    assert run("export", *there, "--output", tmp_path / "table.parquet")["rows"] == 80
    catalogue.refresh()
    values = embedding.read_embedding(catalogue, "pca").values
    assert values == pytest.approx(
        principal_axes.fit_catalogue(catalogue).embed(catalogue.stamps(np.arange(80))), abs=1e-4
    )


def test_new_stamps_have_other_axes_so_all_is_made_again(catalogue):
    there = ("--catalogue", catalogue.path, "--encoder", "pca")
    run("embed", *there)
    ingest(ALERTS[80:], catalogue)
    assert run("embed", *there) == {"encoder": "pca", "embedded": 90, "already": 0}
