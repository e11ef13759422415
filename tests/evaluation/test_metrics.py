"""Scores, intervals and calibration: derived a second time in plain loops, or worked out by hand."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import balanced_accuracy_score, f1_score, recall_score

from ztfexplore.evaluation.metrics import (
    Predictions,
    balanced_accuracy,
    bootstrap_interval,
    calibration,
    object_weights,
    paired_difference,
    score,
)

CLASSES = np.array(["AGN", "SN", "VS"])


def predictions(seed: int, objects: int = 60, right: float = 0.7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(true, predicted, groups): objects of two classes with one to five alerts, an object mostly right or wrong."""
    rng = np.random.default_rng(seed)
    true, predicted, groups = [], [], []
    for number in range(objects):
        label, alerts = ("SN", "VS")[number % 2], rng.integers(1, 6)
        share = right if rng.random() < 0.8 else 0.1
        true += [label] * alerts
        predicted += [label if rng.random() < share else "AGN" for _ in range(alerts)]
        groups += [f"o{number}"] * alerts
    return np.array(true, object), np.array(predicted, object), np.array(groups, object)


def plain_interval(true, predicted, groups, draws: int, seed: int) -> tuple[float, float]:
    """Draw as many objects of each class as there are, with replacement; each counts by the share of its alerts."""
    rng = random.Random(seed)
    scores = []
    for _ in range(draws):
        recalls = []
        for label in sorted(set(true)):
            objects = sorted({g for t, g in zip(true, groups, strict=True) if t == label})
            hits = {g: [] for g in objects}
            for t, p, g in zip(true, predicted, groups, strict=True):
                if t == label:
                    hits[g].append(t == p)
            drawn = [hits[rng.choice(objects)] for _ in objects]
            recalls.append(sum(sum(alerts) / len(alerts) for alerts in drawn) / len(drawn))
        scores.append(sum(recalls) / len(recalls))
    scores.sort()
    return scores[int(0.025 * draws)], scores[int(0.975 * draws)]


@pytest.mark.parametrize("seed", (0, 1))
def test_the_interval_is_that_of_a_bootstrap_over_objects(seed):
    data = predictions(seed)
    interval = bootstrap_interval(*data, draws=4000)
    assert interval == pytest.approx(plain_interval(*data, draws=1000, seed=seed), abs=0.02)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_interval_holds_the_score_and_stays_within_0_and_1(seed):
    true, predicted, groups = predictions(seed, objects=20)
    low, high = bootstrap_interval(true, predicted, groups, draws=300)
    right = pd.DataFrame({"class": true, "object": groups, "right": true == predicted})
    score = right.groupby(["class", "object"])["right"].mean().groupby("class").mean().mean()
    assert 0 <= low <= score <= high <= 1
    assert high > low


@pytest.mark.parametrize(("answer", "score"), ((True, 1.0), (False, 0.0)))
def test_what_is_all_right_or_all_wrong_has_no_spread(answer, score):
    true, _, groups = predictions(0)
    predicted = true if answer else np.full(len(true), "bogus", object)
    assert bootstrap_interval(true, predicted, groups) == (score, score)


def test_many_alerts_of_an_object_do_not_narrow_the_interval():
    """An object with 21 alerts counts once: the same objects seen 21 times tell nothing new."""
    rng = np.random.default_rng(0)
    true = np.array(["SN", "VS"] * 20, object)
    predicted = np.where(rng.random(40) < 0.7, true, "AGN")
    groups = np.arange(40)
    once = bootstrap_interval(true, predicted, groups)
    often = bootstrap_interval(*(np.repeat(column, 21) for column in (true, predicted, groups)))
    assert often == pytest.approx(once, abs=1e-9)
    as_if_independent = bootstrap_interval(np.repeat(true, 21), np.repeat(predicted, 21), np.arange(840))
    assert as_if_independent[1] - as_if_independent[0] < (once[1] - once[0]) / 3


def test_an_object_with_many_alerts_counts_once():
    """In every class one object has 21 alerts, all wrong, and the others one each, all right."""
    true = np.repeat(np.array(["SN", "VS"], object), 30)
    predicted = true.copy()
    groups = np.array([f"{name}{max(0, i - 20)}" for name in "ab" for i in range(30)], object)
    for first in (0, 30):
        predicted[first : first + 21] = "AGN"
    low, high = bootstrap_interval(true, predicted, groups)
    assert low > 0.7 and high == 1  # 9 of 10 objects; by alerts it would be 9 of 30


def test_the_interval_of_a_share_is_that_of_the_binomial():
    """One class, 100 objects of one alert, 80 right: 0.80 +- 1.96 sqrt(0.8 * 0.2 / 100)."""
    true = np.full(100, "SN", object)
    predicted = np.where(np.arange(100) < 80, "SN", "VS").astype(object)
    low, high = bootstrap_interval(true, predicted, np.arange(100), draws=4000)
    assert low == pytest.approx(0.8 - 0.0784, abs=0.012)
    assert high == pytest.approx(0.8 + 0.0784, abs=0.012)


