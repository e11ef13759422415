"""Supervised from scratch: what the same network learns from a few labels alone, without pre-training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
import torch

from ztfexplore.encoders.encoder import Encoder
from ztfexplore.errors import TrainingError
from ztfexplore.training.config import METHODS, TrainConfig
from ztfexplore.training.data import assemble, prepare
from ztfexplore.training.objectives import Supervised
from ztfexplore.training.train import Learner, fit_network

BATCH = 128
STEPS = 200
EPOCHS = 30  # at least this many if there are many labels


def scratch_config(count: int, channels: int, seed: int) -> TrainConfig:
    """The supervised baseline's configuration for `count` labelled stamps, without simulated ones."""
    batch, shipped = min(BATCH, count), METHODS["supervised"].config
    return replace(
        shipped,
        encoder=replace(shipped.encoder, channels=channels),
        simulated=0,
        balanced=True,
        batch_size=batch,
        epochs=max(EPOCHS, -(-STEPS // (count // batch))),
        seed=seed,
    )


def fit_predict(
    train_stamps: Sequence[np.ndarray], train_labels: np.ndarray, test_stamps: Sequence[np.ndarray], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Train a network and its classifier by cross-entropy on some stamps, and classify others.

    Args:
        train_stamps, test_stamps: as read, each (channels, height, width).
        train_labels: class names (n,).
        seed: of weights, order and augmentations.

    Returns:
        probabilities float64 (m, classes), from embeddings averaged over the encoder's fixed rotations; names of the
        classes.

    Raises:
        TrainingError: if there are fewer than two classes, the stamps do not fit, or the training fails.
    """
    if len(set(train_labels)) < 2:
        raise TrainingError(
            f"training from scratch needs two classes; there is {', '.join(set(train_labels)) or 'none'}"
        )
    config = scratch_config(len(train_labels), train_stamps[0].shape[0], seed)
    frame = pd.DataFrame({"object_id": np.arange(len(train_labels)).astype(str), "label": train_labels})
    data = assemble(prepare(list(train_stamps), config), frame, config)
    learner, _ = fit_network(config, data)
    return _probabilities(learner, test_stamps), np.array(data.classes)


def _probabilities(learner: Learner, stamps: Sequence[np.ndarray]) -> np.ndarray:
    encoder = Encoder("scratch", learner.config.encoder, learner.backbone)
    with torch.inference_mode():
        classifier = cast(Supervised, learner.objective).classifier
        logits = classifier(torch.from_numpy(encoder.embed(list(stamps))))
        return logits.softmax(dim=1).double().numpy()
