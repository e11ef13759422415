"""The ways a training must stop, and what must not stop it."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.support.errors import refused
from tests.support.trainings import TINY, each_method, run, sixty_alerts
from ztfexplore.augment.recipes import RECIPES, Recipe
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.errors import TrainingError
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.training import train as training
from ztfexplore.training.config import METHODS


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    """Not to be changed."""
    return sixty_alerts(tmp_path_factory.mktemp("train"))


def test_an_unknown_method_names_those_there_are(catalogue, tmp_path):
    with refused(TrainingError, "moco", *METHODS):
        run(catalogue, tmp_path, replace(TINY, method="moco"))


def test_too_few_alerts(catalogue, tmp_path):
    with refused(TrainingError, 64):
        run(catalogue, tmp_path, replace(TINY, batch_size=64))
    assert not list(tmp_path.glob("*.safetensors"))


def test_an_empty_catalogue(tmp_path):
    with refused(TrainingError, 0):
        run(Catalogue.create(tmp_path / "catalogue"), tmp_path / "out")


class Spoil:
    """An augmentation that goes wrong."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return torch.full_like(x, self.value)


@each_method
def test_a_loss_that_is_no_number_stops_the_training(catalogue, method, tmp_path, monkeypatch):
    spoiled = Recipe(photometric=(Spoil(float("nan")),), name="broken")
    with RECIPES.temporarily(spoiled), refused(TrainingError, "nan", "step 0"):
        run(catalogue, tmp_path, replace(TINY, method=method, recipe="broken"))
    assert not (tmp_path / "card.json").exists()


@each_method
def test_a_collapse_stops_the_training_and_says_what_may_help(catalogue, method, tmp_path, monkeypatch):
    spoiled = Recipe(photometric=(Spoil(0.0),), name="blank")
    hint = METHODS[method].advice.format(temperature=0.2)
    with RECIPES.temporarily(spoiled), refused(TrainingError, "step 0", hint):
        run(catalogue, tmp_path, replace(TINY, method=method, recipe="blank"))
    assert not (tmp_path / "card.json").exists()


def test_an_unknown_recipe_names_those_there_are(catalogue, tmp_path):
    with refused(TrainingError, "no such recipe", *RECIPES):
        run(catalogue, tmp_path, replace(TINY, recipe="no such recipe"))


def test_a_folder_that_cannot_be_written(catalogue, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with refused(TrainingError, tmp_path / "file"):
        run(catalogue, tmp_path / "file" / "out")


def test_the_schedule_rises_then_falls_to_nothing():
    shares = [training._cosine(step / 100, 0.1) for step in range(101)]
    assert shares[0] == 0 and shares[10] == 1 and shares[100] == pytest.approx(0)
    assert all(b > a for a, b in itertools.pairwise(shares[:11]))
    assert all(b < a for a, b in itertools.pairwise(shares[10:]))
    assert shares[55] == pytest.approx(0.5)


def test_labels_too_few_for_a_probe_do_not_cost_the_weights(tmp_path):
    """Five objects of each of two classes: enough for a test part, too few to probe what is left."""
    made = Catalogue.create(tmp_path / "catalogue")
    kept: dict[str | None, int] = {}
    alerts = []
    for alert in simulate_alerts(60, seed=1, weights={"SN": 1, "VS": 1}):
        kept[alert.label] = kept.get(alert.label, 0) + 1
        alerts.append(alert if kept[alert.label] <= 5 else replace(alert, label=None, label_source=None))
    ingest(alerts, made)
    run(made, tmp_path / "out", replace(TINY, epochs=1))
    assert (tmp_path / "out" / "weights.safetensors").exists()


def test_training_works_in_a_thread(catalogue, tmp_path):
    thread = threading.Thread(target=lambda: run(catalogue, tmp_path, replace(TINY, epochs=1)), daemon=True)
    hook, threading.excepthook = threading.excepthook, lambda _: None
    try:
        thread.start()
        thread.join(120)
    finally:
        threading.excepthook = hook
    assert (tmp_path / "card.json").exists()


def test_an_older_encoder_in_the_folder_does_not_keep_one_from_training_anew(catalogue, tmp_path):
    run(catalogue, tmp_path, replace(TINY, epochs=1))
    card = json.loads((tmp_path / "card.json").read_text())
    del card["encoder"]["rings"]  # as an earlier version wrote it
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert run(catalogue, tmp_path, replace(TINY, epochs=1, seed=3)).card["training"]["seed"] == 3
