"""Augmentations: what each promises about physics, that every sample draws its own, and that a seed repeats them."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from ztfexplore.alerts import stamps
from ztfexplore.augment import recipes
from ztfexplore.augment.augmentation import AUGMENTATIONS
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
from ztfexplore.registry import modules

GEOMETRIC = (Rotate(), Flip(), Shift(2.0), Zoom(1.3))
PHOTOMETRIC = (QuarterTurn(), Blur(2.0, 1.0), SkyNoise(), ScaleFlux(), MaskPixels(8, 1.0), DropChannel(1.0))
RECIPE_OF = {type(one).__name__: Recipe(geometric=(one,)) for one in GEOMETRIC}
RECIPE_OF |= {type(one).__name__: Recipe(photometric=(one,)) for one in PHOTOMETRIC}
RECIPE_OF["astronomical"] = RECIPES["astronomical"]
each_recipe = pytest.mark.parametrize("recipe", RECIPE_OF.values(), ids=RECIPE_OF.keys())


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_stamps(n: int, channels: int = 3, size: int = 35) -> torch.Tensor:
    return torch.randn(n, channels, size, size, generator=seeded(99))


def star(n: int, size: int = 35, sigma: float = 2.0, x: float = 0.0, y: float = 0.0) -> torch.Tensor:
    """n times the same Gaussian, off the centre by (x, y) pixels, in one channel."""
    place = torch.arange(size) - (size - 1) / 2
    image = torch.exp(-0.5 * (((place[None] - x) ** 2 + (place[:, None] - y) ** 2) / sigma**2))
    return image.repeat(n, 1, 1, 1)


def centroids(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(x, y) of each image's light in pixels from its centre, each (n,)."""
    place = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    light = images.sum(dim=(1, 2, 3))
    return (images * place).sum(dim=(1, 2, 3)) / light, (images * place[:, None]).sum(dim=(1, 2, 3)) / light


def widths(images: torch.Tensor) -> torch.Tensor:
    """Standard deviation of each image's light along x (pixels), (n,)."""
    place = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    return ((images * place**2).sum(dim=(1, 2, 3)) / images.sum(dim=(1, 2, 3))).sqrt()


@pytest.fixture
def at_the_limit(monkeypatch):
    """Every uniform draw is the largest it can be."""
    for module in modules(AUGMENTATIONS.package):
        if hasattr(importlib.import_module(module), "uniform"):
            monkeypatch.setattr(f"{module}.uniform", lambda n, low, high, generator: torch.full((n,), float(high)))


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


# --- geometry -------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(height=st.integers(9, 30), width=st.integers(9, 30), crop=st.integers(1, 9))
def test_the_empty_recipe_is_the_centre_crop_an_encoder_sees(height, width, crop):
    x = torch.randn(2, 3, height, width, generator=seeded())
    view = RECIPES["none"](x, crop, seeded())
    assert np.array_equal(view.numpy(), stamps.centre_crop(x.numpy(), crop))


@pytest.mark.parametrize("crop", (21, 20))
def test_rotation_by_any_angle_keeps_the_object_at_the_centre(crop):
    size = context_size(crop)
    views = Recipe((Rotate(), Flip()))(star(200, size), crop, seeded())
    x, y = centroids(views)
    assert x.abs().max() < 0.02 and y.abs().max() < 0.02
    assert views.sum(dim=(1, 2, 3)).sub(star(1, crop).sum()).abs().max() < 0.05 * star(1, crop).sum()


def test_rotation_turns_through_the_whole_circle():
    x, y = centroids(Recipe((Rotate(),))(star(400, 41, x=6), 31, seeded()))
    assert torch.hypot(x, y).sub(6).abs().max() < 0.1  # the distance stays
    turned = torch.atan2(y, x)
    counts = torch.histc(turned, 8, -math.pi, math.pi)
    assert counts.min() > 25  # of 50 on average in each eighth


