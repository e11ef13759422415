"""Whitening: centred, uncorrelated, of unit variance; refused where impossible; saved with the weights."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from tests.support.errors import refused
from ztfexplore.encoders.encoder import EncoderConfig, load, random_encoder, save
from ztfexplore.encoders.whitening import fit_whitening
from ztfexplore.errors import EncoderError, TrainingError


def correlated(n: int, dim: int, seed: int = 0) -> np.ndarray:
    """Vectors whose coordinates have common causes, other means and very different scales."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(n, dim)) @ rng.normal(size=(dim, dim))
    return (mixed * 10.0 ** rng.uniform(-3, 3, dim) + rng.normal(size=dim)).astype(np.float32)


@given(dim=st.integers(2, 8), seed=st.integers(0, 50))
def test_what_was_fitted_comes_out_centred_uncorrelated_and_of_unit_variance(dim, seed):
    vectors = correlated(200, dim, seed)
    white = fit_whitening(vectors, 2)(torch.from_numpy(vectors)).numpy().astype(float)
    assert white.shape == (200, 2)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=5e-3)
    np.testing.assert_allclose(white.T @ white / 200, np.eye(2), atol=2e-2)


def test_a_flat_coordinate_has_no_part():
    vectors = np.hstack([correlated(100, 3), np.full((100, 1), 7.0, np.float32)])
    fitted = fit_whitening(vectors, 3)
    moved = vectors.copy()
    moved[:, 3] += 100
    np.testing.assert_array_equal(fitted(torch.from_numpy(vectors)), fitted(torch.from_numpy(moved)))


@pytest.mark.parametrize("vectors", (np.ones((50, 4), np.float32), correlated(50, 4)[:, :1].repeat(4, axis=1)))
def test_more_axes_than_the_vectors_vary_along_are_refused(vectors):
    with refused(TrainingError, 3):
        fit_whitening(vectors, 3)


@pytest.fixture
def stamps() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(60, 3, 21, 21)).astype(np.float32)


@pytest.fixture
def folder(tmp_path, stamps):
    """A saved encoder that whitens to five axes."""
    made = random_encoder(EncoderConfig(widths=(4, 8)))
    made.name, made.config = "whitened", replace(made.config, whitened=5)
    made.whitening = fit_whitening(made.embed(stamps), 5)
    save(made, tmp_path / "whitened")
    return tmp_path / "whitened", made


def test_a_whitened_encoder_is_saved_and_loaded_whole(folder, stamps):
    path, made = folder
    loaded = load(path)
    assert loaded.embedding_dim == loaded.card["embedding_dim"] == 5
    np.testing.assert_array_equal(loaded.embed(stamps), made.embed(stamps))
    np.testing.assert_allclose(made.embed(stamps).std(axis=0), 1, rtol=1e-2)


def test_weights_without_their_whitening_are_refused(folder):
    path, made = folder
    kept = {name: value for name, value in load_file(path / "weights.safetensors").items() if "whitening" not in name}
    save_file(kept, path / "weights.safetensors")
    made.card["weights_sha256"] = hashlib.sha256((path / "weights.safetensors").read_bytes()).hexdigest()
    (path / "card.json").write_text(json.dumps(made.card), encoding="utf-8")
    with refused(EncoderError, path):
        load(path)


def test_untrained_weights_are_never_whitened(stamps):
    assert random_encoder(EncoderConfig(widths=(4, 8), whitened=5)).embed(stamps).shape == (60, 36)
