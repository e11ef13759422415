"""Invariance over many objects: medians in units of the distance to random objects, and the two ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.augment.registry import AUGMENTATIONS
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings.neighbours import NeighbourIndex
from ztfexplore.encoders import encoder
from ztfexplore.errors import EncoderError
from ztfexplore.evaluation import invariance, invariance_summary
from ztfexplore.evaluation.invariance import (
    AUGMENTATION,
    NEAREST,
    RANDOM,
    REFERENCE,
    TWELFTH,
)
from ztfexplore.evaluation.invariance_summary import (
    sample_rows,
    split_by_invariance,
    steps_of_summary,
    summarise_catalogue,
    summarise_invariance,
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


@pytest.fixture
def few(monkeypatch):
    """Two augmentations instead of all, for speed."""
    names = ("scale-flux", "colour-jitter")
    chosen = {name: (AUGMENTATION, AUGMENTATIONS[name].recipe(always=True)) for name in names}
    monkeypatch.setattr(invariance_summary, "measured_recipes", lambda encoder: chosen)
    return names


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(0, 5))
def test_the_sample_is_one_row_an_object(numbers, seed):
    frame = pd.DataFrame({"object_id": [f"o{number}" for number in numbers]})
    among = np.flatnonzero(np.array(numbers) % 2 == 0)
    rows = sample_rows(frame, among, 4, seed)
    objects = frame["object_id"].iloc[rows]
    assert not objects.duplicated().any()
    assert set(rows) <= set(among)
    assert len(rows) == min(4, len({number for number in numbers if number % 2 == 0}))
    assert np.array_equal(rows, sample_rows(frame, among, 4, seed))


def test_the_summary_is_the_median_over_objects_in_units_of_random_objects(few, network, read):
    near = np.full((12, 2), [0.01, 0.05])
    steps = []
    table = summarise_invariance(network, read, near, samples=1, seed=4, on_step=steps.append).set_index("name")
    own = network.embed(read).astype(np.float64)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    apart = [np.median([1 - own[i] @ own[j] for j in range(12) if j != i]) for i in range(12)]
    for name in few:
        generator = torch.Generator().manual_seed(4)
        x = torch.stack([invariance.normalised_stamp(stamp, 21) for stamp in read])
        views_of_all = AUGMENTATIONS[name].recipe(always=True)(x, 21, generator).numpy()
        moved_by = []
        for vector, view in zip(own, views_of_all, strict=True):
            other = network.embed_prepared(view[None])[0]
            moved_by.append(1 - vector @ other / np.linalg.norm(other))
        assert table.at[name, "distance"] == pytest.approx(np.median(moved_by), abs=1e-5)
        assert table.at[name, "ratio"] == pytest.approx(np.median(moved_by) / np.median(apart), rel=1e-3)
        assert table.at[name, "low"] <= table.at[name, "ratio"] <= table.at[name, "high"]
    assert table.at[NEAREST, "ratio"] == pytest.approx(0.01 / np.median(apart), rel=1e-4)
    assert table.at[RANDOM, "ratio"] == 1
    assert table["objects"].eq(12).all()
    assert sum(steps) == 2


def test_an_object_without_neighbours_is_left_out_of_their_row(few, network, read):
    near = np.full((12, 2), [0.01, np.nan])
    table = summarise_invariance(network, read, near, samples=1).set_index("name")
    assert table.at[TWELFTH, "objects"] == 0
    assert np.isnan(table.at[TWELFTH, "ratio"])


def test_a_catalogue_is_summarised_with_its_own_neighbours(few, demo_catalogue, network, index):
    catalogue = Catalogue.open(demo_catalogue)
    done = []
    found = summarise_catalogue(catalogue, catalogue.frame(), index, network, done.append)
    assert found.left_out == 0
    assert sum(done) == 2 * invariance_summary.SAMPLES
    table = found.table.set_index("name")
    assert table.at["scale-flux", "objects"] == 150
    assert table.at[NEAREST, "ratio"] < table.at[TWELFTH, "ratio"] < 1
    # SimCLR's colours mix the channels, which our encoders were never taught.
    ends = split_by_invariance(found.table)
    assert ends.sensitive == ["colour-jitter"]
    assert "colour-jitter" not in ends.invariant


def test_steps_are_known_beforehand(network):
    assert steps_of_summary(network, 4) == 4 * (len(AUGMENTATIONS) + 2)


def test_too_few_objects_that_fit_are_named(demo_catalogue, network, index):
    catalogue = Catalogue.open(demo_catalogue)
    narrow = encoder.random_encoder(encoder.EncoderConfig(channels=2))
    with pytest.raises(EncoderError, match="encoder random: 0 objects of catalogue demo"):
        summarise_catalogue(catalogue, catalogue.frame(), index, narrow)
    with pytest.raises(ValueError, match="2 objects are too few"):
        summarise_invariance(network, catalogue.stamps([0, 1]), np.zeros((2, 2)))


def test_what_lies_between_the_neighbours_is_in_neither_list():
    def row(name: str, low: float, high: float, kind: str = AUGMENTATION) -> dict[str, object]:
        return {"name": name, "kind": kind, "ratio": (low + high) / 2, "low": low, "high": high}

    table = pd.DataFrame(
        [
            row("far", 0.5, 0.6),
            row("touches", 0.005, 0.015),
            row("between", 0.03, 0.05),
            row("near", 0.001, 0.002),
            row(NEAREST, 0.01, 0.02, REFERENCE),
            row(TWELFTH, 0.06, 0.08, REFERENCE),
        ]
    )
    assert split_by_invariance(table) == invariance_summary.InvarianceSplit(["near"], ["far"])