def test_the_interval_is_repeated_by_its_seed():
    data = predictions(3)
    assert bootstrap_interval(*data, seed=1) == bootstrap_interval(*data, seed=1)
    assert bootstrap_interval(*data, seed=1) != bootstrap_interval(*data, seed=2)


# --- scores -----------------------------------------------------------------------------------------------------------


def random_predictions(seed: int, alerts: int = 60, objects: int = 25) -> Predictions:
    """Alerts of objects with one class each, and any probabilities."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(objects, size=alerts)
    true = CLASSES[groups % 3]
    return Predictions(true, groups.astype(str), CLASSES, rng.dirichlet([0.5, 0.5, 0.5], alerts))


def seen_again(predictions: Predictions, times: np.ndarray) -> Predictions:
    """The same, every object with each of its alerts several times, as `times` says by object number."""
    rows = np.repeat(np.arange(len(predictions.true)), times[predictions.objects.astype(int)])
    columns = (predictions.true, predictions.objects)
    return Predictions(*(column[rows] for column in columns), predictions.classes, predictions.probabilities[rows])


@pytest.mark.parametrize("seed", range(3))
def test_with_one_alert_an_object_scores_are_those_of_scikit_learn(seed):
    made = random_predictions(seed)
    made = Predictions(made.true, np.arange(60).astype(str), made.classes, made.probabilities)
    found, predicted = score(made, 0.1), made.predicted
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(made.true, predicted))
    assert list(found.recall.values()) == pytest.approx(recall_score(made.true, predicted, average=None).tolist())
    assert found.macro_f1 == pytest.approx(f1_score(made.true, predicted, average="macro"))
    assert found.confusion == pd.crosstab(made.true, predicted).to_numpy().tolist()
    assert (found.objects, found.alerts, found.C) == (60, 60, 0.1)


@pytest.mark.parametrize("seed", range(3))
def test_recall_is_the_mean_over_objects_of_the_share_of_their_alerts(seed):
    made = random_predictions(seed)
    found, predicted = score(made), made.predicted
    for name in CLASSES:
        shares = []
        for number in sorted(set(made.objects[made.true == name])):
            alerts = [i for i in range(60) if made.objects[i] == number]
            shares.append(sum(predicted[i] == name for i in alerts) / len(alerts))
        assert found.recall[name] == pytest.approx(sum(shares) / len(shares))
        low, high = found.recall_interval[name]
        assert low <= found.recall[name] <= high
    assert found.balanced_accuracy == pytest.approx(np.mean(list(found.recall.values())))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), times=arrays.arrays(np.int64, 25, elements=st.integers(1, 4)))
def test_alerts_seen_again_change_no_score(seed, times):
    once = random_predictions(seed)
    again = seen_again(once, times)
    assert score(again).balanced_accuracy == pytest.approx(score(once).balanced_accuracy)
    assert score(again).interval == pytest.approx(score(once).interval)
    assert score(again).macro_f1 == pytest.approx(score(once).macro_f1)
    assert calibration(again)["ece"] == pytest.approx(calibration(once)["ece"])
    assert calibration(again)["ece_balanced"] == pytest.approx(calibration(once)["ece_balanced"])


def test_an_object_of_two_labels_counts_in_both_by_its_alerts():
    """o1 has one alert of each class: half an object in each. SN: (1 + 0.5 * 0) / 1.5, VS: (0.5 * 1 + 0) / 1.5."""
    true = np.array(["SN", "SN", "VS", "VS"])
    predicted = np.array(["SN", "VS", "VS", "SN"])
    objects = np.array(["o0", "o1", "o1", "o2"])
    assert balanced_accuracy(true, predicted, objects) == pytest.approx((1 / 1.5 + 0.5 / 1.5) / 2)


def test_weights_of_an_object_sum_to_one():
    assert object_weights(np.array(["a", "b", "a", "a"])).tolist() == pytest.approx([1 / 3, 1, 1 / 3, 1 / 3])


# --- paired differences and several fits ------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), fits=st.integers(1, 4))
def test_a_method_differs_from_itself_by_exactly_nothing(seed, fits):
    made = random_predictions(seed)
    predicted = np.random.default_rng(seed).choice(CLASSES, (60, fits))
    found = paired_difference(made.true, predicted, predicted, made.objects, draws=50)
    assert found.difference == 0 and found.interval == (0, 0)


def test_a_difference_is_that_of_the_scores_and_changes_sign_with_the_order():
    made = random_predictions(4)
    first, second = (np.random.default_rng(seed).choice(CLASSES, 60) for seed in (1, 2))
    found = paired_difference(made.true, first, second, made.objects)
    scores = [balanced_accuracy(made.true, predicted, made.objects) for predicted in (first, second)]
    assert found.difference == pytest.approx(scores[0] - scores[1])
    turned = paired_difference(made.true, second, first, made.objects)
    assert turned.difference == pytest.approx(-found.difference)
    assert turned.interval == pytest.approx((-found.interval[1], -found.interval[0]))


def test_the_interval_of_a_difference_is_that_of_a_plain_paired_bootstrap():
    """200 objects of one alert: the second method is right wherever the first is, and on 20 more."""
    true = np.array(["SN", "VS"] * 100)
    first = np.where(np.arange(200) < 120, true, "AGN")
    second = np.where(np.arange(200) < 140, true, "AGN")
    found = paired_difference(true, second, first, np.arange(200), draws=4000)
    assert found.difference == pytest.approx(0.1)
    gains = (second == true).astype(float) - (first == true)
    rng, means = random.Random(0), []
    for _ in range(2000):
        halves = [[gains[rng.choice(range(start, 200, 2))] for _ in range(100)] for start in (0, 1)]
        means.append(sum(sum(half) / 100 for half in halves) / 2)
    assert found.interval == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])), abs=0.01)
    apart = bootstrap_interval(true, first, np.arange(200))
    assert found.interval[1] - found.interval[0] < apart[1] - apart[0]  # pairing takes out what both share


def test_the_score_of_several_fits_is_their_mean_and_their_spread_widens_the_interval():
    true, objects = np.array(["SN", "VS"] * 50), np.arange(100)
    always = np.where(np.arange(100) < 60, true, "AGN")
    same = np.stack([always, always], axis=1)
    apart = np.stack([true, np.where(np.arange(100) < 20, true, "AGN")], axis=1)  # 1.0 and 0.2
    assert balanced_accuracy(true, same, objects) == pytest.approx(0.6)
    assert balanced_accuracy(true, apart, objects) == pytest.approx(0.6)
    # The same fits say no more than one; the bootstrap over them draws nothing new.
    assert bootstrap_interval(true, same, objects) == pytest.approx(bootstrap_interval(true, always, objects))
    low, high = bootstrap_interval(true, apart, objects)
    assert low < 0.25 and high == 1.0  # one draw in four has the bad fit twice, one the good one


# --- calibration ------------------------------------------------------------------------------------------------------


def plain_calibration_error(made: Predictions, bins: int = 10) -> float:
    """Sum over the bins of their share of objects times |accuracy - confidence|."""
    alerts_of = {name: list(made.objects).count(name) for name in set(made.objects)}
    total = 0.0
    for number in range(bins):
        weight = hits = confidences = 0.0
        for i, row in enumerate(made.probabilities):
            top = max(row)
            if number / bins <= top < (number + 1) / bins or (number == bins - 1 and top == 1):
                share = 1 / alerts_of[made.objects[i]]
                weight += share
                hits += share * (made.classes[list(row).index(top)] == made.true[i])
                confidences += share * top
        if weight:
            total += weight * abs(hits / weight - confidences / weight)
    return total / len(alerts_of)


@pytest.mark.parametrize("seed", range(5))
def test_the_calibration_error_is_that_of_plain_loops(seed):
    made = random_predictions(seed)
    assert calibration(made)["ece"] == pytest.approx(plain_calibration_error(made))


def test_a_calibration_error_by_hand():
    """Four objects at 0.85, two of them right, and one, right, at 1: (4 * |0.5 - 0.85| + 1 * 0) / 5."""
    probabilities = np.array([[0.85, 0.15]] * 4 + [[0.0, 1.0]])
    true = np.array(["SN", "SN", "VS", "VS", "VS"])
    found = calibration(Predictions(true, np.arange(5).astype(str), np.array(["SN", "VS"]), probabilities))
    assert found["ece"] == pytest.approx(4 * 0.35 / 5)
    assert found["ece_balanced"] == pytest.approx(abs(2 * 0.15 / 4 - 2 * 0.85 / 6))  # SN weigh 1/4 each, VS 1/6
    assert [(b["low"], b["accuracy"], b["objects"]) for b in found["bins"]] == [(0.8, 0.5, 4), (0.9, 1, 1)]
    assert found["bins"][0]["confidence"] == pytest.approx(0.85)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_perfect_prediction_is_calibrated_and_a_sure_wrong_one_is_not_at_all(seed):
    made = random_predictions(seed)
    sure = (made.true[:, None] == CLASSES).astype(float)
    assert calibration(Predictions(made.true, made.objects, CLASSES, sure))["ece"] == 0
    wrong = np.roll(sure, 1, axis=1)
    assert calibration(Predictions(made.true, made.objects, CLASSES, wrong))["ece"] == pytest.approx(1)


def test_probabilities_that_mean_what_they_say_have_a_small_error():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([1, 1, 1], 20_000)
    true = CLASSES[(probabilities.cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)]
    found = calibration(Predictions(true, np.arange(20_000).astype(str), CLASSES, probabilities))
    assert found["ece"] < 0.015
    assert sum(part["objects"] for part in found["bins"]) == pytest.approx(20_000)
