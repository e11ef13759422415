"""Embedding a catalogue: only what is missing, by these very weights, and never lost to an interruption."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.errors import refused
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding
from ztfexplore.encoders.encoder import Encoder, EncoderConfig, random_encoder
from ztfexplore.errors import CatalogueError, EncoderError
from ztfexplore.sources.simulation.simulate import simulate_alerts

ALERTS = list(simulate_alerts(20, seed=5))


class Counted(Encoder):
    """An encoder that notes the size of each batch, and may fail at one."""

    def __init__(self, seed: int = 0, width: int = 6, fail_at: int | None = None) -> None:
        made = random_encoder(EncoderConfig(widths=(4, width)), seed)
        super().__init__(made.name, made.config, made.backbone, made.card)
        self.batches: list[int] = []
        self.fail_at = fail_at

    def embed(self, stamps):
        if len(self.batches) == self.fail_at:
            raise OSError("power cut")
        self.batches.append(len(stamps))
        return super().embed(stamps)


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    made = Catalogue.create(tmp_path / "catalogue")
    ingest(ALERTS[:12], made)
    return made


def test_every_row_gets_the_embedding_of_its_own_stamp(catalogue):
    encoder = Counted()
    assert embedding.embed(catalogue, encoder) == 12
    vectors = embedding.read_embedding(Catalogue.open(catalogue.path), "random")
    assert vectors.present.all()
    assert np.allclose(vectors.values, encoder.embed([alert.stamp for alert in ALERTS[:12]]), atol=1e-6)
    assert vectors.metadata["weights_sha256"] == encoder.weights_sha256
    assert embedding.embedded_by(catalogue) == ["random"]


def test_nothing_is_computed_twice(catalogue):
    encoder = Counted()
    embedding.embed(catalogue, encoder)
    version = catalogue.version
    assert embedding.embed(catalogue, encoder) == 0
    assert encoder.batches == [12]
    assert catalogue.version == version


def test_only_new_rows_are_computed(catalogue):
    encoder = Counted()
    embedding.embed(catalogue, encoder)
    before = embedding.read_embedding(catalogue, "random").values
    ingest(ALERTS[10:], catalogue)  # two of them are there already
    assert embedding.missing_rows(catalogue, encoder).tolist() == list(range(12, 20))
    assert np.flatnonzero(~embedding.read_embedding(catalogue, "random").present).tolist() == list(range(12, 20))
    assert embedding.embed(catalogue, encoder) == 8
    assert encoder.batches == [12, 8]
    after = embedding.read_embedding(catalogue, "random")
    assert after.present.all()
    assert np.array_equal(after.values[:12], before)


@pytest.mark.parametrize("width", (6, 9), ids=("same length", "another length"))
def test_other_weights_make_it_again(catalogue, width):
    embedding.embed(catalogue, Counted())
    before = embedding.read_embedding(catalogue, "random").values
    other = Counted(seed=1, width=width)
    assert len(embedding.missing_rows(catalogue, other)) == 12
    assert embedding.embed(catalogue, other) == 12
    vectors = embedding.read_embedding(catalogue, "random")
    assert vectors.values.shape == (12, other.embedding_dim) and vectors.present.all()
    assert vectors.metadata["weights_sha256"] == other.weights_sha256
    assert vectors.values.shape != before.shape or not np.allclose(vectors.values, before)
    assert embedding.embed(catalogue, other) == 0


def test_two_encoders_stand_side_by_side(catalogue):
    first, second = Counted(), Counted(seed=1)
    second.name = "random-1"
    embedding.embed(catalogue, first)
    before = embedding.read_embedding(catalogue, "random").values
    embedding.embed(catalogue, second)
    assert embedding.embedded_by(catalogue) == ["random", "random-1"]
    assert np.array_equal(embedding.read_embedding(catalogue, "random").values, before)
    assert not np.allclose(embedding.read_embedding(catalogue, "random-1").values, before)


def test_an_interruption_costs_one_chunk_and_the_next_run_goes_on(catalogue, monkeypatch):
    monkeypatch.setattr(embedding, "CHUNK_ROWS", 5)
    whole = Counted().embed([alert.stamp for alert in ALERTS[:12]])
    with pytest.raises(OSError, match="power cut"):
        embedding.embed(catalogue, Counted(fail_at=1))
    reopened = Catalogue.open(catalogue.path)
    assert embedding.read_embedding(reopened, "random").present.tolist() == [True] * 5 + [False] * 7
    encoder, done = Counted(), []
    assert embedding.embed(reopened, encoder, done.append) == 7
    assert encoder.batches == done == [5, 2]
    assert np.allclose(embedding.read_embedding(reopened, "random").values, whole, atol=1e-6)


def test_an_interruption_while_it_is_made_again_leaves_no_mixture(catalogue, monkeypatch):
    embedding.embed(catalogue, Counted())
    monkeypatch.setattr(embedding, "CHUNK_ROWS", 5)
    with pytest.raises(OSError, match="power cut"):
        embedding.embed(catalogue, Counted(seed=1, fail_at=1))
    assert embedding.read_embedding(catalogue, "random").present.tolist() == [True] * 5 + [False] * 7
    encoder = Counted(seed=1)
    assert embedding.embed(catalogue, encoder) == 7
    expected = Counted(seed=1).embed([alert.stamp for alert in ALERTS[:12]])
    assert np.allclose(embedding.read_embedding(catalogue, "random").values, expected, atol=1e-6)


def test_progress_adds_up(catalogue, monkeypatch):
    monkeypatch.setattr(embedding, "CHUNK_ROWS", 5)
    done: list[int] = []
    embedding.embed(catalogue, Counted(), done.append)
    assert done == [5, 5, 2]


def test_stamps_that_do_not_fit_leave_what_was_there(catalogue):
    embedding.embed(catalogue, Counted())
    config = EncoderConfig(channels=1, widths=(4, 6))
    misfit = random_encoder(config)
    misfit.name = "misfit"
    with refused(EncoderError, "misfit"):
        embedding.embed(catalogue, misfit)
    assert embedding.embedded_by(catalogue) == ["random"]
    assert embedding.read_embedding(catalogue, "random").present.all()


def test_an_empty_catalogue_has_nothing_to_embed(tmp_path):
    made = Catalogue.create(tmp_path / "catalogue")
    assert embedding.embed(made, Counted()) == 0
    assert embedding.embedded_by(made) == []


def test_reading_what_is_not_there_says_how_to_make_it(catalogue):
    with refused(CatalogueError, f"ztfexplore embed --catalogue {catalogue.path} --encoder simclr"):
        embedding.read_embedding(catalogue, "simclr")
