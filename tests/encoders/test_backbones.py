"""The networks: every one embeds what it is given, and each keeps what it promises about the centre and about turns."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ztfexplore.encoders.backbones import BACKBONES, EncoderConfig, ResNet18, RotationCNN, build, readout

each_backbone = pytest.mark.parametrize("backbone", list(BACKBONES))
TINY = EncoderConfig(widths=(4, 8))


def stamps(n: int, channels: int, size: int, seed: int = 0) -> Tensor:
    """Normalised: noise of 1, and a source that is not quite at the centre."""
    noise = torch.randn(n, channels, size, size, generator=torch.Generator().manual_seed(seed))
    noise[:, :, size // 2 - 1 : size // 2 + 1, size // 2 : size // 2 + 2] += 30
    return noise


# --- all of them ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", (1, 3, 5))
@pytest.mark.parametrize("crop", (9, 21, 32))
@each_backbone
def test_every_backbone_embeds_every_crop_and_any_channels(backbone, crop, channels):
    network = build(replace(TINY, backbone=backbone, channels=channels, crop=crop), seed=0)
    x = stamps(4, channels, crop)
    for mode in (True, False):
        network.train(mode)
        with torch.no_grad():
            embedded = network(x)
        assert embedded.shape == (4, network.embedding_dim) and embedded.dtype == torch.float32
        assert torch.isfinite(embedded).all()
        assert embedded.std(dim=0).max() > 0  # other stamps, other vectors


@settings(max_examples=15, deadline=None)
@given(
    backbone=st.sampled_from(("compact", "rotation-cnn")),
    crop=st.integers(4, 40),
    widths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    channels=st.integers(1, 4),
)
def test_any_configuration_embeds(backbone, crop, widths, channels):
    network = build(EncoderConfig(backbone, channels, crop, tuple(widths)), seed=0).eval()
    with torch.no_grad():
        embedded = network(stamps(2, channels, crop))
    assert embedded.shape == (2, network.embedding_dim) and torch.isfinite(embedded).all()


@each_backbone
def test_every_backbone_can_be_trained_in_all_its_parts(backbone):
    network = build(replace(TINY, backbone=backbone), seed=0)
    network(stamps(4, 3, 21)).square().mean().backward()
    without = [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()]
    assert without == []


@each_backbone
def test_fresh_weights_depend_on_the_seed_alone(backbone):
    config = replace(TINY, backbone=backbone)
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    first = build(config, seed=4)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(2)
    again, other = build(config, seed=4).state_dict(), build(config, seed=5).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in first.state_dict().items())
    assert not all(torch.equal(value, other[name]) for name, value in first.state_dict().items())


@each_backbone
def test_a_star_of_a_million_times_the_noise_does_not_drown_the_rest(backbone):
    network = build(replace(TINY, backbone=backbone), seed=0).eval()
    x = stamps(1, 3, 21)
    x[:, :, 0, 0] = 1e6
    with torch.no_grad():
        assert network(x).abs().max() < 100


def test_a_card_from_before_there_were_backbones_is_of_the_compact_one():
    older = {key: value for key, value in asdict(TINY).items() if key != "backbone"}
    assert EncoderConfig.from_dict(older) == TINY and TINY.backbone == "compact"


# --- compact --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crop", (9, 20, 21, 27, 32))
@pytest.mark.parametrize("halvings", (0, 1, 2))
def test_the_readout_weighs_a_pooled_map_around_its_centre(crop, halvings):
    size = -(-crop // 2**halvings)
    weights = readout(crop, halvings, ((0.0, 1.5), (4.0, 2.0)))
    assert weights.shape == (size**2, 3)
    assert torch.allclose(weights.sum(dim=0), torch.ones(3)) and (weights >= 0).all()
    core, ring, mean = weights.view(size, size, 3).unbind(dim=2)
    middle = slice((size - 1) // 2, size // 2 + 1)
    assert core[middle, middle].max() == core.max()
    assert torch.allclose(mean, mean[0, 0])
    if crop >= 20 and halvings < 2:  # where cells are small enough to resolve the annulus's hole
        assert ring[middle, middle].max() < ring.max()
    if crop % 2**halvings == 1 or halvings == 0:  # the centre lies on a cell, or evenly between two
        for image in (core, ring):
            assert torch.allclose(image, image.flip(0), atol=1e-7) and torch.allclose(image, image.T, atol=1e-7)


def test_the_compact_backbone_reads_every_stage_by_every_ring_and_the_mean():
    assert build(TINY, 0).embedding_dim == (4 + 8) * (2 + 1)
    assert build(replace(TINY, rings=((0.0, 1.0),)), 0).embedding_dim == (4 + 8) * 2
    assert build(replace(TINY, rings=()), 0).embedding_dim == 4 + 8


# --- in the manner of ALeRCE ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", (1, 2, 3))
@pytest.mark.parametrize("crop", (20, 21))
@pytest.mark.parametrize("training", (True, False), ids=("training", "inference"))
def test_a_turned_stamp_has_the_same_vector_in_training_too(training, crop, turns):
    network = build(replace(TINY, backbone="rotation-cnn", crop=crop), seed=0).train(training)
    x = stamps(6, 3, crop)
    with torch.no_grad():
        before, after = network(x), network(torch.rot90(x, turns, (2, 3)))
    assert torch.allclose(before, after, atol=1e-5)
    # Some turned and others not: statistics of a batch are those over all four turns, whichever comes first.
    mixed = torch.cat([x[:3], torch.rot90(x[3:], turns, (2, 3))])
    with torch.no_grad():
        assert torch.allclose(network(mixed), before, atol=1e-5)


def test_the_compact_backbone_alone_does_depend_on_the_turn():
    """So that the test above can fail."""
    network, x = build(TINY, seed=0).eval(), stamps(6, 3, 21)
    with torch.no_grad():
        assert not torch.allclose(network(x), network(torch.rot90(x, 1, (2, 3))), atol=1e-3)


def test_its_layers_are_the_paper_s():
    """Carrasco-Davis et al. 2021: a 4x4 convolution, four of 3x3, two poolings, a dense layer of 64."""
    network = RotationCNN(EncoderConfig(backbone="rotation-cnn"))
    convolutions = [layer for layer in network.features if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [32, 32, 64, 64, 64]
    assert [layer.kernel_size[0] for layer in convolutions] == [4, 3, 3, 3, 3]
    assert Counter(type(layer) for layer in network.features)[nn.MaxPool2d] == 2
    assert network.dense[0].out_features == network.embedding_dim == 64
    assert all(part.training for part in network.modules())  # measuring its own size leaves it ready to be trained


# --- ResNet ---------------------------------------------------------------------------------------------------------


def test_resnet18_keeps_the_pixels_of_a_small_stamp():
    """The usual stem would leave 6x6 of 21x21; this one goes into the first block with all of them."""
    network = build(EncoderConfig(backbone="resnet18", crop=21), seed=0).eval()
    seen: list[Tensor] = []
    network.network.layer1.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        embedded = network(stamps(2, 3, 21))
    assert seen[0].shape == (2, 64, 21, 21)
    assert embedded.shape == (2, ResNet18.embedding_dim) == (2, 512)