@pytest.mark.usefixtures("at_the_limit")
def test_a_quarter_turn_is_rot90():
    x = random_stamps(2)
    view = Recipe((Rotate(90.0),))(x, 21, seeded())
    quarters = [torch.rot90(x, k, (2, 3))[:, :, 7:28, 7:28] for k in (1, -1)]
    assert min((view - quarter).abs().max() for quarter in quarters) < 1e-4
    back = Recipe((Rotate(90.0), Rotate(-90.0)))(x, 21, seeded())
    assert torch.allclose(back, x[:, :, 7:28, 7:28], atol=1e-4)


def test_a_certain_flip_mirrors_and_two_of_them_restore():
    x = random_stamps(4)
    middle = x[:, :, 7:28, 7:28]
    once = Recipe((Flip(1.0),))(x, 21, seeded())
    twice = Recipe((Flip(1.0), Flip(1.0)))(x, 21, seeded())
    assert torch.allclose(once, middle.flip(3), atol=1e-4)
    assert torch.allclose(twice, middle, atol=1e-4)
    assert torch.allclose(Recipe((Flip(0.0),))(x, 21, seeded()), middle, atol=1e-4)


def test_shift_moves_the_object_by_at_most_the_pixels_stated_and_uses_them():
    for moved in centroids(Recipe((Shift(1.5),))(star(400, 41), 31, seeded())):
        assert 1.4 < moved.max() < 1.51
        assert -1.51 < moved.min() < -1.4


def test_a_shift_is_in_pixels_whatever_is_done_beside_it():
    """A shift is along the input's axes, so a turn may bring both into one: never more than sqrt(2) of it."""
    x, y = centroids(Recipe((Rotate(), Shift(1.0), Flip()))(star(400, 41), 31, seeded()))
    assert 1.2 < torch.hypot(x, y).max() < math.sqrt(2) + 0.02


def test_zoom_changes_the_width_within_the_factor_and_not_the_place():
    views = Recipe((Zoom(1.25),))(star(400, 61, sigma=3.0), 41, seeded())
    x, y = centroids(views)
    assert x.abs().max() < 0.02 and y.abs().max() < 0.02
    width = widths(views)
    assert 3 / 1.25 - 0.05 < width.min() < 3 / 1.2
    assert 3 * 1.2 < width.max() < 3 * 1.25 + 0.1


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


def test_quarter_turns_and_mirrors_are_exact_and_as_likely_as_each_other():
    x = random_stamps(1, size=21)
    turned = [torch.rot90(x[0], turn, (1, 2)) for turn in range(4)]
    expected = {image.numpy().tobytes() for image in [*turned, *(image.flip(2) for image in turned)]}
    views = [view.numpy().tobytes() for view in QuarterTurn()(x.repeat(1600, 1, 1, 1), seeded())]
    assert set(views) == expected
    assert all(150 < views.count(image) < 250 for image in expected)


# --- photometry -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("at_the_limit")
@pytest.mark.parametrize("sigma", (0.3, 1.0, 2.2))
def test_blur_is_a_gaussian_of_the_sigma_stated(sigma):
    x = random_stamps(3)
    blurred = Blur(sigma, 1.0)(x, seeded()).numpy()
    expected = gaussian_filter(x.numpy(), (0, 0, sigma, sigma), truncate=8)
    inner = slice(12, -12)
    # scipy sums the sampled Gaussian as ours does, but differs at the edges.
    assert np.allclose(blurred[..., inner, inner], expected[..., inner, inner], atol=2e-4)


def test_blur_conserves_flux_away_from_edges_and_never_sharpens_beyond_its_sigma():
    sharp = star(300, 41, sigma=1.5)
    blurred = Blur(2.0, 1.0)(sharp, seeded())
    assert torch.allclose(blurred.sum(dim=(1, 2, 3)), sharp.sum(dim=(1, 2, 3)), rtol=1e-4)
    added = (widths(blurred) ** 2 - 1.5**2).clamp(min=0).sqrt()
    assert added.max() < 2.01
    assert added.max() > 1.9 and added.min() < 0.3


def test_blur_keeps_a_level_sky_level_up_to_the_edges():
    assert torch.allclose(Blur(3.0, 1.0)(torch.ones(5, 2, 15, 15), seeded()), torch.tensor(1.0), atol=1e-5)


