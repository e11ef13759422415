"""Supervised from scratch: it learns from a handful of labels, the same for the same seed, and says what it cannot."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.support.errors import refused
from ztfexplore.errors import TrainingError
from ztfexplore.training import scratch
from ztfexplore.training.config import METHODS
from ztfexplore.training.scratch import BATCH, EPOCHS, STEPS, fit_predict, scratch_config


def stamps(labels: list[str], seed: int, channels: int = 3) -> list[np.ndarray]:
    """As read: a star in the middle, a trail across it, or nothing but sky."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-15:16, -15:16]
    shapes = {"star": np.exp(-(x**2 + y**2) / 6), "trail": np.exp(-(y**2) / 6), "nothing": np.zeros(x.shape)}
    return [(rng.normal(100, 5, (channels, 31, 31)) + 200 * shapes[label]).astype(np.float32) for label in labels]


@pytest.fixture
def brief(monkeypatch):
    """Fewer steps than the baseline takes; too few to learn from."""
    monkeypatch.setattr(scratch, "STEPS", 12)
    monkeypatch.setattr(scratch, "EPOCHS", 6)


def test_it_learns_what_is_plain_to_see():
    labels = ["star", "trail", "nothing"] * 6
    asked = ["nothing", "star", "trail"] * 10
    probabilities, classes = fit_predict(stamps(labels, 1), np.array(labels), stamps(asked, 2), seed=0)
    assert classes.tolist() == ["nothing", "star", "trail"]
    assert probabilities.shape == (30, 3) and probabilities.dtype == np.float64
    assert np.allclose(probabilities.sum(axis=1), 1) and (probabilities >= 0).all()
    assert np.mean(classes[probabilities.argmax(axis=1)] == asked) > 0.9


def test_the_seed_decides_everything(brief):
    labels, asked = ["star", "trail"] * 4, stamps(["star", "trail"], 2)
    torch.manual_seed(1)
    first, _ = fit_predict(stamps(labels, 1), np.array(labels), asked, seed=3)
    torch.manual_seed(2)
    again, _ = fit_predict(stamps(labels, 1), np.array(labels), asked, seed=3)
    other, _ = fit_predict(stamps(labels, 1), np.array(labels), asked, seed=4)
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize("seed", range(3))
def test_one_stamp_a_class_is_enough_to_train(brief, seed):
    labels = ["star", "nothing"]
    probabilities, classes = fit_predict(stamps(labels, 1), np.array(labels), stamps(labels * 5, 2), seed)
    assert classes.tolist() == ["nothing", "star"]
    assert np.isfinite(probabilities).all()


def test_one_stamp_of_a_rare_class_counts_as_much_as_the_others_together():
    labels = ["star"] * 11 + ["trail"]
    probabilities, classes = fit_predict(stamps(labels, 1), np.array(labels), stamps(["trail"] * 10, 2), seed=0)
    assert np.mean(classes[probabilities.argmax(axis=1)] == "trail") > 0.5


def test_labels_may_be_of_any_text_type_and_stamps_of_one_channel(brief):
    labels = np.array(["star", "nothing"] * 3, dtype=object)
    probabilities, _ = fit_predict(stamps(list(labels), 1, channels=1), labels, stamps(["star"], 2, channels=1), seed=0)
    assert probabilities.shape == (1, 2)


def test_nothing_to_classify_gives_nothing(brief):
    labels = ["star", "nothing"]
    probabilities, _ = fit_predict(stamps(labels, 1), np.array(labels), [], seed=0)
    assert probabilities.shape == (0, 2)


@pytest.mark.parametrize(("labels", "there"), ((["star"] * 4, "star"), ([], "")), ids=("one class", "nothing"))
def test_one_class_is_refused(labels, there):
    with refused(TrainingError, there):
        fit_predict(stamps(labels, 1), np.array(labels), stamps(["star"], 2), seed=0)


def test_stamps_too_small_are_refused():
    small = [stamp[:, :15, :15] for stamp in stamps(["star", "nothing"], 1)]
    with refused(TrainingError, "15x15"):
        fit_predict(small, np.array(["star", "nothing"]), small, seed=0)


@pytest.mark.parametrize("count", (2, 10, 25, 127, 128, 129, 500, 5000))
def test_few_labels_are_seen_often_and_many_at_least_so_many_times(count):
    config = scratch_config(count, 3, seed=7)
    steps = config.epochs * (count // config.batch_size)
    assert config.batch_size == min(count, BATCH)
    assert config.epochs >= EPOCHS and steps >= STEPS
    assert config.epochs == EPOCHS or steps < STEPS + count // config.batch_size
    assert (config.method, config.simulated, config.balanced, config.seed) == ("supervised", 0, True, 7)
    shipped = METHODS["supervised"].config  # the same network and the same views as pre-training has
    assert (config.recipe, config.encoder) == (shipped.recipe, shipped.encoder)
