"""Encoders: what is saved comes back, what does not fit is refused in one line, an embedding means what it should."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ztfexplore.encoders import encoder as encoders
from ztfexplore.encoders.backbones import BACKBONES, EncoderConfig, build
from ztfexplore.encoders.encoder import (
    CARD_FILE,
    CARD_VERSION,
    WEIGHTS_FILE,
    Encoder,
    available,
    load,
    random_encoder,
    save,
)
from ztfexplore.errors import EncoderError
from ztfexplore.paths import MODELS

TINY = EncoderConfig(widths=(4, 8))
SHIPPED = [name for name in available() if name != "random"]
each_shipped = pytest.mark.parametrize("name", SHIPPED)
each_encoder = pytest.mark.parametrize("name", [*SHIPPED, "random"])


def tiny(config: EncoderConfig = TINY, seed: int = 1, name: str = "mine") -> Encoder:
    return Encoder(name, config, build(config, seed), {"trained_on": {"object_ids": [], "labels_used": False}})


@pytest.fixture
def folder(tmp_path):
    """A saved encoder."""
    save(tiny(), tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture(scope="module")
def stamps() -> list[np.ndarray]:
    """Five noisy stars, one with missing pixels, with sky levels as read."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-31:32, -31:32]
    light = 300 * np.exp(-0.5 * ((x - rng.uniform(-3, 3, (5, 3, 1, 1))) ** 2 + y**2) / 4)
    made = (light + rng.normal(100, 5, (5, 3, 63, 63))).astype(np.float32)
    made[3, :, :, 50:] = np.nan
    return list(made)


def change_card(folder, **changes) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    card.update(changes)
    (folder / CARD_FILE).write_text(json.dumps({key: value for key, value in card.items() if value is not ...}))


def change_config(folder, **changes) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    change_card(folder, encoder={**card["encoder"], **changes})


def refused(name) -> str:
    """The message with which `load` refuses, one line."""
    with pytest.raises(EncoderError) as caught:
        load(name)
    message = str(caught.value)
    assert message and "\n" not in message
    return message


# --- there and back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backbone", list(BACKBONES))
def test_a_saved_encoder_embeds_as_before(backbone, tmp_path, stamps):
    encoder = tiny(EncoderConfig(backbone, widths=(4, 8, 6), crop=27, softening=2.0, rotations=2))
    with torch.no_grad():  # statistics of the batch normalisation are part of what is saved
        for name, value in encoder.backbone.named_buffers():
            if "running" in name:
                value.uniform_(0.5, 1.5, generator=torch.Generator().manual_seed(0))
    before = encoder.embed(stamps)
    card = save(encoder, tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    assert loaded.config == encoder.config
    assert loaded.card == json.loads(json.dumps(card))
    assert card["embedding_dim"] == loaded.embedding_dim == before.shape[1]
    assert np.array_equal(loaded.embed(stamps), before)


def test_weights_may_be_read_by_whoever_may_read_the_card(folder):
    card, weights = ((folder / name).stat().st_mode & 0o777 for name in (CARD_FILE, WEIGHTS_FILE))
    assert weights == card


def test_the_card_names_the_very_file_beside_it(folder):
    card = json.loads((folder / CARD_FILE).read_text())
    assert card["weights_sha256"] == hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    assert card["card_version"] == CARD_VERSION


def test_a_card_from_before_there_were_backbones_still_loads(folder, stamps):
    before = load(folder).embed(stamps)
    older = json.loads((folder / CARD_FILE).read_text())["encoder"]
    del older["backbone"]
    change_card(folder, encoder=older)
    loaded = load(folder)
    assert loaded.config.backbone == "compact"
    assert np.array_equal(loaded.embed(stamps), before)


def test_two_encoders_of_the_same_name_never_share_a_column(tmp_path):
    names = set()
    for seed in (1, 2):
        save(tiny(seed=seed), tmp_path / str(seed))
        names.add(load(tmp_path / str(seed)).name)
    assert len(names) == 2 and all(name.startswith("mine-") for name in names)


def test_one_s_own_simclr_does_not_take_the_shipped_one_s_place(tmp_path):
    save(tiny(name="simclr"), tmp_path / "own")
    assert load(tmp_path / "own").name != "simclr"


@each_shipped
def test_a_shipped_encoder_keeps_its_name_however_it_is_found(name, tmp_path):
    assert load(name).name == load(MODELS / name).name == name
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in (CARD_FILE, WEIGHTS_FILE):
        (copy / file).write_bytes((MODELS / name / file).read_bytes())
    assert load(copy).name == name


def test_fresh_weights_depend_on_the_seed_alone(stamps):
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    first = random_encoder(TINY, seed=4)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(2)
    again, other = random_encoder(TINY, seed=4), random_encoder(TINY, seed=5)
    assert first.weights_sha256 == again.weights_sha256 != other.weights_sha256
    assert np.array_equal(first.embed(stamps), again.embed(stamps))
    assert not np.allclose(first.embed(stamps), other.embed(stamps))


def test_random_can_be_loaded_by_name_and_was_trained_on_nothing():
    encoder = load("random")
    assert "random" in available()
    assert encoder.card["trained_on"] == {"object_ids": [], "labels_used": False}
    assert encoder.card["embedding_dim"] == encoder.embedding_dim == encoder.embed([np.zeros((3, 63, 63))]).shape[1]


# --- what is refused ------------------------------------------------------------------------------------------------


def test_an_unknown_name_lists_those_there_are():
    message = refused("resnet")
    assert "resnet" in message and all(name in message for name in available())


def test_weights_that_are_not_the_card_s(folder):
    weights = folder / WEIGHTS_FILE
    damaged = bytearray(weights.read_bytes())
    damaged[-1] ^= 1
    weights.write_bytes(damaged)
    message = refused(folder)
    assert "sha256" in message and str(folder) in message


def test_truncated_weights_whatever_the_card_says(folder):
    weights = folder / WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:-100])
    assert "sha256" in refused(folder)
    change_card(folder, weights_sha256=hashlib.sha256(weights.read_bytes()).hexdigest())
    assert str(folder) in refused(folder)


