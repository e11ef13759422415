"""Training: the losses from their papers' formulas, reproducible and resumable runs, and the ways it must stop."""

from __future__ import annotations

import itertools
import json
import logging
import math
import signal
import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from ztfexplore import augment, split
from ztfexplore import train as training
from ztfexplore.augment import Recipe, context_size
from ztfexplore.catalogue import Catalogue
from ztfexplore.encoder import EncoderConfig, load
from ztfexplore.errors import TrainingError
from ztfexplore.ingest import ingest
from ztfexplore.labels import Label
from ztfexplore.sources import simulated
from ztfexplore.train import Contrastive, TrainConfig, candids_sha256, train, training_set

TINY = TrainConfig(encoder=EncoderConfig(widths=(4, 8)), batch_size=16, projector=(8, 4), epochs=2)
STEPS = 3  # an epoch: of the 60 alerts some 48 are outside the test part
both_methods = pytest.mark.parametrize("method", ("simclr", "s-simclr"))
# Strict: the mark must go as soon as train.py does what these tests ask.


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    """Sixty labelled alerts, a dozen of them without their labels; not to be changed."""
    made = Catalogue.create(tmp_path_factory.mktemp("train") / "catalogue")
    alerts = list(simulated.read(60, seed=1))
    hidden = [replace(alert, label=None, label_source=None) for alert in alerts[:12]]
    ingest([*hidden, *alerts[12:]], made)
    return made


@pytest.fixture
def steps(monkeypatch) -> list[int]:
    """The global steps that were trained, in order."""
    done: list[int] = []
    original = Contrastive.training_step

    def step(self, batch, batch_index):
        done.append(self.global_step)
        return original(self, batch, batch_index)

    monkeypatch.setattr(Contrastive, "training_step", step)
    return done


def cut_off_at(step: int, error: BaseException, monkeypatch) -> None:
    """The power fails (or a person gives up) at this step."""
    original = Contrastive.training_step

    def training_step(self, batch, batch_index):
        if self.global_step == step:
            raise error
        return original(self, batch, batch_index)

    monkeypatch.setattr(Contrastive, "training_step", training_step)


def run(catalogue: Catalogue, output, config: TrainConfig = TINY):
    return train(catalogue, config, output, progress=False)


# --- the losses -----------------------------------------------------------------------------------------------------


def nt_xent(z: np.ndarray, temperature: float) -> float:
    """Chen et al. 2020, equation 1 and algorithm 1: z[i] and z[i + n] are views of the same stamp."""
    total, n = 0.0, len(z) // 2
    for i in range(2 * n):
        positive = (i + n) % (2 * n)
        similarities = [np.dot(z[i], other) / np.linalg.norm(z[i]) / np.linalg.norm(other) for other in z]
        denominator = sum(math.exp(similarities[k] / temperature) for k in range(2 * n) if k != i)
        total -= math.log(math.exp(similarities[positive] / temperature) / denominator)
    return total / (2 * n)


def supcon_out(z: np.ndarray, labels: list[int], temperature: float) -> float:
    """Khosla et al. 2020, equation 2 (the sum outside the logarithm), the mean over anchors."""
    total, everything = 0.0, range(len(z))
    for i in everything:
        positives = [p for p in everything if p != i and labels[p] == labels[i]]
        denominator = sum(math.exp(np.dot(z[i], z[a]) / temperature) for a in everything if a != i)
        inner = sum(math.log(math.exp(np.dot(z[i], z[p]) / temperature) / denominator) for p in positives)
        total -= inner / len(positives)
    return total / len(z)


def unit_vectors(n: int, dim: int = 4, seed: int = 0) -> Tensor:
    drawn = torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(drawn, dim=1)


@pytest.mark.parametrize("temperature", (0.07, 0.2, 1.0))
@pytest.mark.parametrize("n", (2, 7, 16))
def test_simclr_s_loss_is_nt_xent(n, temperature):
    module = Contrastive(replace(TINY, temperature=temperature))
    z = unit_vectors(2 * n, seed=n)
    own = torch.from_numpy(training._labels(pd.Series(["SN"] * n), use=False))
    assert module.loss(z, torch.cat([own, own])).item() == pytest.approx(nt_xent(z.numpy(), temperature), abs=1e-5)


