"""The baseline PCA of a catalogue: axes of its own stamps, and the interface of an encoder."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.cli import main
from ztfexplore.embeddings import embedding, principal_axes
from ztfexplore.encoders import pca
from ztfexplore.encoders.config import EncoderConfig
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


def test_stamps_that_do_not_fit_are_named_with_their_catalogue(catalogue):
    with pytest.raises(EncoderError) as caught:
        principal_axes.fit(catalogue, np.arange(80), 99)
    assert str(catalogue.path) in str(caught.value)
    catalogue.add(cut(ALERTS[80:], 1, 63))
    assert principal_axes.shapes(catalogue) == [(1, 63, 63), (3, 63, 63)]
    with pytest.raises(EncoderError) as caught:
        principal_axes.fit_catalogue(catalogue)
    assert str(catalogue.path) in str(caught.value)


def test_too_few_stamps_are_named(tmp_path):
    empty = Catalogue.create(tmp_path / "empty")
    assert principal_axes.shapes(empty) == []
    with pytest.raises(EncoderError):
        principal_axes.fit_catalogue(empty)


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
