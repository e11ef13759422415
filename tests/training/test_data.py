"""What a training sees: never the test part, pairs of the same object, classes and simulated stamps in their shares."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.support.errors import refused
from tests.support.trainings import TINY, each_method, sixty_alerts, stored, without_label
from ztfexplore.augment.recipes import context_size
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot
from ztfexplore.encoders.backbones import EncoderConfig
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation import split
from ztfexplore.sources import hubble
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.training import data as training_data
from ztfexplore.training.card import labels_trained_on, training_card
from ztfexplore.training.config import TrainConfig
from ztfexplore.training.data import (
    SIMULATED_WEIGHTS,
    UNLABELLED,
    Batches,
    Partners,
    TrainingSet,
    assemble,
    class_numbers,
    context,
    generator,
    simulate,
    training_rows,
    training_set,
)

SUPERVISED = replace(TINY, method="supervised")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    """Not to be changed."""
    return sixty_alerts(tmp_path_factory.mktemp("data"))


def numbered(labels: list[str | None], objects: list[str], config: TrainConfig) -> TrainingSet:
    """A training set whose images are their row's number."""
    images = np.arange(len(labels), dtype=np.float32).reshape(-1, 1, 1, 1)
    return assemble(images, pd.DataFrame({"object_id": objects, "label": labels}, dtype=object), config)