def test_missing_weights(folder):
    (folder / WEIGHTS_FILE).unlink()
    assert WEIGHTS_FILE in refused(folder)


@pytest.mark.parametrize("content", (b"", b'{"name": ', b"\xff\xfe\x00", b"no JSON"))
def test_a_card_that_is_no_json(folder, content):
    (folder / CARD_FILE).write_bytes(content)
    assert str(folder) in refused(folder)


@pytest.mark.parametrize("content", ("[]", "4", "null", "{}"))
def test_a_card_that_is_no_card(folder, content):
    (folder / CARD_FILE).write_text(content)
    message = refused(folder)
    assert "weights_sha256" in message and "trained_on" in message


@pytest.mark.parametrize("key", ("card_version", "name", "encoder", "embedding_dim", "weights_sha256", "trained_on"))
def test_a_card_names_the_key_it_lacks(folder, key):
    change_card(folder, **{key: ...})
    assert key in refused(folder)


def test_a_card_of_a_later_version(folder):
    change_card(folder, card_version=CARD_VERSION + 1)
    assert str(CARD_VERSION + 1) in refused(folder)


@pytest.mark.parametrize(
    "config",
    (
        {"widths": [4, 16]},
        {"widths": [4, 8, 16]},
        {"widths": [4]},
        {"widths": 4},
        {"widths": ["a", "b"]},
        {"widths": [4, -8]},
        {"widths": []},
        {"channels": 1},
        {"crop": 0},
        {"crop": 1},
        {"crop": "21"},
        {"rings": [[0.0, 1.0]]},
        {"rings": 3},
        {"embedding_dim": 9},
        {"layers": 50},
        {"backbone": "rotation-cnn"},
        {"backbone": "vgg"},
        {"backbone": ["compact"]},
    ),
    ids=str,
)
def test_a_card_whose_network_is_not_that_of_the_weights(folder, config):
    change_config(folder, **config)
    assert str(folder) in refused(folder)


NO_ENCODER_HAS = ({"widths": [4.5, 8]}, {"rings": [[0.0]]}, {"rotations": 0}, {"rotations": 3}, {"softening": 0})


@pytest.mark.parametrize("config", (*NO_ENCODER_HAS, {"softening": None}), ids=str)
def test_a_card_with_a_setting_that_no_encoder_can_have(folder, config):
    change_config(folder, **config)
    refused(folder)


@pytest.mark.parametrize(
    "change",
    (
        {"card_version": "1"},
        {"card_version": None},
        {"name": None},
        {"name": "../simclr"},
        {"name": "a.b"},
        {"name": ""},
        {"name": "x" * 300},
    ),
    ids=str,
)
def test_a_card_with_a_value_of_the_wrong_kind(folder, change):
    """A name becomes a column of the catalogue and part of a path."""
    change_card(folder, **change)
    refused(folder)


def test_a_card_that_gives_another_length_of_the_embedding(folder):
    dim = load(folder).embedding_dim
    change_card(folder, embedding_dim=dim + 1)
    message = refused(folder)
    assert str(dim) in message and str(dim + 1) in message


