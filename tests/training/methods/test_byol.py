"""BYOL: the paper's equations in plain loops, lightly's pieces, collapse, and a run from the command to the page."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from lightly.loss import NegativeCosineSimilarity
from lightly.models.utils import update_momentum
from lightly.utils.scheduler import cosine_schedule
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

from tests.support.errors import refused
from tests.support.places import ROOT
from tests.support.trainings import STEPS, TINY, cut_off_at, run, sixty_alerts
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.cli import main
from ztfexplore.encoders.backbones import build
from ztfexplore.errors import TrainingError
from ztfexplore.training.config import METHODS, check
from ztfexplore.training.data import training_set
from ztfexplore.training.methods import byol
from ztfexplore.training.objectives import Composed
from ztfexplore.training.train import COLLAPSED, Learner, fit_network

BYOL = replace(TINY, method="byol")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    return sixty_alerts(tmp_path_factory.mktemp("byol"))


def views(seed: int, n: int = 12) -> Tensor:
    return torch.randn(n, 3, 21, 21, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def made() -> tuple[nn.Module, Composed]:
    """A backbone and the objective on it, whose target has moved away from it."""
    torch.manual_seed(0)
    backbone = build(TINY.encoder, seed=1)
    objective = METHODS["byol"].build(BYOL, backbone, 0)
    with torch.no_grad():
        for name in ("target_backbone", "target_projector"):
            for parameter in objective.networks[name].parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
    return backbone, objective


# --- the loss ---------------------------------------------------------------------------------------------------------


def mean_squared_distance(predictions: np.ndarray, targets: np.ndarray) -> float:
    """Equation 2: the squared distance of the unit vectors, as the paper writes it, the mean over a batch."""
    total = 0.0
    for q, z in zip(predictions, targets, strict=True):
        q, z = q / math.sqrt(sum(q**2)), z / math.sqrt(sum(z**2))
        total += sum((a - b) ** 2 for a, b in zip(q, z, strict=True))
    return total / len(predictions)


def outputs(backbone: nn.Module, objective: Composed, first: Tensor, second: Tensor) -> list[Tensor]:
    """Predictions and targets of both views, with the statistics of the whole batch as in training."""
    both, parts = torch.cat([first, second]), objective.networks
    with torch.no_grad():
        predicted = parts["predictor"](parts["projector"](backbone(both)))
        target = parts["target_projector"](parts["target_backbone"](both))
    return [*predicted.chunk(2), *target.chunk(2)]


@pytest.mark.parametrize("n", (2, 7, 16))
def test_the_loss_is_equation_2_for_both_orders(made, n):
    backbone, objective = made
    found = objective.step(backbone, (views(1, n), views(2, n)), torch.zeros(n)).loss.item()
    q1, q2, z1, z2 = outputs(backbone, objective, views(1, n), views(2, n))
    by_hand = mean_squared_distance(q1.numpy(), z2.numpy()) + mean_squared_distance(q2.numpy(), z1.numpy())
    assert found == pytest.approx(by_hand, abs=1e-5)
    lightly = NegativeCosineSimilarity()
    assert found == pytest.approx(4 + 2 * lightly(q1, z2).item() + 2 * lightly(q2, z1).item(), abs=1e-5)
    assert 0 <= found <= 8


def test_the_target_is_held_still_and_the_rest_learns(made):
    backbone, objective = made
    objective.step(backbone, (views(1), views(2)), torch.zeros(12)).loss.backward()
    for name, network in objective.networks.items():
        learns = not name.startswith("target")
        assert all((one.grad is not None) is learns for one in network.parameters()), name
        assert all(one.requires_grad is learns for one in network.parameters()), name
    assert any(one.grad.abs().max() > 0 for one in backbone.parameters())


def test_labels_are_not_used(made):
    backbone, objective = made
    losses = {objective.step(backbone, (views(1), views(2)), labels).loss for labels in (torch.zeros(12), None)}
    assert len({round(loss.item(), 6) for loss in losses}) == 1


# --- the target -------------------------------------------------------------------------------------------------------


def test_the_target_begins_as_a_copy_and_follows_the_online_network(made):
    backbone = build(TINY.encoder, seed=1)
    objective = METHODS["byol"].build(BYOL, backbone, 0)
    target = objective.networks["target_backbone"]
    assert all(torch.equal(a, b) for a, b in zip(target.parameters(), backbone.parameters(), strict=True))
    assert not {id(one) for one in target.parameters()} & {id(one) for one in backbone.parameters()}


@pytest.mark.parametrize("progress", (0.0, 0.3, 1.0))
def test_the_update_is_equation_1(made, progress):
    backbone, objective = made
    keep, parts = byol.momentum(0.99, progress), objective.networks
    target, copy = parts["target_backbone"], build(TINY.encoder, seed=3)
    copy.load_state_dict(target.state_dict())
    pairs = list(zip(flat(target, parts["target_projector"]), flat(backbone, parts["projector"]), strict=True))
    objective.after_step(backbone, progress)
    by_hand = [keep * slow + (1 - keep) * fast for slow, fast in pairs]
    assert flat(target, parts["target_projector"]) == pytest.approx(by_hand, abs=1e-6)
    update_momentum(backbone, copy, keep)
    assert flat(target) == pytest.approx(flat(copy), abs=1e-6)
    assert not any(one.requires_grad for one in target.parameters())


def flat(*networks: nn.Module) -> list[float]:
    """All weights one after another."""
    return [value for network in networks for one in network.parameters() for value in one.flatten().tolist()]


def test_the_momentum_rises_from_its_base_to_one_along_half_a_cosine():
    assert byol.momentum(0.99, 0.0) == pytest.approx(0.99) and byol.momentum(0.99, 1.0) == 1
    assert byol.momentum(0.9, 0.5) == pytest.approx(0.95)
    steps = 101
    found = [byol.momentum(0.99, step / (steps - 1)) for step in range(steps)]
    assert found == sorted(found)
    assert found == pytest.approx([cosine_schedule(step, steps, 0.99, 1.0) for step in range(steps)])


def test_the_target_moves_in_a_training_and_less_with_more_momentum(catalogue):
    moved = []
    for base in (0.5, 0.99, 1.0):
        config = replace(BYOL, options={"momentum": base})
        learner, _ = fit_network(config, training_set(catalogue, config))
        fresh = Learner(config).objective.networks["target_backbone"]
        target = learner.objective.networks["target_backbone"]
        pairs = zip(target.parameters(), fresh.parameters(), strict=True)
        moved.append(sum((a - b).abs().sum().item() for a, b in pairs))
    assert moved[0] > moved[1] > moved[2] == 0


@pytest.mark.parametrize(
    ("options", "named"),
    (({"momentum": 1.5}, ("momentum", 1.5)), ({"tau": 0.9}, ("tau", "momentum"))),
)
def test_a_momentum_that_makes_no_sense_is_named(options, named):
    with refused(TrainingError, *named):
        check(replace(BYOL, options=options))


# --- collapse ---------------------------------------------------------------------------------------------------------


class Fixed(nn.Module):
    """A backbone that gives the same vectors whatever it sees."""

    embedding_dim = 24

    def __init__(self, vectors: Tensor) -> None:
        super().__init__()
        self.vectors = vectors

    def forward(self, x: Tensor) -> Tensor:
        return self.vectors


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("projector", ((8, 4), (64, 32), (64, 64, 64)))
def test_a_collapse_is_told_whatever_rounding_does(seed, projector):
    torch.manual_seed(seed)
    wide = Fixed(torch.randn(64, 24))
    objective = METHODS["byol"].build(replace(BYOL, projector=projector), wide, 0)
    batch = (torch.zeros(32, 1), torch.zeros(32, 1))
    assert objective.step(wide, batch, None).spread > 10 * COLLAPSED
    for noise in (0.0, 1e-6):
        alike = Fixed(torch.ones(64, 24) + noise * torch.randn(64, 24))
        assert objective.step(alike, batch, None).spread < COLLAPSED / 10
    nn.init.zeros_(objective.networks["projector"][0].weight)  # the embeddings differ, the projections do not
    assert objective.step(wide, batch, None).spread < COLLAPSED / 10


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_resumed_training_has_the_same_weights_and_the_same_target(catalogue, tmp_path, monkeypatch):
    config = replace(BYOL, epochs=4, options={"momentum": 0.8})
    data = training_set(catalogue, config)
    whole, _ = fit_network(config, data, tmp_path / "whole" / "one.ckpt")
    with monkeypatch.context() as patched:
        cut_off_at(2 * STEPS["byol"] + 1, OSError("power cut"), patched)
        with pytest.raises(OSError, match="power cut"):
            fit_network(config, data, tmp_path / "parts" / "one.ckpt")
    resumed, _ = fit_network(config, data, tmp_path / "parts" / "one.ckpt")
    states = whole.state_dict(), resumed.state_dict()
    assert any(name.startswith("objective.networks.target_backbone") for name in states[0])
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_what_is_kept_is_the_online_backbone(catalogue, tmp_path):
    card = run(catalogue, tmp_path, BYOL).card
    assert (card["title"], card["papers"]) == ("BYOL", "Grill et al. 2020, arXiv:2006.07733")
    assert not card["trained_on"]["labels_used"] and card["embedding_dim"] == 36


def test_from_the_command_line_to_the_page(catalogue, tmp_path, monkeypatch):
    def command(*arguments: str) -> dict:
        done = CliRunner().invoke(main, [*arguments, "--catalogue", str(catalogue.path), "--json"])
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    folder = str(tmp_path / "byol")
    options = "--simulated 0 --epochs 1 --batch-size 16 --crop 15 --option momentum=0.9"
    weights = command("train", "--method", "byol", "--output", folder, *options.split())["weights_sha256"]
    assert json.loads((tmp_path / "byol" / "card.json").read_text())["training"]["options"] == {"momentum": 0.9}
    name = f"byol-{weights[:8]}"
    assert command("embed", "--encoder", folder)["encoder"] == name
    assert command("project", "--encoder", folder)["made"]
    assert name in command("info")["encoders"]
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(catalogue.path))
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path)
    page = AppTest.from_file(str(ROOT / "pages" / "explore.py"), default_timeout=60).run()
    assert not page.exception
    (sent,) = [
        message
        for message in (json.loads(element.proto.json) for element in page.get("bidi_component"))
        if message.get("role") == "maps"
    ]
    assert [panel["title"].split(" · ")[0] for panel in sent["panels"]] == [f"BYOL {weights[:8]}"]
    assert any("*BYOL* learned without labels" in element.value for element in page.markdown)


def test_the_help_names_it_and_its_momentum():
    text = " ".join(CliRunner().invoke(main, ["train", "--help"]).stdout.split())
    assert "byol" in text and "momentum of BYOL" in text
