"""SimCLR's own augmentations: torchvision's operations, drawn for every sample of a batch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms import functional as tv

from ztfexplore.augment.augmentations import simclr
from ztfexplore.augment.augmentations.simclr import ColourJitter, Grayscale, ResizedCrop, desaturation, hue_turn, jitter

ALL = (ResizedCrop(), ResizedCrop(0.5), ColourJitter(1.0, 1.0), ColourJitter(0.5), Grayscale(0.5))
each = pytest.mark.parametrize("augmentation", ALL, ids=repr)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def flux(n: int, channels: int = 3, size: int = 21) -> torch.Tensor:
    """Noise with a source in it, as normalised stamps have: of either sign, far beyond 1."""
    x = torch.randn(n, channels, size, size, generator=seeded(9))
    x[:, :, size // 2, size // 2] += 200
    return x


def photograph(n: int, size: int = 21) -> torch.Tensor:
    """Pixels between 0.2 and 0.45, so that torchvision's clamping to 0..1 does nothing."""
    return 0.2 + 0.25 * torch.rand(n, 3, size, size, generator=seeded(5))


def mixed(x: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """Pixels (n, c, h, w) through matrices (n, c, c)."""
    return (matrix @ x.flatten(2)).view_as(x)


# --- every sample its own, every seed again ---------------------------------------------------------------------------


@each
def test_samples_of_a_batch_draw_their_own_and_a_seed_repeats_them(augmentation):
    x = flux(1).repeat(64, 1, 1, 1)
    first, again, other = (augmentation(x, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    outcomes = len({view.numpy().tobytes() for view in first})
    assert outcomes == 2 if isinstance(augmentation, Grayscale) else outcomes > 40


@each
def test_a_sample_does_not_depend_on_what_the_others_of_its_batch_show(augmentation):
    x = flux(8)
    changed = x.clone()
    changed[1:] *= 3
    assert torch.equal(augmentation(x, seeded())[0], augmentation(changed, seeded())[0])


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 5),
    channels=st.integers(1, 5),
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    augmentation=st.sampled_from(ALL),
    seed=st.integers(0, 2**32),
)
def test_any_shape_stays_finite_and_as_it_was(n, channels, height, width, augmentation, seed):
    x = 100 * torch.randn(n, channels, height, width, generator=seeded(seed))
    before, state = x.clone(), torch.random.get_rng_state()
    view = augmentation(x, seeded(seed))
    assert view.shape == x.shape
    assert torch.isfinite(view).all()
    assert torch.equal(x, before)
    assert torch.equal(torch.random.get_rng_state(), state)


# --- the box ----------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(height=st.integers(5, 30), width=st.integers(5, 30), smallest=st.floats(0.05, 0.9), seed=st.integers(0, 999))
def test_a_box_enlarged_is_torchvision_s(height, width, smallest, seed):
    x = torch.randn(6, 2, height, width, generator=seeded(seed))
    crop = ResizedCrop(smallest)
    views, boxes = crop(x, seeded(seed)), crop.boxes(6, height, width, seeded(seed))
    for image, view, (top, left, tall, wide) in zip(x, views, boxes.tolist(), strict=True):
        expected = tv.resized_crop(image, top, left, tall, wide, [height, width], antialias=False)
        assert torch.allclose(view, expected, atol=1e-4)


def test_boxes_lie_within_the_view_with_the_areas_and_ratios_stated():
    top, left, tall, wide = ResizedCrop(0.08).boxes(5000, 84, 84, seeded()).T.double()
    assert (top >= 0).all() and (left >= 0).all() and (top + tall <= 84).all() and (left + wide <= 84).all()
    area, ratio = tall * wide / 84**2, wide / tall
    assert 0.07 < area.min() < 0.1 and area.max() == 1
    assert 0.7 < ratio.min() < 0.76 and 1.32 < ratio.max() < 1.4
    assert ((ratio > 1).double().mean() - 0.5).abs() < 0.05  # as often wide as tall


def test_boxes_are_distributed_as_torchvision_s():
    torch.manual_seed(0)
    image = torch.empty(3, 64, 64)
    theirs = np.array([RandomResizedCrop.get_params(image, [0.08, 1.0], [3 / 4, 4 / 3]) for _ in range(4000)])
    ours = ResizedCrop().boxes(4000, 64, 64, seeded()).numpy()
    for column in range(4):
        for quantile in (0.1, 0.25, 0.5, 0.75, 0.9):
            difference = np.quantile(ours[:, column], quantile) - np.quantile(theirs[:, column], quantile)
            assert abs(difference) <= 3, (column, quantile)  # pixels of 64


def test_where_no_box_fits_the_whole_view_stays():
    x = flux(20)
    assert torch.allclose(ResizedCrop(4.0, 5.0)(x, seeded()), x, atol=1e-5)


# --- colour -----------------------------------------------------------------------------------------------------------

FACTORS = (0.2, 0.7, 1.0, 1.6)


@pytest.mark.parametrize("factor", FACTORS)
def test_saturation_is_torchvision_s(factor):
    x = photograph(4)
    ours = mixed(x, desaturation(torch.full((4,), factor), 3))
    assert torch.allclose(ours, tv.adjust_saturation(x, factor), atol=1e-3)


@pytest.mark.parametrize("turn", (0.0, 1 / 3, -1 / 3))
def test_hue_is_torchvision_s_where_both_are_defined(turn):
    x = photograph(4)
    assert torch.allclose(mixed(x, hue_turn(torch.full((4,), turn), 3)), tv.adjust_hue(x, turn), atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(turn=st.floats(-0.5, 0.5))
def test_a_turn_of_the_hue_keeps_the_mean_and_the_strength_of_the_colour(turn):
    x = flux(2)
    turned = mixed(x, hue_turn(torch.full((2,), turn), 3))
    assert torch.allclose(turned.mean(dim=1), x.mean(dim=1), atol=1e-3)
    assert torch.allclose(turned.var(dim=1), x.var(dim=1), rtol=1e-3, atol=1e-3)
    grey = x[:, :1].expand(-1, 3, -1, -1)
    assert torch.allclose(mixed(grey, hue_turn(torch.full((2,), turn), 3)), grey, atol=1e-3)


@pytest.mark.parametrize("order", ((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1)))
def test_jitter_is_torchvision_s_operations_one_after_another(order):
    """In any order; the hue by a third, where both are defined; nothing reaches torchvision's limits of 0 and 1."""
    brightness, contrast, saturation, hue = 1.2, 0.7, 0.8, 1 / 3
    x = photograph(3)
    expected = x
    operations = (
        lambda image: tv.adjust_brightness(image, brightness),
        lambda image: tv.adjust_contrast(image, contrast),
        lambda image: tv.adjust_saturation(image, saturation),
        lambda image: tv.adjust_hue(image, hue),
    )
    for index in order:
        expected = operations[index](expected)
    assert expected.min() > 0 and expected.max() < 1
    amounts, orders = torch.tensor([[brightness, contrast, saturation, hue]] * 3), torch.tensor([order] * 3)
    assert torch.allclose(jitter(x, amounts, orders), expected, atol=1e-3)


def test_jitter_of_no_strength_changes_nothing_and_some_samples_are_spared():
    x = flux(400, size=5)
    assert torch.allclose(ColourJitter(0.0, 1.0)(x, seeded()), x, atol=1e-3)
    spared = (ColourJitter(1.0, 0.8)(x, seeded()) == x).flatten(1).all(dim=1).float().mean()
    assert 0.14 < spared < 0.27


def test_jitter_is_linear_in_flux_and_clamps_nothing():
    x = flux(50)
    change = ColourJitter(1.0, 1.0)
    assert torch.allclose(change(1000 * x, seeded()), 1000 * change(x, seeded()), rtol=1e-3, atol=1)
    assert torch.allclose(change(-x, seeded()), -change(x, seeded()), atol=1e-3)


@pytest.mark.parametrize("channels", (1, 2, 4))
def test_what_has_not_three_channels_is_jittered_without_hue(channels):
    x = flux(50, channels)
    changed = ColourJitter(1.0, 1.0)(x, seeded())
    assert not torch.allclose(changed, x)
    if channels == 1:  # brightness and contrast alone: pixels keep their order
        order = x.flatten(1).argsort(dim=1)
        assert (changed.flatten(1).gather(1, order).diff(dim=1) >= -1e-3).all()


def test_grey_is_torchvision_s_and_as_likely_as_stated():
    x = photograph(1).repeat(2000, 1, 1, 1)
    views = Grayscale(0.2)(x, seeded())
    grey = (views == views[:, :1]).flatten(1).all(dim=1)
    assert 0.17 < grey.float().mean() < 0.23
    assert torch.equal(views[~grey], x[~grey])
    assert torch.allclose(views[grey], tv.rgb_to_grayscale(x[grey], 3), atol=1e-3)


def test_grey_of_one_channel_is_itself():
    x = flux(20, 1)
    assert torch.equal(Grayscale(1.0)(x, seeded()), x)
    assert math.isclose(float(simclr.grey_weights(5).sum()), 1, rel_tol=1e-6)
