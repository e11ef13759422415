"""How far augmentations move an object: views as a training makes them, distances as neighbours have them."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ztfexplore.augment.augmentations.flux import ScaleFlux
from ztfexplore.augment.recipes import RECIPES, Recipe
from ztfexplore.augment.registry import AUGMENTATIONS, recipe_of
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings.neighbours import NeighbourIndex
from ztfexplore.encoders import encoder
from ztfexplore.evaluation.invariance import (
    NEAREST,
    RANDOM,
    TWELFTH,
    augmented_views,
    describe_step,
    displacement_table,
    displacements,
    measured_recipes,
    recipe_stages,
    reference_distances,
    trained_with,
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread(demo_catalogue):
    """Making the map sets the threads back; of networks this small several wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def network() -> encoder.Encoder:
    return encoder.load("simclr")


@pytest.fixture(scope="module")
def untrained() -> encoder.Encoder:
    return encoder.random_encoder()


@pytest.fixture(scope="module")
def read(demo_catalogue) -> list[np.ndarray]:
    return Catalogue.open(demo_catalogue).stamps(np.arange(12))


@pytest.fixture(scope="module")
def index(demo_catalogue) -> NeighbourIndex:
    catalogue = Catalogue.open(demo_catalogue)
    return NeighbourIndex.of(catalogue.frame(), catalogue.vectors("embedding_simclr").values)


@settings(max_examples=25, deadline=None)
@given(height=st.integers(21, 40), width=st.integers(21, 40))
def test_a_view_by_no_augmentation_is_what_the_encoder_sees(height, width):
    stamp = np.random.default_rng(0).normal(100, 5, (3, height, width)).astype(np.float32)
    seen = encoder.random_encoder().prepare(stamp)
    view = augmented_views(stamp, Recipe(), 21, 2, 0)
    square = min(height, width)
    if height == width or (height - square) % 2 == (width - square) % 2 == 0:
        assert np.allclose(view[0], seen, atol=1e-5)
    # A recipe that resamples has the same centre: nothing is off by half a pixel.
    assert np.allclose(augmented_views(stamp, AUGMENTATIONS["shift"].recipe(0.0), 21, 1, 0), view[:1], atol=1e-2)


def test_the_same_seed_gives_the_same_views_and_another_gives_others(read):
    recipe = RECIPES["simclr"]
    assert np.array_equal(augmented_views(read[0], recipe, 21, 4, 7), augmented_views(read[0], recipe, 21, 4, 7))
    assert not np.array_equal(augmented_views(read[0], recipe, 21, 4, 7), augmented_views(read[0], recipe, 21, 4, 8))


@pytest.mark.parametrize("name", ("simclr", "astronomical", "galaxies", "none", "blur+rotate"))
def test_stages_end_in_the_view_of_the_whole_recipe(read, name):
    recipe = recipe_of(name)
    for seed in range(4):
        found = recipe_stages(read[0], recipe, 21, seed)
        assert len(found) == 1 + len(recipe.geometric) + len(recipe.photometric)
        assert np.array_equal(found[-1].view, augmented_views(read[0], recipe, 21, 1, seed)[0])
        for before, stage in pairwise(found):
            assert stage.changed == bool((np.abs(stage.view - before.view) > 1e-2).any())


def test_steps_are_named_with_their_parameters():
    assert describe_step(ScaleFlux(3.0)) == "scale-flux: factor 3"
    assert [describe_step(step) for step in RECIPES["simclr"].photometric] == [
        "resized-crop: smallest 0.08, largest 1, ratio 1.33",
        "colour-jitter: strength 1, probability 0.8",
        "grayscale: probability 0.2",
        "blur: sigma 2, probability 0.5",
    ]


def test_a_stamp_as_it_is_is_not_moved_and_a_change_of_flux_is_not_normalised_away(network, read):
    assert displacements(network, read[0], Recipe(), 3).max() < 1e-5
    far = displacements(network, read[0], Recipe(photometric=(ScaleFlux(10.0),)), 16)
    assert far.max() > 1e-3


def test_distances_are_those_between_embeddings(network, read):
    recipe = RECIPES["astronomical"]
    stamp = read[3]
    own = network.embed([stamp])[0]
    expected = []
    for view in augmented_views(stamp, recipe, 21, 5, 2):
        with torch.inference_mode():
            vector = network.embed_prepared(view[None])[0]
        expected.append(1 - own @ vector / np.linalg.norm(own) / np.linalg.norm(vector))
    assert displacements(network, stamp, recipe, 5, 2) == pytest.approx(expected, abs=1e-5)


def test_every_augmentation_has_a_row_with_its_percentiles(network, read):
    table = displacement_table(network, read[0])
    assert table["name"].tolist() == [*AUGMENTATIONS, "recipe astronomical", "recipe simclr"]
    assert (table["low"] <= table["median"]).all() and (table["median"] <= table["high"]).all()
    assert table.set_index("name").at["recipe simclr", "median"] > table.set_index("name").at["sky-noise", "median"]


def test_the_mean_over_quarter_turns_is_not_moved_by_them(untrained, read):
    """What an encoder was never taught, its four rotations give it; a mirror image is another matter."""
    far = displacements(untrained, read[0], AUGMENTATIONS["quarter-turn"].recipe(), 32)
    assert (far < 1e-5).mean() > 0.3  # those that are not mirrored
    assert far.max() > 1e-5


def test_what_an_encoder_was_trained_with_is_read_from_its_card(network, untrained):
    known = {name for name in measured_recipes(network) if trained_with(network, name)}
    # QuarterTurn mirrors too.
    single = {"flip", "quarter-turn", "sky-noise", "scale-flux", "mask-pixels", "drop-channel"}
    assert known == single | {"recipe astronomical"}
    assert not any(trained_with(untrained, name) for name in measured_recipes(untrained))
    galaxies = encoder.load("galaxies-simsiam")
    assert trained_with(galaxies, "recipe galaxies") and trained_with(galaxies, "quarter-turn")
    assert "recipe galaxies" in measured_recipes(galaxies)
    assert "recipe galaxies" not in measured_recipes(network)


def test_a_card_that_names_a_recipe_of_another_version_is_no_trouble():
    stranger = SimpleNamespace(card={"training": {"recipe": "cubist"}, "augmentations": ["Melt(degrees=3)"]})
    assert "recipe cubist" not in measured_recipes(stranger)
    assert not trained_with(stranger, "flip")


def test_references_are_neighbours_and_random_others(demo_catalogue, network, index):
    catalogue = Catalogue.open(demo_catalogue)
    frame, values = catalogue.frame(), catalogue.vectors("embedding_simclr").values
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    apart = np.sort(1 - unit @ unit[5])[1:]
    table = reference_distances(network, index, frame["object_id"], 5).set_index("name")
    assert table.at[NEAREST, "median"] == pytest.approx(apart[0], abs=1e-5)
    assert table.at[TWELFTH, "median"] == pytest.approx(apart[11], abs=1e-5)
    assert table.at[RANDOM, "median"] == pytest.approx(np.median(apart), abs=1e-5)
    assert table.at[RANDOM, "samples"] == 149