@pytest.mark.parametrize("temperature", (0.1, 0.5))
@pytest.mark.parametrize(
    "labels",
    (
        ["SN", "AGN", "SN", "SN", "VS", "AGN"],
        ["SN", None, "SN", None, None, "AGN"],
        [None, None, None],
    ),
    ids=("labelled", "in part", "unlabelled"),
)
def test_s_simclr_s_loss_is_supcon(labels, temperature):
    module = Contrastive(replace(TINY, method="s-simclr", temperature=temperature))
    z = unit_vectors(2 * len(labels), seed=3)
    classes = training._labels(pd.Series(labels, dtype=object), use=True)
    twice = np.concatenate([classes, classes])
    expected = supcon_out(z.numpy(), twice.tolist(), temperature)
    assert module.loss(z, torch.from_numpy(twice)).item() == pytest.approx(expected, abs=1e-5)


def test_unlabelled_stamps_are_classes_of_their_own_and_simclr_knows_no_labels():
    labels = pd.Series(["SN", None, "VS", "SN", None], dtype=object)
    first, other, star, second, another = training._labels(labels, use=True).tolist()
    assert first == second
    assert len({first, other, star, another}) == 4
    assert len(set(training._labels(labels, use=False).tolist())) == 5


def test_a_training_step_compares_two_views_of_every_stamp(monkeypatch):
    """The loss of a step, from its own parts: two views by the recipe, the projector's output, NT-Xent."""
    module = Contrastive(TINY)
    images = torch.randn(16, 3, context_size(21), context_size(21), generator=torch.Generator().manual_seed(0))
    seen: list[Tensor] = []
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    module.projector.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    views: list[Tensor] = []
    module.backbone.register_forward_pre_hook(lambda _module, inputs: views.append(inputs[0]))
    loss = module.training_step((images, torch.arange(16)), 0)
    (projected,), (both,) = seen, views
    assert loss.item() == pytest.approx(nt_xent(projected.detach().numpy(), TINY.temperature), abs=1e-5)
    assert both.shape == (32, 3, 21, 21)
    assert not torch.allclose(both[:16], both[16:], atol=0.1)  # the two views differ


# --- what it sees ---------------------------------------------------------------------------------------------------


@both_methods
def test_the_test_part_s_objects_are_left_out(catalogue, method, tmp_path):
    frame = catalogue.frame()
    tested = split.test_objects(frame)
    data = training_set(catalogue, replace(TINY, method=method))
    assert len(tested) >= 8
    assert set(data.frame["object_id"]) == set(frame["object_id"]) - tested
    assert len(data.images) == len(data.labels) == len(data.frame) == len(frame) - len(tested)
    card = run(catalogue, tmp_path, replace(TINY, method=method)).card
    assert not tested & set(card["trained_on"]["object_ids"])
    assert card["trained_on"]["labels_used"] is (method == "s-simclr")
    assert card["trained_on"]["candids_sha256"] == candids_sha256(frame[~frame["object_id"].isin(tested)])


def test_other_alerts_of_a_test_object_are_left_out_even_unlabelled(tmp_path):
    made = Catalogue.create(tmp_path / "catalogue")
    alerts = list(simulated.read(60, seed=1))
    again = [
        replace(alert, candid=alert.candid + 1000, label=None, label_source=None) for alert in alerts
    ]
    ingest([*alerts, *again], made)
    data = training_set(made, TINY)
    tested = split.test_objects(made.frame())
    assert len(data.frame) == 120 - 2 * len(tested)


def test_a_training_without_any_labels_uses_everything(tmp_path):
    made = Catalogue.create(tmp_path / "catalogue")
    ingest([replace(alert, label=None, label_source=None) for alert in simulated.read(40, seed=1)], made)
    data = training_set(made, TINY)
    assert len(data.frame) == 40
    assert torch.isfinite(data.images).all()
    assert data.images.shape[1:] == (3, context_size(21), context_size(21))


def test_a_hash_of_candids_tells_the_last_digit_and_not_the_order():
    one, two = 1_000_000_000_000_000_001, 1_000_000_000_000_000_002
    hashed = [candids_sha256(pd.DataFrame({"candid": ids})) for ids in ([one, two], [two, one], [one, one + 2])]
    assert hashed[0] == hashed[1] != hashed[2]


# --- runs -----------------------------------------------------------------------------------------------------------


@both_methods
def test_a_run_writes_an_encoder_that_loads_and_embeds(catalogue, method, tmp_path, steps):
    config = replace(TINY, method=method)
    trained = run(catalogue, tmp_path / "out", config)
    loaded = load(tmp_path / "out")
    stamps = catalogue.stamps([0, 5, 9])
    assert np.array_equal(loaded.embed(stamps), trained.embed(stamps))
    assert loaded.card["method"] == method
    assert loaded.card["training"] == json.loads((tmp_path / "out" / "config.json").read_text())
    assert math.isfinite(loaded.card["final_loss"])
    assert steps == list(range(STEPS * config.epochs))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]  # nothing is left elsewhere


