"""The baseline PCA: its axes derived a second time by singular values; what does not fit is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.errors import refused
from ztfexplore.alerts import stamps
from ztfexplore.encoders import pca
from ztfexplore.errors import EncoderError
from ztfexplore.sources.simulation.simulate import simulate_alerts

IMAGES = [alert.stamp for alert in simulate_alerts(80, seed=6)]


def fit(images: list[np.ndarray], crop: int = 7, **options) -> pca.PCAEncoder:
    return pca.fit(len(images), lambda chosen: [images[place] for place in chosen], crop, **options)


def test_it_is_the_pca_of_the_stretched_central_pixels_of_the_stamps_given():
    found = fit(IMAGES[:70])
    flat = np.stack([np.arcsinh(stamps.normalise(image)[:, 28:35, 28:35]).ravel() for image in IMAGES])
    centred = flat - flat[:70].mean(axis=0)
    _, _, axes = np.linalg.svd(centred[:70], full_matrices=False)
    values = found.embed(IMAGES)
    assert values.shape == (80, found.embedding_dim) == (80, 64) and values.dtype == np.float32
    assert np.abs(values[:, :10]) == pytest.approx(np.abs(centred @ axes[:10].T), abs=2e-3)


def test_axes_are_of_length_one_at_right_angles_and_the_widest_comes_first():
    found = fit(IMAGES)
    assert found.axes @ found.axes.T == pytest.approx(np.eye(64), abs=1e-4)
    widths = found.embed(IMAGES).std(axis=0)
    assert (np.diff(widths) < 1e-4).all()


def test_the_weights_are_those_of_the_stamps():
    assert fit(IMAGES).weights_sha256 == fit(list(IMAGES)).weights_sha256 != fit(IMAGES[:70]).weights_sha256


def test_of_many_stamps_a_seeded_sample_is_used(monkeypatch):
    monkeypatch.setattr(pca, "FIT_STAMPS", 30)
    first = fit(IMAGES)
    assert first.embedding_dim == 30
    assert fit(IMAGES).weights_sha256 == first.weights_sha256 != fit(IMAGES, seed=1).weights_sha256


@pytest.mark.parametrize("shape", ((1, 63, 63), (3, 5, 63), (3, 63, 5)), ids=str)
def test_stamps_that_do_not_fit_are_refused_with_both_sizes(shape):
    with refused(EncoderError, "7x7", f"{shape[1]}x{shape[2]}"):
        fit(IMAGES).embed([*IMAGES, np.zeros(shape, np.float32)])
    with pytest.raises(EncoderError):
        fit([*IMAGES, np.zeros(shape, np.float32)])


@pytest.mark.parametrize("count", (0, 1))
def test_too_few_stamps_are_refused(count):
    with pytest.raises(EncoderError):
        fit(IMAGES[:count])


def test_no_stamps_embed_to_nothing():
    assert fit(IMAGES).embed([]).shape == (0, 64)
