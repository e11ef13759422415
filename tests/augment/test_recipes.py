"""Recipes: every sample draws its own, a seed repeats them, and no view reaches beyond its context."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.views import random_stamps, seeded
from ztfexplore.alerts import stamps
from ztfexplore.augment import recipes
from ztfexplore.augment.augmentations.blur import Blur
from ztfexplore.augment.augmentations.drop_channel import DropChannel
from ztfexplore.augment.augmentations.flip import Flip
from ztfexplore.augment.augmentations.flux import ScaleFlux
from ztfexplore.augment.augmentations.mask_pixels import MaskPixels
from ztfexplore.augment.augmentations.quarter_turn import QuarterTurn
from ztfexplore.augment.augmentations.rotate import Rotate
from ztfexplore.augment.augmentations.shift import Shift
from ztfexplore.augment.augmentations.sky_noise import SkyNoise
from ztfexplore.augment.augmentations.zoom import Zoom
from ztfexplore.augment.recipes import RECIPES, Recipe, context_size

GEOMETRIC = (Rotate(), Flip(), Shift(2.0), Zoom(1.3))
PHOTOMETRIC = (QuarterTurn(), Blur(2.0, 1.0), SkyNoise(), ScaleFlux(), MaskPixels(8, 1.0), DropChannel(1.0))
RECIPE_OF = {type(one).__name__: Recipe(geometric=(one,)) for one in GEOMETRIC}
RECIPE_OF |= {type(one).__name__: Recipe(photometric=(one,)) for one in PHOTOMETRIC}
RECIPE_OF["astronomical"] = RECIPES["astronomical"]
each_recipe = pytest.mark.parametrize("recipe", RECIPE_OF.values(), ids=RECIPE_OF.keys())


# --- every sample its own, every seed again -------------------------------------------------------------------------


@each_recipe
def test_samples_of_one_batch_draw_their_own(recipe):
    views = recipe(random_stamps(1).repeat(32, 1, 1, 1), 21, seeded())
    distinct = {view.numpy().tobytes() for view in views}
    # Mirrors, quarter turns and channels have few outcomes, some masks lie beyond the edge; the rest is continuous.
    fewer = {"Flip": 2, "QuarterTurn": 8, "DropChannel": 3, "MaskPixels": 20}
    assert len(distinct) >= {RECIPE_OF[name]: count for name, count in fewer.items()}.get(recipe, 32)


@each_recipe
def test_a_seed_repeats_its_views_and_another_seed_does_not(recipe):
    x = random_stamps(8)
    first, again, other = (recipe(x, 21, seeded(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@each_recipe
def test_views_leave_the_stamps_and_the_global_random_state_alone(recipe):
    x = random_stamps(8)
    before, state = x.clone(), torch.random.get_rng_state()
    recipe(x, 21, seeded())
    assert torch.equal(x, before)
    assert torch.equal(torch.random.get_rng_state(), state)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 5),
    channels=st.integers(1, 4),
    crop=st.integers(1, 24),
    room=st.integers(0, 12),
    recipe=st.sampled_from(list(RECIPE_OF.values())),
    seed=st.integers(0, 2**32),
)
def test_views_of_any_shape_are_finite_and_of_the_size_asked_for(n, channels, crop, room, recipe, seed):
    view = recipe(100 * random_stamps(n, channels, crop + room), crop, seeded(seed))
    assert view.shape == (n, channels, crop, crop)
    assert torch.isfinite(view).all()


@settings(max_examples=30, deadline=None)
@given(height=st.integers(9, 30), width=st.integers(9, 30), crop=st.integers(1, 9))
def test_the_empty_recipe_is_the_centre_crop_an_encoder_sees(height, width, crop):
    x = torch.randn(2, 3, height, width, generator=seeded())
    view = RECIPES["none"](x, crop, seeded())
    assert np.array_equal(view.numpy(), stamps.centre_crop(x.numpy(), crop))


@pytest.mark.usefixtures("at_the_limit")
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_the_context_holds_every_pixel_that_a_view_can_reach(recipe):
    """At an eighth of a turn the corners reach farthest: no padding may come in, whatever the crop."""
    worst = tuple(Rotate(45.0) if isinstance(one, Rotate) else one for one in recipe.geometric)
    for crop in range(1, 64):
        ones = torch.ones(1, 1, context_size(crop), context_size(crop))
        assert Recipe(worst)(ones, crop, seeded()).min() > 1 - 1e-4, f"crop {crop}"


def test_the_context_has_the_crops_parity_and_no_size_to_spare():
    for crop in range(1, 64):
        assert (context_size(crop) - crop) % 2 == 0  # else the object would be half a pixel off
        assert context_size(crop) <= crop * math.sqrt(2) * recipes.LARGEST_ZOOM + 5


def test_the_default_recipe_keeps_the_three_channels_apart():
    """No augmentation mixes science, template and difference: an empty channel stays empty but for noise."""
    quiet = Recipe(
        RECIPES["astronomical"].geometric,
        tuple(one for one in RECIPES["astronomical"].photometric if not isinstance(one, SkyNoise)),
    )
    x = random_stamps(50)
    x[:, 1] = 0
    assert (quiet(x, 21, seeded())[:, 1] == 0).all()
