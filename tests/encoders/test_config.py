"""What an encoder is: a card's configuration comes back whole, and what no network can be is refused."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.encoders.config import BACKBONE_NAMES, EncoderConfig

TINY = EncoderConfig(widths=(4, 8))
POSITIVE = st.floats(0.125, 64)
CONFIGS = st.builds(
    EncoderConfig,
    backbone=st.sampled_from(BACKBONE_NAMES),
    channels=st.integers(1, 9),
    crop=st.integers(1, 99),
    widths=st.lists(st.integers(1, 512), min_size=1, max_size=4).map(tuple),
    rings=st.lists(st.tuples(st.floats(0, 40), POSITIVE), max_size=3).map(tuple),
    softening=POSITIVE,
    rotations=st.sampled_from((1, 2, 4)),
    whitened=st.integers(0, 512),
)


@given(CONFIGS)
def test_every_configuration_comes_back_from_its_card(config):
    assert EncoderConfig.from_dict(json.loads(json.dumps(asdict(config)))) == config


def test_an_unknown_backbone_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="vgg") as caught:
        EncoderConfig(backbone="vgg")
    assert all(name in str(caught.value) for name in BACKBONE_NAMES)


@pytest.mark.parametrize(
    "change",
    (
        {"channels": 0},
        {"crop": 1.5},
        {"widths": ()},
        {"widths": (4, 0)},
        {"rings": ((0.0, 0.0),)},
        {"rings": ((-1.0, 1.0),)},
        {"rotations": 3},
        {"softening": 0},
        {"softening": float("inf")},
        {"softening": "1"},
        {"whitened": -1},
        {"whitened": 2.5},
    ),
    ids=str,
)
def test_what_no_network_can_be_is_refused_by_name(change):
    (field,) = change
    with pytest.raises(ValueError, match=field.removesuffix("s")):
        replace(TINY, **change)


@pytest.mark.parametrize("change", ({"rings": [[1.0]]}, {"rings": None}, {"widths": 4}, {"layers": 50}), ids=str)
def test_a_card_that_holds_something_else_is_an_error_and_never_a_configuration(change):
    with pytest.raises((ValueError, TypeError, KeyError)):
        EncoderConfig.from_dict({**asdict(TINY), **change})