def drawn(data: TrainingSet, batch_size: int, epochs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows and partners that so many epochs show, of numbered images."""
    batches, rows, partners = Batches(data, batch_size, seed), [], []
    for epoch in range(epochs):
        batches.epoch = epoch
        for images, others, labels in batches:
            assert len(images) == len(others) == len(labels) == batches.batch_size
            assert torch.equal(labels, data.labels[images.flatten().long()])
            rows.append(images.flatten().long().numpy())
            partners.append(others.flatten().long().numpy())
    return np.concatenate(rows), np.concatenate(partners)


# --- which alerts ---------------------------------------------------------------------------------------------------


@each_method
def test_the_test_part_s_objects_are_left_out(catalogue, method):
    frame = catalogue.frame()
    tested = split.test_objects(frame)
    data = training_set(catalogue, replace(TINY, method=method))
    expected = frame[~frame["object_id"].isin(tested)]
    if method == "supervised":
        expected = expected[expected["label"].notna()]
    assert len(tested) >= 8
    assert set(data.frame["candid"]) == set(expected["candid"])
    assert len(data) == len(data.images) == len(data.labels) == len(data.objects) == len(expected)
    assert data.weights is None
    assert training_rows(catalogue, replace(TINY, method=method)).equals(data.frame)


def test_other_alerts_of_a_test_object_are_left_out_even_unlabelled(tmp_path):
    alerts = list(simulate_alerts(60, seed=1))
    again = [without_label(replace(alert, candid=alert.candid + 1000)) for alert in alerts]
    made = stored(tmp_path, [*alerts, *again])
    data = training_set(made, TINY)
    tested = split.test_objects(made.frame())
    assert len(data.frame) == 120 - 2 * len(tested)
    assert not tested & set(data.frame["object_id"])


def test_a_training_without_any_labels_uses_everything(tmp_path):
    made = stored(tmp_path, map(without_label, simulate_alerts(40, seed=1)))
    data = training_set(made, TINY)
    assert len(data.frame) == 40
    assert torch.isfinite(data.images).all()
    assert data.images.shape[1:] == (3, 21, 21)


def test_a_handful_of_labels_does_not_keep_simclr_from_training(tmp_path):
    """Too few for a test part; SimCLR needs neither."""
    alerts = list(simulate_alerts(40, seed=1))
    made = stored(tmp_path, [*alerts[:3], *map(without_label, alerts[3:])])
    assert len(training_set(made, TINY).frame) >= 37


def test_the_supervised_baseline_sees_labelled_rows_only(catalogue):
    data = training_set(catalogue, SUPERVISED)
    assert data.frame["label"].notna().all()
    assert data.classes == sorted(set(data.frame["label"]))
    assert [data.classes[number] for number in data.labels] == data.frame["label"].tolist()


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ("s-simclr", "supervised"))
def test_a_method_that_uses_labels_needs_one(tmp_path, method):
    made = stored(tmp_path, map(without_label, simulate_alerts(40, seed=1)))
    with refused(TrainingError, method):
        training_set(made, replace(TINY, method=method))


def test_the_supervised_baseline_needs_two_classes(tmp_path):
    made = stored(tmp_path, simulate_alerts(50, seed=1, weights={"SN": 1}))
    with refused(TrainingError, "supervised"):
        training_set(made, SUPERVISED)


def test_labelled_rows_must_fill_two_batches(catalogue):
    """There are fifty alerts outside the test part; fewer have a label."""
    assert len(training_set(catalogue, replace(TINY, batch_size=24))) >= 48
    with refused(TrainingError, 24, "--batch-size"):
        training_set(catalogue, replace(SUPERVISED, batch_size=24))


def test_simulated_stamps_are_refused_for_another_survey_s(tmp_path):
    made = stored(tmp_path, islice(hubble.read_hubble(), 40))
    with refused(TrainingError, "hubble", "--simulated 0"):
        training_set(made, replace(TINY, simulated=20))
    data = training_set(made, TINY)
    assert len(data) == 40 and set(data.frame["survey"]) == {"hubble"}


@pytest.mark.parametrize(
    ("change", "sizes"),
    (
        ({"encoder": EncoderConfig(channels=1)}, ("1 channel", "63x63")),
        ({"encoder": EncoderConfig(crop=65)}, ("65x65", "63x63")),
        ({"encoder": EncoderConfig(crop=51), "recipe": "astronomical-resampled"}, (51, "63x63")),
    ),
    ids=("channels", "larger than the stamps", "no room to turn"),
)
def test_stamps_that_do_not_fit_are_refused_with_both_sizes(catalogue, change, sizes):
    """A crop of 51 pixels needs more room to turn than stamps of 63 have."""
    with refused(TrainingError, *sizes):
        training_set(catalogue, replace(TINY, **change))


def test_more_axes_than_stamps_are_refused_before_the_training(catalogue):
    with refused(TrainingError, 500):
        training_set(catalogue, replace(TINY, encoder=EncoderConfig(whitened=500)))


# --- images ---------------------------------------------------------------------------------------------------------


def test_a_recipe_that_moves_no_pixels_needs_the_crop_alone():
    for recipe, size in (("none", 21), ("astronomical", 21), ("astronomical-resampled", context_size(21))):
        assert context(replace(TINY, recipe=recipe)) == size
    assert context_size(21) > 21


def test_a_recipe_that_turns_has_room_to(catalogue):
    data = training_set(catalogue, replace(TINY, recipe="astronomical-resampled"))
    assert data.images.shape[1:] == (3, context_size(21), context_size(21))


def test_simulated_twins_follow_the_catalogue_s_stamps(catalogue):
    config = replace(TINY, simulated=10)
    told: list[int] = []
    data, alone = training_set(catalogue, config, told.append), training_set(catalogue, TINY)
    real = len(alone)
    assert len(data) == real + 20 and sum(told) == 10
    assert torch.equal(data.images[:real], alone.images)
    assert torch.isfinite(data.images).all()
    assert data.objects[real:].view(10, 2).diff(dim=1).abs().max() == 0  # twins are one object, side by side
    assert len(set(data.objects[real:].tolist())) == 10
    assert not set(data.objects[real:].tolist()) & set(data.objects[:real].tolist())
    assert len(data.frame) == real  # of the catalogue's rows only


def test_the_simulation_is_the_same_every_time_and_has_the_classes_asked_for():
    config = replace(TINY, simulated=20)
    images, labels = simulate(config)
    again, _ = simulate(config)
    assert images.shape == (40, 3, 21, 21) and images.dtype == np.float32
    assert np.array_equal(images, again)
    assert labels[::2] == labels[1::2]
    assert Counter(labels) == {name: round(40 * weight) for name, weight in SIMULATED_WEIGHTS.items()}


def test_simulated_classes_are_classes_where_labels_are_used(catalogue):
    for method, counted in (("s-simclr", True), ("supervised", True), ("simclr", False), ("simsiam", False)):
        data = training_set(catalogue, replace(TINY, method=method, simulated=10))
        assert bool((data.labels[-20:] < UNLABELLED).all()) is counted
        assert bool(data.classes) is counted


# --- labels ---------------------------------------------------------------------------------------------------------


def test_unlabelled_stamps_are_classes_of_their_own_and_simclr_knows_no_labels():
    labels = pd.Series(["SN", None, "VS", "SN", None], dtype=object)
    first, other, star, second, another = class_numbers(labels, ["SN", "VS"], np.arange(5)).tolist()
    assert (first, star) == (second, 1) == (0, 1)
    assert len({first, other, star, another}) == 4 and min(other, another) >= UNLABELLED
    assert len(set(class_numbers(labels, [], np.arange(5)).tolist())) == 5


@pytest.mark.parametrize("method", ("simclr", "s-simclr"))
def test_an_unlabelled_stamp_goes_with_its_object_unless_positives_are_stamps(method):
    labels, objects = [None, "SN", None, None, "SN"], ["a", "b", "a", "c", "d"]
    config = replace(TINY, method=method)
    together = numbered(labels, objects, config).labels.tolist()
    assert together[0] == together[2] and together[0] != together[3]
    assert (together[1] == together[4]) is config.uses_labels
    apart = numbered(labels, objects, replace(config, positives="stamp"))
    assert len(set(apart.labels.tolist())) == (4 if config.uses_labels else 5)
    assert len(set(apart.objects.tolist())) == 5


# --- partners -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(0, 2**32), st.data())
def test_a_partner_is_another_stamp_of_the_same_object(objects, seed, data):
    rows = data.draw(st.lists(st.integers(0, len(objects) - 1), min_size=1, max_size=60))
    found = Partners(torch.tensor(objects)).draw(torch.tensor(rows), generator(seed)).tolist()
    for row, partner in zip(rows, found, strict=True):
        assert objects[partner] == objects[row]
        assert (partner == row) == (objects.count(objects[row]) == 1)  # alone, it is its own


def test_every_other_stamp_of_the_object_is_as_likely():
    partners = Partners(torch.tensor([3, 8, 3, 3, 8, 3, 1]))
    counts = Counter(partners.draw(torch.full((6000,), 2), generator(0)).tolist())
    assert set(counts) == {0, 3, 5}
    assert all(count == pytest.approx(2000, abs=150) for count in counts.values())


def test_a_batch_s_second_view_is_of_the_partner():
    objects = ["a", "b", "a", "c", "a", "c"]
    rows, partners = drawn(numbered([None] * 6, objects, TINY), 6, epochs=20)
    for row, partner in zip(rows, partners, strict=True):
        assert objects[row] == objects[partner] and (row == partner) == (objects[row] == "b")
    rows, partners = drawn(numbered([None] * 6, objects, replace(TINY, positives="stamp")), 6, epochs=2)
    assert np.array_equal(rows, partners)


# --- batches --------------------------------------------------------------------------------------------------------


def test_an_epoch_shows_each_stamp_once_and_leaves_out_the_last_smaller_batch():
    data = numbered([None] * 50, list(map(str, range(50))), TINY)
    assert len(Batches(data, 16, 0)) == 3
    rows, _ = drawn(data, 16, epochs=4)
    epochs = rows.reshape(4, 48)
    assert all(len(set(epoch)) == 48 for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


@pytest.mark.parametrize("balanced", (False, True))
def test_an_epoch_is_the_same_whether_or_not_the_earlier_ones_were_drawn(balanced):
    data = numbered(["SN", "VS"] * 20, list("abcdefgh") * 5, replace(TINY, balanced=balanced))
    running, resumed = Batches(data, 16, 4), Batches(data, 16, 4)
    for epoch in range(4):
        running.epoch = epoch
        last = list(running)
    resumed.epoch = 3
    torch.manual_seed(99)
    assert all(
        torch.equal(a, b) for one, other in zip(last, resumed, strict=True) for a, b in zip(one, other, strict=True)
    )
    other = Batches(data, 16, 5)
    other.epoch = 3
    assert not all(torch.equal(one[0], another[0]) for one, another in zip(last, other, strict=True))


def test_a_set_smaller_than_a_batch_is_one_batch():
    batches = Batches(numbered([None] * 5, list("abcde"), TINY), 16, 0)
    assert len(batches) == len(list(batches)) == 1


def test_balanced_classes_are_drawn_equally_often():
    labels = ["VS"] * 60 + ["SN"] * 15 + ["AGN"] * 5
    data = numbered(labels, list(map(str, range(80))), replace(SUPERVISED, balanced=True))
    counts = Counter(labels[row] for row in drawn(data, 16, epochs=150)[0])
    assert sum(counts.values()) == 150 * 80
    assert all(count == pytest.approx(4000, rel=0.06) for count in counts.values())
    natural = numbered(labels, list(map(str, range(80))), SUPERVISED)
    assert Counter(labels[row] for row in drawn(natural, 16, epochs=3)[0]) == {"VS": 180, "SN": 45, "AGN": 15}


def test_balancing_classes_leaves_the_unlabelled_their_share():
    labels = ["VS"] * 30 + ["SN"] * 10 + [None] * 40
    data = numbered(labels, list(map(str, range(80))), replace(TINY, method="s-simclr", balanced=True))
    counts = Counter(labels[row] for row in drawn(data, 16, epochs=150)[0])
    assert counts[None] == pytest.approx(6000, rel=0.05)
    assert counts["VS"] == pytest.approx(3000, rel=0.07) and counts["SN"] == pytest.approx(3000, rel=0.07)


def test_balancing_where_nothing_has_a_label_changes_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = numbered([None] * 8, list("abcdefgh"), replace(TINY, balanced=True))
    assert data.weights.tolist() == [1 / 8] * 8


@pytest.mark.parametrize("share", (0.25, 0.5))
def test_simulated_stamps_have_their_share_of_every_batch(share, monkeypatch):
    extra = 100 + np.arange(60, dtype=np.float32).reshape(-1, 1, 1, 1)
    monkeypatch.setattr(
        training_data, "simulate", lambda config, on_step: (extra, ["SN", "SN", "VS", "VS", "VS", "VS"] * 10)
    )
    config = replace(TINY, method="s-simclr", simulated=30, simulated_share=share)
    objects = list(map(str, range(100)))
    rows, partners = drawn(numbered(["SN"] * 20 + ["VS"] * 80, objects, config), 16, epochs=150)
    assert np.mean(rows >= 100) == pytest.approx(share, abs=0.015)
    assert np.array_equal(partners[rows < 100], rows[rows < 100])
    assert np.array_equal(partners[rows >= 100], rows[rows >= 100] ^ 1)  # the other night's stamp
    assert np.mean(rows[rows < 100] < 20) == pytest.approx(0.2, abs=0.015)  # classes as they are
    balanced = numbered(["SN"] * 20 + ["VS"] * 80, objects, replace(config, balanced=True))
    rows, _ = drawn(balanced, 16, epochs=150)
    assert np.mean(rows >= 100) == pytest.approx(share, abs=0.015)
    assert np.mean(rows[rows < 100] < 20) == pytest.approx(0.5, abs=0.02)
    assert np.mean((rows[rows >= 100] - 100) % 6 < 2) == pytest.approx(0.5, abs=0.025)


# --- whose labels ---------------------------------------------------------------------------------------------------


@pytest.fixture
def disputed(tmp_path) -> Catalogue:
    """Sixty objects; a person calls all of them SN, those without a label and those of the test part as well."""
    made = sixty_alerts(tmp_path)
    frame = made.frame(["candid", "survey"])
    Annotations.open(made.path).add(frame["candid"].tolist(), "SN", "Ann", frame["survey"].tolist())
    return made


def test_labels_of_people_are_learned_and_move_nothing_into_the_test_part_or_out(disputed):
    people, data = (training_rows(Snapshot.of(disputed, by), TINY) for by in ("people", "data"))
    assert people.index.tolist() == data.index.tolist()
    assert set(people["label"]) == {"SN"} and data["label"].isna().sum() == 12 and data["label"].nunique() > 2
    assert training_rows(disputed, TINY)["label"].tolist() == people["label"].tolist(), "people's count first"


def test_a_card_says_whose_labels_a_training_used(disputed):
    config = replace(TINY, method="s-simclr")
    cards = {}
    for by in ("people", "data"):
        made = training_set(Snapshot.of(disputed, by), config)
        cards[by] = training_card(config, made, 1.0, 1.0)
        counts = made.frame["label"].notna().sum()
        expected = {"people": counts if by == "people" else 0, "data": 0 if by == "people" else counts}
        assert cards[by]["trained_on"]["labels_by"] == by and cards[by]["trained_on"]["labelled_alerts"] == expected
        assert labels_trained_on(cards[by])["labels_used"] == expected
    assert cards["data"]["command"].endswith("--labels-by data") and "--labels-by" not in cards["people"]["command"]
    unlabelled = training_card(TINY, training_set(disputed, TINY), 1.0, 1.0)
    assert labels_trained_on(unlabelled)["labels_used"] == {"people": 0, "data": 0}
