"""Composing: joined names, full sets, and recipes that draw what they drew."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.support.trainings import TINY
from ztfexplore.augment import recipes
from ztfexplore.augment.recipes import RECIPES, Recipe
from ztfexplore.augment.registry import AUGMENTATIONS, SETS, SIMCLR, compose, recipe_of
from ztfexplore.cli.commands import train
from ztfexplore.errors import TrainingError
from ztfexplore.training.config import TrainConfig, check
from ztfexplore.training.data import context
from ztfexplore.training.train import Learner

NAMES = list(AUGMENTATIONS)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def stamps(n: int = 60) -> torch.Tensor:
    x = torch.randn(n, 3, 35, 35, generator=seeded(3))
    x[:, :, 14:20, 14:20] += torch.tensor([50.0, 20.0, 30.0])[None, :, None, None]
    return x


# Two pixels of four views by each recipe, as they were when the shipped encoders were trained.
DRAWN = {
    "none": (50.319, 50.835, 49.896, 49.023, 49.811, 49.796, 50.024, 49.701),
    "astronomical": (46.103, 45.847, 67.429, 66.927, 35.518, 36.187, 41.015, 40.383),
    "astronomical-resampled": (63.880, 64.772, 89.279, 88.328, 40.031, 43.279, 85.264, 84.975),
    "galaxies": (127.565, 127.492, 263.292, 265.473, 54.037, 52.821, 20.834, 20.556),
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_recipes_of_shipped_encoders_draw_what_they_drew(name):
    """Their weights must come out the same when they are trained again."""
    view = RECIPES[name](stamps(4), 21, seeded())
    assert view[:, 0, 10, 8:10].flatten().tolist() == pytest.approx(DRAWN[name], abs=2e-3)


def test_the_recipe_simclr_is_the_set_simclr():
    assert compose(SETS[SIMCLR]) == RECIPES["simclr"] == recipe_of("simclr")
    assert recipe_of("+".join(SETS[SIMCLR])) == RECIPES["simclr"]


def test_the_mild_recipe_has_the_same_parts_and_changes_less():
    full, mild = RECIPES["simclr"], RECIPES["simclr-mild"]
    assert [type(one) for one in full.photometric] == [type(one) for one in mild.photometric]
    x = stamps(200)
    before = RECIPES["none"](x, 21, seeded())
    change = [(recipe(x, 21, seeded()) - before).abs().mean() for recipe in (full, mild)]
    assert change[0] > 1.2 * change[1]


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
def test_joined_names_are_composed_in_their_order(names):
    recipe = recipe_of("+".join(names))
    assert recipe == compose(names)
    steps = [AUGMENTATIONS[name].made for name in names]
    assert list(recipe.geometric) == [step for step in steps if hasattr(step, "draw")]
    assert list(recipe.photometric) == [step for step in steps if not hasattr(step, "draw")]


def test_nothing_composed_is_the_centre_crop():
    assert compose([]) == Recipe() == recipe_of("none")


@pytest.mark.parametrize("name", ("", "+", "rotate+", "rotate+cubist", "simclr+flip", "rotate flip", "ROTATE"))
def test_what_there_is_not_is_named(name):
    with pytest.raises(TrainingError, match=r"unknown; there are none, astronomical.*joined by \+: flip"):
        recipe_of(name)


def test_an_unknown_augmentation_is_named():
    with pytest.raises(TrainingError, match=r"'cubist': unknown; there are flip"):
        compose(["flip", "cubist"])


def test_every_full_set_is_made_of_what_there_is():
    for names in SETS.values():
        assert set(names) <= set(NAMES)
        assert len(set(names)) == len(names)


def test_a_training_takes_joined_names_and_gives_what_turns_room():
    config = replace(TrainConfig(), recipe="sky-noise+grayscale")
    check(config)
    assert context(config) == config.encoder.crop
    turned = replace(config, recipe="rotate+sky-noise")
    check(turned)
    assert context(turned) == recipes.context_size(config.encoder.crop)
    with pytest.raises(TrainingError, match="recipe rotate\\+cubist: unknown"):
        check(replace(config, recipe="rotate+cubist"))


def test_the_command_names_every_recipe_and_augmentation():
    (option,) = (parameter for parameter in train.params if parameter.name == "recipe")
    words = re.sub("[,.;]", " ", option.help).split()
    assert set(RECIPES) | set(NAMES) <= set(words)


def test_a_learner_draws_by_joined_names():
    learner = Learner(replace(TINY, recipe="rotate+sky-noise"))
    assert learner.recipe == compose(["rotate", "sky-noise"])
