"""A single augmentation as a person chooses it: its name, its meaning, and a slider that does something."""

from __future__ import annotations

import pytest
import torch

from tests.support.views import seeded
from ztfexplore.augment.augmentation import ASTRONOMICAL, AUGMENTATIONS, SIMCLR
from ztfexplore.augment.recipes import RECIPES

each = pytest.mark.parametrize("name", AUGMENTATIONS)


def stamps(n: int = 60) -> torch.Tensor:
    x = torch.randn(n, 3, 35, 35, generator=seeded(3))
    x[:, :, 14:20, 14:20] += torch.tensor([50.0, 20.0, 30.0])[None, :, None, None]
    return x


@each
def test_a_name_its_strength_and_a_meaning(name):
    one = AUGMENTATIONS[name]
    assert one.name == name
    assert one.set in (SIMCLR, ASTRONOMICAL)
    assert one.meaning.endswith(".")
    assert "+" not in name  # which joins names
    if one.strength is not None:
        assert one.strength.low <= one.strength.default <= one.strength.high
        assert getattr(one.made, one.strength.parameter) == one.strength.default
        assert one.strength.unit


@each
def test_the_slider_goes_from_little_to_much(name):
    one = AUGMENTATIONS[name]
    if one.strength is None:
        return
    x = stamps()
    weak, strong = one.strength.low, one.strength.high
    if one.strength.reversed:
        weak, strong = strong, weak
    before = RECIPES["none"](x, 21, seeded())
    change = [(one.recipe(at)(x, 21, seeded()) - before).abs().mean() for at in (weak, strong)]
    assert change[1] > 2 * change[0]
    assert one.at(one.strength.default) == one.at() == one.made


@each
def test_always_is_every_sample(name):
    one = AUGMENTATIONS[name]
    x = stamps(200)
    before = RECIPES["none"](x, 21, seeded())
    changed = ((one.recipe(always=True)(x, 21, seeded()) - before).abs() > 1e-3).flatten(1).any(dim=1)
    # A turn by nothing, a whole box, a narrow Gaussian, a mask beyond the edge or in the middle are draws as well.
    least = {"quarter-turn": 0.75, "mask-pixels": 0.7, "blur": 0.8, "psf-blur": 0.7}.get(name, 0.93)
    assert changed.float().mean() >= least
    assert 0 < one.probability <= 1
