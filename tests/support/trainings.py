"""Trainings of seconds for the tests: a tiny network, sixty alerts, and a way to cut one off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ztfexplore.alerts.alert import Alert
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.encoders.backbones import EncoderConfig
from ztfexplore.encoders.encoder import Encoder
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.training.config import METHODS, TrainConfig
from ztfexplore.training.train import Learner, train

TINY = TrainConfig(encoder=EncoderConfig(widths=(4, 8)), batch_size=16, projector=(8, 4), epochs=2)
# An epoch's, on `sixty_alerts`: some 50 of them are outside the test part, of which some 39 have a label.
STEPS = {name: 2 if method.labelled_only else 3 for name, method in METHODS.items()}
each_method = pytest.mark.parametrize("method", METHODS)


def without_label(alert: Alert) -> Alert:
    return replace(alert, label=None, label_source=None)


def stored(folder: Path, alerts) -> Catalogue:
    """A catalogue of these alerts in a folder."""
    made = Catalogue.create(folder / "catalogue")
    ingest(alerts, made)
    return made


def sixty_alerts(folder: Path) -> Catalogue:
    """A catalogue of sixty simulated objects, a dozen of them without their labels."""
    alerts = list(simulate_alerts(60, seed=1))
    return stored(folder, [*map(without_label, alerts[:12]), *alerts[12:]])


def cut_off_at(step: int, error: BaseException, monkeypatch) -> None:
    """The power fails (or a person gives up) at this step."""
    original = Learner.training_step

    def training_step(self, batch, batch_index):
        if self.global_step == step:
            raise error
        return original(self, batch, batch_index)

    monkeypatch.setattr(Learner, "training_step", training_step)


def run(catalogue: Catalogue, output: Path, config: TrainConfig = TINY) -> Encoder:
    return train(catalogue, config, output, progress=False)
