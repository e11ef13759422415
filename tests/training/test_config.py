"""What decides a training: every method has its paper and its values, and what there is not is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ztfexplore.augment import recipes
from ztfexplore.augment.registry import AUGMENTATIONS
from ztfexplore.errors import TrainingError
from ztfexplore.training.config import DEFAULTS, METHODS, TrainConfig, check, default_config


def test_every_method_has_values_of_its_own():
    assert list(METHODS) == list(DEFAULTS) == ["simclr", "s-simclr", "simsiam", "supervised"]
    for method, config in DEFAULTS.items():
        assert config.method == method
        check(config)


def test_only_two_methods_look_at_labels():
    assert [method for method, config in DEFAULTS.items() if config.uses_labels] == ["s-simclr", "supervised"]


def test_defaults_keep_the_channels_three_channels():
    """SimCLR's original recipe is for the ablation and the inspector."""
    assert all(config.recipe.startswith("astronomical") for config in DEFAULTS.values())


@pytest.mark.parametrize("method", METHODS)
def test_simulated_stamps_help_with_ztf_s_only(method):
    assert default_config(method, {"ztf", "simulated"}) == default_config(method, ["ztf"]) == DEFAULTS[method]
    for surveys in ({"hubble"}, {"ztf", "hubble"}, {"fits"}):
        config = default_config(method, surveys, channels=2)
        assert config.simulated == 0
        assert config.encoder.channels == 2
        # Galaxies alone are whitened, and turned by any angle, for which FITS images may have no room.
        galaxies = surveys == {"hubble"}
        assert (config.recipe, config.encoder.whitened) == (("galaxies", 96) if galaxies else ("astronomical", 0))
        # Without them an epoch is short: there are more.
        assert config.epochs > DEFAULTS[method].epochs


@pytest.mark.parametrize(
    ("change", "words"),
    (
        ({"method": "byol"}, "method byol: unknown; there are simclr, s-simclr, simsiam, supervised"),
        (
            {"recipe": "cubist"},
            f"recipe cubist: unknown; there are {', '.join(recipes.RECIPES)}, and augmentations joined by +: "
            f"{', '.join(AUGMENTATIONS)}",
        ),
        ({"positives": "class"}, "positives class: unknown; there are stamp, object"),
        ({"simulated_share": 0.0}, "simulated share 0.0: must lie between 0 and 1"),
        ({"simulated_share": 1.0}, "simulated share 1.0: must lie between 0 and 1"),
    ),
    ids=str,
)
def test_what_there_is_not_is_named(change, words):
    with pytest.raises(TrainingError) as caught:
        check(replace(TrainConfig(), **change))
    assert str(caught.value) == words


def test_a_method_without_values_is_named():
    with pytest.raises(TrainingError, match=r"byol.*simclr, s-simclr, simsiam, supervised"):
        default_config("byol", {"ztf"})