def test_blur_is_the_same_for_all_channels_and_leaves_the_rest_untouched():
    x = random_stamps(1, 1).repeat(200, 3, 1, 1)
    blurred = Blur(1.5, 0.4)(x, seeded())
    assert torch.allclose(blurred[:, 0], blurred[:, 1], atol=1e-6)
    untouched = (blurred == x).all(dim=3).all(dim=2).all(dim=1).float().mean()
    assert 0.5 < untouched < 0.7


@pytest.mark.parametrize("sigma", (0.0, 0.05))
def test_a_blur_of_nothing_changes_nothing(sigma):
    x = random_stamps(4)
    assert torch.equal(Blur(sigma, 1.0)(x, seeded()), x)


def test_sky_noise_has_the_level_stated_and_is_drawn_for_every_channel():
    x = torch.full((300, 3, 21, 21), 7.0)
    noise = SkyNoise(2.0)(x, seeded()) - 7
    level = noise.std(dim=(2, 3))  # (n, channels)
    assert level.max() < 2.0 * 1.12 and level.min() < 0.1
    assert level.square().mean().sqrt().item() == pytest.approx(2 / math.sqrt(3), rel=0.05)  # uniform from 0 to 2
    assert noise.mean().abs() < 0.02
    assert np.abs(np.corrcoef(level.T.numpy()) - np.eye(3)).max() < 0.2


def test_flux_is_scaled_within_the_factor_and_alike_in_all_channels():
    x = random_stamps(500, 3, 5) + 10
    ratio = ScaleFlux(3.0)(x, seeded()) / x
    per_stamp = ratio.mean(dim=(1, 2, 3))
    assert torch.allclose(ratio, per_stamp[:, None, None, None].expand_as(ratio), rtol=1e-4)
    assert 1 / 3 - 1e-4 < per_stamp.min() < 0.36
    assert 2.8 < per_stamp.max() < 3 + 1e-4
    assert 0.4 < (per_stamp > 1).float().mean() < 0.6  # as often brighter as dimmer


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 30), width=st.integers(1, 30), size=st.integers(1, 40), channels=st.integers(1, 4),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_masked_pixels_never_touch_the_centre(height, width, size, channels, seed):
    masked = MaskPixels(size, 1.0)(torch.ones(20, channels, height, width), seeded(seed))
    row, column = height // 2, width // 2
    assert (masked[:, :, max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] == 1).all()
    assert (masked == masked[:, :1]).all()  # the same pixels in every channel


def test_masked_pixels_are_a_box_of_at_most_the_size_and_as_likely_as_stated():
    masked = MaskPixels(6, 0.3)(torch.ones(2000, 1, 41, 41), seeded()) == 0
    rows, columns = masked.any(dim=3).sum(dim=2), masked.any(dim=2).sum(dim=2)
    assert rows.max() == 6 and columns.max() == 6
    touched = masked.flatten(1).any(dim=1).float().mean()
    assert 0.2 < touched < 0.31  # some boxes lie beyond the edge or in the middle


def test_at_most_one_channel_is_dropped_each_as_often():
    x = torch.ones(3000, 3, 4, 4)
    lost = (DropChannel(0.2)(x, seeded()) == 0).all(dim=3).all(dim=2)  # (n, channels)
    assert lost.sum(dim=1).max() == 1
    assert 0.17 < lost.any(dim=1).float().mean() < 0.23
    assert lost.float().mean(dim=0).sub(0.2 / 3).abs().max() < 0.02


def test_the_only_channel_is_never_dropped():
    assert (DropChannel(1.0)(torch.ones(50, 1, 4, 4), seeded()) == 1).all()


def test_the_default_recipe_keeps_the_three_channels_apart():
    """No augmentation mixes science, template and difference: an empty channel stays empty but for noise."""
    quiet = Recipe(
        RECIPES["astronomical"].geometric,
        tuple(one for one in RECIPES["astronomical"].photometric if not isinstance(one, SkyNoise)),
    )
    x = random_stamps(50)
    x[:, 1] = 0
    assert (quiet(x, 21, seeded())[:, 1] == 0).all()
