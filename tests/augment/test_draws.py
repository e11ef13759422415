"""The draws that augmentations share: each sample its own, seeded, as often and as far as stated."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.augment.draws import chance, uniform


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.integers(0, 50), st.floats(-10, 10), st.floats(0, 10), st.integers(0, 2**32))
def test_uniform_draws_lie_between_their_ends_and_a_seed_repeats_them(n, low, width, seed):
    drawn = uniform(n, low, low + width, generator(seed))
    assert drawn.shape == (n,) and torch.equal(drawn, uniform(n, low, low + width, generator(seed)))
    assert ((drawn >= low - 1e-5) & (drawn <= low + width + 1e-5)).all()


def test_uniform_draws_fill_the_whole_range_evenly():
    drawn = uniform(20_000, -2.0, 6.0, generator(0))
    counts = torch.histc(drawn, bins=8, min=-2, max=6)
    assert (counts - 2500).abs().max() < 5 * 2500**0.5
    assert len(drawn.unique()) > 19_000, "every sample draws its own"


@pytest.mark.parametrize("probability", (0.0, 0.2, 0.5, 1.0))
def test_a_chance_comes_as_often_as_stated_never_at_0_and_always_at_1(probability):
    drawn = chance(20_000, probability, generator(1))
    assert drawn.dtype == torch.bool and drawn.shape == (20_000,)
    expected = 5 * (probability * (1 - probability) / 20_000) ** 0.5
    assert abs(drawn.float().mean().item() - probability) <= expected


def test_the_global_random_state_is_left_alone():
    state = torch.random.get_rng_state()
    uniform(5, 0, 1, generator(0)), chance(5, 0.5, generator(0))
    assert torch.equal(state, torch.random.get_rng_state())