@pytest.mark.parametrize(
    "shape", ((1, 63, 63), (4, 63, 63), (3, 20, 63), (3, 63, 20)), ids=lambda shape: "x".join(map(str, shape))
)
def test_stamps_that_do_not_fit_are_refused_with_both_sizes(shape):
    with pytest.raises(EncoderError, match=f"21x21 .* {shape[1]}x{shape[2]}"):
        tiny().embed([np.zeros((3, 63, 63), np.float32), np.zeros(shape, np.float32)])


def test_an_image_without_channels_is_refused():
    with pytest.raises(EncoderError):
        tiny().embed([np.zeros((63, 63), np.float32)])


# --- embeddings -----------------------------------------------------------------------------------------------------


@each_encoder
def test_the_same_stamp_has_the_same_embedding_alone_and_in_any_batch(name, stamps, monkeypatch):
    encoder = load(name)
    together = encoder.embed(stamps)
    assert together.shape == (5, encoder.embedding_dim) and together.dtype == np.float32
    assert np.isfinite(together).all()
    assert np.array_equal(encoder.embed(stamps), together)
    assert np.allclose(encoder.embed(np.stack(stamps[::-1]))[::-1], together, atol=1e-4)
    monkeypatch.setattr(encoders, "BATCH_STAMPS", 2)
    assert np.allclose(encoder.embed(stamps), together, atol=1e-4)
    assert np.allclose(encoder.embed([stamps[3]])[0], together[3], atol=1e-4)


def test_embedding_ignores_the_training_mode_and_trains_nothing(stamps):
    encoder = tiny()
    before = encoder.embed(stamps)
    encoder.backbone.train()
    assert np.array_equal(encoder.embed(stamps), before)
    assert np.array_equal(encoder.embed(stamps), before)  # the running statistics have not moved


@each_encoder
@pytest.mark.parametrize("turns", (1, 2))
def test_turning_the_stamp_by_quarters_does_not_change_its_embedding(name, turns, stamps):
    encoder = load(name)
    assert encoder.config.rotations == 4 and encoder.config.crop % 2 == 1
    turned = [np.rot90(stamp, turns, axes=(1, 2)) for stamp in stamps]
    assert np.allclose(encoder.embed(turned), encoder.embed(stamps), atol=1e-4)


def test_without_rotations_the_embedding_depends_on_the_orientation(stamps):
    """So that the test above can fail."""
    encoder = tiny(replace(TINY, rotations=1))
    turned = [np.rot90(stamp, axes=(1, 2)) for stamp in stamps]
    assert not np.allclose(encoder.embed(turned), encoder.embed(stamps), atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(
    crop=st.integers(4, 40),
    widths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    channels=st.integers(1, 4),
    rotations=st.sampled_from((1, 2, 4)),
)
def test_any_configuration_embeds(crop, widths, channels, rotations):
    config = EncoderConfig(channels=channels, crop=crop, widths=tuple(widths), rotations=rotations)
    encoder = tiny(config)
    embedded = encoder.embed(np.random.default_rng(0).normal(size=(2, channels, crop + 3, crop)))
    assert embedded.shape == (2, encoder.embedding_dim) and np.isfinite(embedded).all()


def test_it_knows_where_the_object_is(stamps):
    """The object is at the centre; the same light six pixels off is something else."""
    encoder = random_encoder()
    before = encoder.embed(stamps)
    noise = np.abs(encoder.embed([np.flip(stamp, axis=2) for stamp in stamps]) - before).max(axis=1)
    moved = np.abs(encoder.embed([np.roll(stamp, 6, axis=2) for stamp in stamps]) - before).max(axis=1)
    assert np.median(moved) > 3 * np.median(noise)


def test_the_sky_level_and_the_gain_drop_out_but_light_does_not(stamps):
    encoder = tiny()
    before = encoder.embed(stamps)
    change = np.abs(encoder.embed([2 * stamp + 30 for stamp in stamps]) - before).max()
    brighter = [stamp.copy() for stamp in stamps]
    for stamp in brighter:
        stamp[:, 28:35, 28:35] += 500
    assert change < 1e-5
    assert np.abs(encoder.embed(brighter) - before).max() > 100 * max(change, 1e-6)


def test_blank_stamps_and_fill_values_embed_to_numbers(stamps):
    odd = [np.full((3, 63, 63), value, np.float32) for value in (np.nan, 0, np.inf, 3.4e38, -3.4e38)]
    spiked = stamps[0].copy()
    spiked[:, 30, 30] = 3.4e38
    assert np.isfinite(tiny().embed([*odd, spiked])).all()


def test_no_stamps_give_no_embeddings():
    assert tiny().embed([]).shape == (0, tiny().embedding_dim)
