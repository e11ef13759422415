"""Training: what a step does, and runs of every method that are reproducible and resumable."""

from __future__ import annotations

import itertools
import json
import logging
import math
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.support.trainings import STEPS, TINY, cut_off_at, each_method, run, sixty_alerts
from ztfexplore.alerts.labels_csv import Label
from ztfexplore.augment import recipes
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.encoders.backbones import EncoderConfig
from ztfexplore.encoders.encoder import load
from ztfexplore.evaluation import split
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.training import data as training_data
from ztfexplore.training import train as training
from ztfexplore.training.card import candids_sha256
from ztfexplore.training.config import METHODS
from ztfexplore.training.data import training_set
from ztfexplore.training.objectives import Outcome
from ztfexplore.training.train import Learner, fit_network, train


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    """Not to be changed."""
    return sixty_alerts(tmp_path_factory.mktemp("train"))


@pytest.fixture
def steps(monkeypatch) -> list[int]:
    """The global steps that were trained, in order."""
    done: list[int] = []
    original = Learner.training_step

    def step(self, batch, batch_index):
        done.append(self.global_step)
        return original(self, batch, batch_index)

    monkeypatch.setattr(Learner, "training_step", step)
    return done


# --- a step ---------------------------------------------------------------------------------------------------------


def step_of(module: Learner, images: Tensor, partners: Tensor, monkeypatch) -> tuple[Tensor, Outcome]:
    """The views that one training step made of stamps and their partners, and what came of them."""
    views: list[Tensor] = []
    outcomes: list[Outcome] = []
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    module.backbone.register_forward_pre_hook(lambda _module, inputs: views.append(inputs[0]))
    step = module.objective.step
    monkeypatch.setattr(module.objective, "step", lambda *given: outcomes.append(step(*given)) or outcomes[-1])
    loss = module.training_step((images, partners, torch.arange(len(images)) % 3), 0)
    ((both,), (outcome,)) = views, outcomes
    assert loss is outcome.loss
    return both, outcome


def noise(seed: int) -> Tensor:
    return torch.randn(16, 3, 21, 21, generator=torch.Generator().manual_seed(seed))


@each_method
def test_a_step_compares_a_view_of_every_stamp_with_one_of_its_partner(method, monkeypatch):
    module = Learner(replace(TINY, method=method, recipe="none"), 3)
    both, _ = step_of(module, noise(0), noise(1), monkeypatch)
    assert torch.equal(both, torch.cat([noise(0), noise(1)]))


def test_the_two_views_are_drawn_apart(monkeypatch):
    both, outcome = step_of(Learner(TINY), noise(0), noise(0), monkeypatch)
    assert both.shape == (32, 3, 21, 21)
    assert not torch.allclose(both[:16], both[16:], atol=0.1)
    again, repeated = step_of(Learner(TINY), noise(0), noise(0), monkeypatch)
    assert torch.equal(both, again) and outcome.loss == repeated.loss


# --- runs -----------------------------------------------------------------------------------------------------------


@each_method
def test_a_run_writes_an_encoder_that_loads_and_embeds(catalogue, method, tmp_path, steps):
    config = replace(TINY, method=method)
    trained = run(catalogue, tmp_path / "out", config)
    loaded = load(tmp_path / "out")
    stamps = catalogue.stamps([0, 5, 9])
    assert np.array_equal(loaded.embed(stamps), trained.embed(stamps))
    assert loaded.card["method"] == method
    assert loaded.card["training"] == json.loads((tmp_path / "out" / "config.json").read_text())
    assert math.isfinite(loaded.card["final_loss"])
    assert 0 <= loaded.card["metrics"]["balanced_accuracy"] <= 1
    assert steps == list(range(STEPS[method] * config.epochs))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]  # nothing is left elsewhere


@each_method
def test_the_card_tells_what_was_seen(catalogue, method, tmp_path):
    frame = catalogue.frame()
    tested = split.test_objects(frame)
    seen = frame[~frame["object_id"].isin(tested)]
    if method == "supervised":
        seen = seen[seen["label"].notna()]
    card = run(catalogue, tmp_path, replace(TINY, method=method)).card
    told = card["trained_on"]
    assert not tested & set(told["object_ids"])
    assert told["labels_used"] is (method in ("s-simclr", "supervised"))
    assert told["candids_sha256"] == candids_sha256(seen)
    assert told["surveys"] == ["simulated"] and "public ZTF alerts" not in card["licence"]


