"""The declared augmentations: what each promises about physics."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from tests.support.views import centroids, random_stamps, seeded, star, widths
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
from ztfexplore.augment.recipes import Recipe, context_size

# --- geometry ---------------------------------------------------------------------------------------------------------


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


def test_quarter_turns_and_mirrors_are_exact_and_as_likely_as_each_other():
    x = random_stamps(1, size=21)
    turned = [torch.rot90(x[0], turn, (1, 2)) for turn in range(4)]
    expected = {image.numpy().tobytes() for image in [*turned, *(image.flip(2) for image in turned)]}
    views = [view.numpy().tobytes() for view in QuarterTurn()(x.repeat(1600, 1, 1, 1), seeded())]
    assert set(views) == expected
    assert all(150 < views.count(image) < 250 for image in expected)


# --- photometry -------------------------------------------------------------------------------------------------------


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
