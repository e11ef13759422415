"""The declared methods: each has its paper, its values and the objective of its paper."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from tests.support.trainings import TINY, each_method
from ztfexplore.encoders.backbones import build
from ztfexplore.training.config import METHODS, check
from ztfexplore.training.objectives import Contrastive, SimSiam, Supervised
from ztfexplore.training.train import objective

SHIPPED = ["simclr", "s-simclr", "simsiam", "supervised"]


def test_every_method_has_values_of_its_own():
    assert [name for name in METHODS if name in SHIPPED] == SHIPPED
    for name, method in METHODS.items():
        assert method.config.method == method.name == name
        assert method.title and method.paper and method.learned.startswith("learned")
        check(method.config)


def test_only_two_methods_look_at_labels():
    assert [name for name in METHODS if METHODS[name].config.uses_labels] == ["s-simclr", "supervised"]


def test_defaults_keep_the_channels_three_channels():
    """SimCLR's original recipe is for the ablation and the inspector."""
    assert all(config.recipe.startswith("astronomical") for config in (method.config for method in METHODS.values()))


@pytest.mark.parametrize("method", ("simclr", "s-simclr", "simsiam", "supervised"))
def test_each_method_has_the_objective_of_its_paper(method):
    config = replace(TINY, method=method, temperature=0.3, smoothing=0.1)
    made = objective(config, SimpleNamespace(embedding_dim=36), 5)
    kind = {"simsiam": SimSiam, "supervised": Supervised}.get(method, Contrastive)
    assert type(made) is kind
    if kind is Supervised:
        assert (made.classifier.out_features, made.smoothing) == (5, 0.1)
    else:
        linear = [layer.out_features for layer in made.projector.modules() if isinstance(layer, torch.nn.Linear)]
        assert linear == [8, 4]
    if kind is Contrastive:
        assert made.loss.temperature == 0.3


def noise(seed: int) -> Tensor:
    return torch.randn(12, 3, 21, 21, generator=torch.Generator().manual_seed(seed))


@each_method
def test_a_step_teaches_every_layer_of_the_network(method):
    torch.manual_seed(0)
    backbone = build(TINY.encoder, seed=1)
    made = METHODS[method].build(replace(TINY, method=method), backbone, 3)
    outcome = made.step(backbone, (noise(1), noise(2)), torch.arange(12) % 3)
    outcome.loss.backward()
    assert math.isfinite(outcome.loss.item()) and 0 < outcome.spread.item() < 1.5
    still = [name for name, one in backbone.named_parameters() if one.grad is None or not one.grad.abs().max() > 0]
    assert still == []