def test_simulated_stamps_are_trained_on_and_declared(catalogue, tmp_path, steps):
    told: list[int] = []
    config = replace(TINY, simulated=20)
    card = train(catalogue, config, tmp_path, progress=False, on_simulated=told.append).card
    assert sum(told) == 20
    assert len(steps) == 2 * ((card["trained_on"]["alerts"] + 40) // 16)
    assert card["trained_on"]["simulated"]["stamps"] == 40


@pytest.mark.parametrize("network", (EncoderConfig("rotation-cnn"), EncoderConfig("compact", crop=15, widths=(4,))))
def test_other_networks_are_trained_the_same_way(catalogue, network, tmp_path):
    trained = run(catalogue, tmp_path, replace(TINY, encoder=network, epochs=1))
    assert load(tmp_path).config == trained.config == network


@each_method
def test_training_changes_the_weights_and_lowers_the_loss(catalogue, method):
    config = replace(TINY, method=method, epochs=10, learning_rate=1e-2)
    data = training_set(catalogue, config)
    _, short = fit_network(replace(config, epochs=1), data)
    learner, long = fit_network(config, data)
    assert long < short - 0.1
    assert not learner.training
    fresh = Learner(config, len(data.classes)).state_dict()
    assert not any(torch.equal(value, fresh[name]) for name, value in learner.named_parameters())


def test_a_training_without_a_checkpoint_leaves_nothing_behind(catalogue, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fit_network(replace(TINY, epochs=1), training_set(catalogue, TINY))
    assert list(tmp_path.iterdir()) == []


def test_the_seed_decides_everything(catalogue, tmp_path):
    torch.manual_seed(1)
    first = run(catalogue, tmp_path / "first").card["weights_sha256"]
    torch.manual_seed(2)
    np.random.seed(7)
    assert run(catalogue, tmp_path / "again").card["weights_sha256"] == first
    assert run(catalogue, tmp_path / "other", replace(TINY, seed=1)).card["weights_sha256"] != first


@each_method
def test_a_training_cut_off_goes_on_to_the_same_weights(catalogue, method, tmp_path, monkeypatch, steps):
    config = replace(TINY, method=method, epochs=4)
    whole = run(catalogue, tmp_path / "whole", config)
    with monkeypatch.context() as patched:
        cut_off_at(2 * STEPS[method] + 1, OSError("power cut"), patched)  # in the middle of the third epoch
        with pytest.raises(OSError, match="power cut"):
            run(catalogue, tmp_path / "parts", config)
    assert not (tmp_path / "parts" / "card.json").exists()
    steps.clear()
    resumed = run(catalogue, tmp_path / "parts", config)
    assert steps == list(
        range(2 * STEPS[method], 4 * STEPS[method])
    )  # only what was missing, from the last whole epoch
    assert resumed.card["weights_sha256"] == whole.card["weights_sha256"]
    assert resumed.card["final_loss"] == whole.card["final_loss"]


def test_the_time_before_an_interruption_counts(catalogue, tmp_path, monkeypatch):
    config = replace(TINY, epochs=3)
    monkeypatch.setattr(Learner, "seconds", property(lambda self: self._earlier + 3600))
    with monkeypatch.context() as patched:
        cut_off_at(STEPS["simclr"] + 1, OSError("power cut"), patched)
        with pytest.raises(OSError, match="power cut"):
            run(catalogue, tmp_path, config)
    assert run(catalogue, tmp_path, config).card["minutes"] == 120


def test_every_epoch_has_an_order_and_views_of_its_own(catalogue, tmp_path, monkeypatch):
    orders: list[tuple[int, ...]] = []
    original = Learner.training_step

    def step(self, batch, batch_index):
        orders.append(tuple(batch[2].tolist()))  # every object has one stamp here, and so a number of its own
        return original(self, batch, batch_index)

    views: list[int] = []
    recipe = recipes.RECIPES[TINY.recipe]

    def draw(x, crop, generator):
        views.append(generator.initial_seed())
        return recipe(x, crop, generator)

    monkeypatch.setattr(Learner, "training_step", step)
    monkeypatch.setattr(training, "recipe_of", lambda name: draw)
    draw.geometric, draw.photometric = recipe.geometric, recipe.photometric
    run(catalogue, tmp_path, replace(TINY, epochs=3))
    steps = STEPS["simclr"]
    assert len(views) == 2 * len(set(views)) == 6 * steps  # a step's two views share a generator, no two steps do
    epochs = [list(itertools.chain(*orders[start : start + steps])) for start in range(0, 3 * steps, steps)]
    assert all(len(set(epoch)) == len(epoch) for epoch in epochs)  # no stamp twice
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_a_finished_training_is_not_repeated(catalogue, tmp_path, steps):
    first = run(catalogue, tmp_path)
    steps.clear()
    again = run(catalogue, tmp_path)
    assert steps == []
    assert again.card["weights_sha256"] == first.card["weights_sha256"]


def test_a_finished_training_is_not_simulated_again(catalogue, tmp_path, monkeypatch):
    config = replace(TINY, simulated=4, epochs=1)
    first = run(catalogue, tmp_path, config)

    def refuse(*_):
        raise AssertionError("simulated for nothing")

    monkeypatch.setattr(training_data, "simulate", refuse)
    assert run(catalogue, tmp_path, config).weights_sha256 == first.weights_sha256


def test_a_finished_training_keeps_its_card(catalogue, tmp_path):
    """What the run measured, its loss and its minutes, must not be overwritten by a run that did nothing."""
    first = run(catalogue, tmp_path)
    card = (tmp_path / "card.json").read_bytes()
    again = run(catalogue, tmp_path)
    assert again.card["final_loss"] == first.card["final_loss"]
    assert (tmp_path / "card.json").read_bytes() == card


@pytest.mark.parametrize(
    "change",
    (
        {"seed": 5},
        {"learning_rate": 1e-3},
        {"epochs": 3},
        {"simulated": 4},
        *({"method": name} for name in list(METHODS)[1:]),
    ),
    ids=str,
)
def test_another_configuration_is_another_training(catalogue, tmp_path, change, steps):
    first = run(catalogue, tmp_path)
    steps.clear()
    other = run(catalogue, tmp_path, replace(TINY, **change))
    assert steps[0] == 0
    assert other.card["weights_sha256"] != first.card["weights_sha256"]


def test_other_labels_are_another_training_where_labels_are_used(tmp_path, monkeypatch, steps):
    monkeypatch.setattr(training_data, "test_objects", lambda frame: set())  # the same alerts whatever their labels
    alerts = list(simulate_alerts(40, seed=1))
    made = Catalogue.create(tmp_path / "catalogue")
    ingest(alerts, made)
    for method, repeated, person in (
        ("s-simclr", False, "SN"),
        ("simclr", True, "VS"),
        ("supervised", False, "AGN"),
        ("simsiam", True, "bogus"),
    ):
        config = replace(TINY, method=method)
        run(made, tmp_path / method, config)
        changed = {alert.candid: Label(person, "a person") for alert in alerts[:10]}
        assert made.relabel(changed).size > 0
        steps.clear()
        run(made, tmp_path / method, config)
        assert (steps == []) is repeated


@pytest.mark.parametrize("cut", (1, STEPS["simclr"] + 1))
def test_giving_up_is_a_keyboard_interrupt_and_leaves_the_next_one_working(catalogue, tmp_path, monkeypatch, cut):
    """Lightning turns it into an exit and ignores further ones; the command line has something to say about it."""
    handler = signal.getsignal(signal.SIGINT)
    cut_off_at(cut, KeyboardInterrupt(), monkeypatch)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(catalogue, tmp_path)
        assert signal.getsignal(signal.SIGINT) is handler
        assert not (tmp_path / "card.json").exists()
    finally:
        signal.signal(signal.SIGINT, handler)


def test_lightning_s_own_messages_are_not_passed_on(catalogue, tmp_path, caplog):
    """Its advertisement and its list of accelerators are not for the person who trains."""
    caplog.set_level(logging.INFO, logger="lightning.pytorch")  # as in a fresh process
    run(catalogue, tmp_path)
    assert [record.getMessage() for record in caplog.records] == []
