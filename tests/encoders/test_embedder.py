"""What embeds: networks and the baseline alike, whoever asks them."""

from __future__ import annotations

import numpy as np
import pytest

from ztfexplore.encoders import pca
from ztfexplore.encoders.config import EncoderConfig
from ztfexplore.encoders.embedder import Embedder
from ztfexplore.encoders.encoder import random_encoder

STAMPS = list(np.random.default_rng(0).normal(100, 5, (13, 3, 25, 25)).astype(np.float32))


def network(seed: int) -> Embedder:
    return random_encoder(EncoderConfig(widths=(4, 8)), seed)


def axes(seed: int) -> Embedder:
    chosen = STAMPS[seed : seed + 12]
    return pca.fit(len(chosen), lambda places: [chosen[place] for place in places], 21)


each_kind = pytest.mark.parametrize("make", (network, axes))


@each_kind
def test_stamps_become_rows_of_float32_and_none_become_none(make):
    embedder = make(0)
    values = embedder.embed(STAMPS)
    assert values.shape[0] == 13 and values.dtype == np.float32 and np.isfinite(values).all()
    assert embedder.embed([]).shape == (0, values.shape[1])
    assert embedder.embed(STAMPS[3:5]) == pytest.approx(values[3:5], abs=1e-4)


@each_kind
def test_the_hash_differs_exactly_if_the_embeddings_do(make):
    one, again, other = make(0), make(0), make(1)
    assert one.weights_sha256 == again.weights_sha256 != other.weights_sha256
    assert np.array_equal(one.embed(STAMPS), again.embed(STAMPS))
    assert not np.allclose(one.embed(STAMPS), other.embed(STAMPS))


@each_kind
def test_a_column_can_be_called_after_it(make):
    assert make(0).name.replace("-", "").isalnum() and len(make(0).weights_sha256) == 64