def test_training_changes_the_weights_and_lowers_the_loss(catalogue, tmp_path):
    config = replace(TINY, epochs=10, learning_rate=1e-2)
    short = run(catalogue, tmp_path / "short", replace(config, epochs=1))
    long = run(catalogue, tmp_path / "long", config)
    assert long.card["final_loss"] < short.card["final_loss"] - 0.1


def test_the_seed_decides_everything(catalogue, tmp_path):
    torch.manual_seed(1)
    first = run(catalogue, tmp_path / "first").card["weights_sha256"]
    torch.manual_seed(2)
    np.random.seed(7)
    assert run(catalogue, tmp_path / "again").card["weights_sha256"] == first
    assert run(catalogue, tmp_path / "other", replace(TINY, seed=1)).card["weights_sha256"] != first


@both_methods
def test_a_training_cut_off_goes_on_to_the_same_weights(catalogue, method, tmp_path, monkeypatch, steps):
    config = replace(TINY, method=method, epochs=4)
    whole = run(catalogue, tmp_path / "whole", config)
    with monkeypatch.context() as patched:
        cut_off_at(2 * STEPS + 1, OSError("power cut"), patched)  # in the middle of the third epoch
        with pytest.raises(OSError, match="power cut"):
            run(catalogue, tmp_path / "parts", config)
    assert not (tmp_path / "parts" / "card.json").exists()
    steps.clear()
    resumed = run(catalogue, tmp_path / "parts", config)
    assert steps == list(range(2 * STEPS, 4 * STEPS))  # only what was missing, from the last whole epoch
    assert resumed.card["weights_sha256"] == whole.card["weights_sha256"]
    assert resumed.card["final_loss"] == whole.card["final_loss"]


def test_every_epoch_has_an_order_and_views_of_its_own(catalogue, tmp_path, monkeypatch):
    orders: list[tuple[int, ...]] = []
    original = Contrastive.training_step

    def step(self, batch, batch_index):
        orders.append(tuple(batch[1].tolist()))
        return original(self, batch, batch_index)

    views: list[int] = []
    recipe = augment.RECIPES[TINY.recipe]

    def draw(x, crop, generator):
        views.append(generator.initial_seed())
        return recipe(x, crop, generator)

    monkeypatch.setattr(Contrastive, "training_step", step)
    monkeypatch.setitem(augment.RECIPES, TINY.recipe, draw)
    draw.geometric, draw.photometric = recipe.geometric, recipe.photometric
    run(catalogue, tmp_path, replace(TINY, epochs=3))
    assert len(set(views)) == 3 * STEPS  # the two views of a step share a generator, no two steps do
    epochs = [list(itertools.chain(*orders[start : start + STEPS])) for start in range(0, 3 * STEPS, STEPS)]
    assert all(len(set(epoch)) == len(epoch) for epoch in epochs)  # no stamp twice
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_a_finished_training_is_not_repeated(catalogue, tmp_path, steps):
    first = run(catalogue, tmp_path)
    steps.clear()
    again = run(catalogue, tmp_path)
    assert steps == []
    assert again.card["weights_sha256"] == first.card["weights_sha256"]


def test_a_finished_training_keeps_its_card(catalogue, tmp_path, monkeypatch):
    """What the run measured, its loss and its minutes, must not be overwritten by a run that did nothing."""
    first = run(catalogue, tmp_path)
    card = (tmp_path / "card.json").read_bytes()
    again = run(catalogue, tmp_path)
    assert again.card["final_loss"] == first.card["final_loss"]
    assert (tmp_path / "card.json").read_bytes() == card


@pytest.mark.parametrize(
    "change", ({"seed": 5}, {"learning_rate": 1e-3}, {"epochs": 3}, {"method": "s-simclr"}), ids=str
)
def test_another_configuration_is_another_training(catalogue, tmp_path, change, steps):
    first = run(catalogue, tmp_path)
    steps.clear()
    other = run(catalogue, tmp_path, replace(TINY, **change))
    assert steps[0] == 0
    assert other.card["weights_sha256"] != first.card["weights_sha256"]


