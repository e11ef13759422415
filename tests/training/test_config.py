"""What decides a training: its values for each survey, and what there is not is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.errors import refused
from ztfexplore.augment import recipes
from ztfexplore.augment.registry import AUGMENTATIONS
from ztfexplore.errors import TrainingError
from ztfexplore.training.config import METHODS, TrainConfig, check, default_config


@pytest.mark.parametrize("method", METHODS)
def test_simulated_stamps_help_with_ztf_s_only(method):
    assert default_config(method, {"ztf", "simulated"}) == default_config(method, ["ztf"]) == METHODS[method].config
    for surveys in ({"hubble"}, {"ztf", "hubble"}, {"fits"}):
        config = default_config(method, surveys, channels=2)
        assert config.simulated == 0
        assert config.encoder.channels == 2
        # Galaxies alone are whitened, and turned by any angle, for which FITS images may have no room.
        galaxies = surveys == {"hubble"}
        assert (config.recipe, config.encoder.whitened) == (("galaxies", 96) if galaxies else ("astronomical", 0))
        # Without them an epoch is short: there are more.
        assert config.epochs > METHODS[method].config.epochs


@pytest.mark.parametrize(
    ("change", "named"),
    (
        ({"method": "moco"}, ("moco", *METHODS)),
        ({"recipe": "cubist"}, ("cubist", *recipes.RECIPES, *AUGMENTATIONS)),
        ({"positives": "class"}, ("class", "stamp", "object")),
        ({"simulated_share": 0.0}, ("0.0",)),
        ({"simulated_share": 1.0}, ("1.0",)),
        ({"options": {"momentum": 0.9}}, ("momentum", "simclr")),
    ),
    ids=str,
)
def test_what_there_is_not_is_named_with_what_there_is(change, named):
    with refused(TrainingError, *named):
        check(replace(TrainConfig(), **change))


def test_a_method_without_values_is_named():
    with refused(TrainingError, "moco", *METHODS):
        default_config("moco", {"ztf"})