def test_other_labels_are_another_training_where_labels_are_used(tmp_path, monkeypatch, steps):
    monkeypatch.setattr(training, "test_objects", lambda frame: set())  # the same alerts whatever their labels
    alerts = list(simulated.read(40, seed=1))
    made = Catalogue.create(tmp_path / "catalogue")
    ingest(alerts, made)
    for method, repeated in (("s-simclr", False), ("simclr", True)):
        config = replace(TINY, method=method)
        run(made, tmp_path / method, config)
        changed = {alert.candid: Label("SN" if method == "s-simclr" else "VS", "a person") for alert in alerts[:10]}
        assert made.relabel(changed) > 0
        steps.clear()
        run(made, tmp_path / method, config)
        assert (steps == []) is repeated


@pytest.mark.parametrize("cut", (1, STEPS + 1))
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


def test_the_card_does_not_call_simulated_alerts_ztf_s(catalogue, tmp_path):
    card = run(catalogue, tmp_path).card
    assert card["trained_on"]["surveys"] == ["simulated"]
    assert "public ZTF alerts" not in card["licence"]


def test_lightning_s_own_messages_are_not_passed_on(catalogue, tmp_path, caplog):
    """Its advertisement and its list of accelerators are not for the person who trains."""
    caplog.set_level(logging.INFO, logger="lightning.pytorch")  # as in a fresh process
    run(catalogue, tmp_path)
    assert [record.getMessage() for record in caplog.records] == []


# --- the ways it stops ----------------------------------------------------------------------------------------------


def test_an_unknown_method_names_those_there_are(catalogue, tmp_path):
    with pytest.raises(TrainingError, match=r"byol.*simclr, s-simclr"):
        run(catalogue, tmp_path, replace(TINY, method="byol"))


def test_too_few_alerts(catalogue, tmp_path):
    with pytest.raises(TrainingError, match="too few for batches of 64"):
        run(catalogue, tmp_path, replace(TINY, batch_size=64))
    assert not list(tmp_path.glob("*.safetensors"))


def test_an_empty_catalogue(tmp_path):
    with pytest.raises(TrainingError, match="0 alerts are too few"):
        run(Catalogue.create(tmp_path / "catalogue"), tmp_path / "out")


class Spoil:
    """An augmentation that goes wrong."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return torch.full_like(x, self.value)


@both_methods
def test_a_loss_that_is_no_number_stops_the_training(catalogue, method, tmp_path, monkeypatch):
    monkeypatch.setitem(augment.RECIPES, "broken", Recipe(photometric=(Spoil(float("nan")),)))
    with pytest.raises(TrainingError, match="nan at step 0"):
        run(catalogue, tmp_path, replace(TINY, method=method, recipe="broken"))
    assert not (tmp_path / "card.json").exists()


@both_methods
def test_a_collapse_stops_the_training(catalogue, method, tmp_path, monkeypatch):
    monkeypatch.setitem(augment.RECIPES, "blank", Recipe(photometric=(Spoil(0.0),)))
    with pytest.raises(TrainingError, match="collapse"):
        run(catalogue, tmp_path, replace(TINY, method=method, recipe="blank"))
    assert not (tmp_path / "card.json").exists()


@pytest.mark.parametrize(
    "change",
    (
        {"recipe": "no such recipe"},
        {"encoder": EncoderConfig(widths=(4, 8), crop=51)},
        {"encoder": EncoderConfig(widths=(4, 8), channels=1)},
    ),
    ids=("unknown recipe", "no room to turn", "channels"),
)
def test_a_configuration_that_does_not_fit_is_refused(catalogue, tmp_path, change):
    """A crop of 51 pixels needs more room to turn than stamps of 63 have."""
    with pytest.raises(TrainingError):
        run(catalogue, tmp_path, replace(TINY, **change))


def test_s_simclr_without_a_label_is_refused(tmp_path):
    made = Catalogue.create(tmp_path / "catalogue")
    ingest([replace(alert, label=None, label_source=None) for alert in simulated.read(40, seed=1)], made)
    with pytest.raises(TrainingError, match="label"):
        run(made, tmp_path / "out", replace(TINY, method="s-simclr"))


def test_a_handful_of_labels_does_not_keep_simclr_from_training(tmp_path):
    """Too few for a test part; SimCLR needs neither."""
    made = Catalogue.create(tmp_path / "catalogue")
    alerts = list(simulated.read(40, seed=1))
    ingest([*alerts[:3], *(replace(alert, label=None, label_source=None) for alert in alerts[3:])], made)
    assert len(training_set(made, TINY).frame) >= 37


def test_a_folder_that_cannot_be_written(catalogue, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match="file"):
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
    for alert in simulated.read(60, seed=1, weights={"SN": 1, "VS": 1}):
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
