"""Scores of an embedding: intervals derived a second time in plain loops, probes on features whose score is known."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from ztfexplore import split, stamps
from ztfexplore.catalogue import Catalogue
from ztfexplore.encoder import EncoderConfig, random_encoder
from ztfexplore.errors import EncoderError, TrainingError
from ztfexplore.evaluate import bootstrap_interval, evaluate, fit_probe, knn_score, markdown, pca_features, probe_score
from ztfexplore.ingest import ingest
from ztfexplore.sources import simulated

# Strict: the mark must go as soon as evaluate.py does what these tests ask.


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


# --- the probe ------------------------------------------------------------------------------------------------------


def sky(objects: int = 90, alerts: int = 2, classes: tuple[str, ...] = ("AGN", "SN", "VS")) -> pd.DataFrame:
    """Labelled objects of several alerts each, and some without a label."""
    known = pd.DataFrame(
        {
            "object_id": np.repeat([f"o{i}" for i in range(objects)], alerts),
            "label": np.repeat([classes[i % len(classes)] for i in range(objects)], alerts),
        }
    )
    unknown = pd.DataFrame({"object_id": [f"u{i}" for i in range(30)], "label": None})
    frame = pd.concat([known, unknown], ignore_index=True)
    return frame.assign(candid=10**18 + np.arange(len(frame)))


def separated(frame: pd.DataFrame, distance: float = 8.0) -> np.ndarray:
    """Features in which the classes are clouds this many sigma apart."""
    codes, names = pd.factorize(frame["label"], sort=True)
    rng = np.random.default_rng(0)
    centres = distance * np.eye(len(names) + 1, 6)
    return (centres[codes] + rng.normal(size=(len(frame), 6))).astype(np.float32)


def test_classes_that_lie_apart_are_told_apart():
    frame = sky()
    score = probe_score(separated(frame), frame)
    assert score.balanced_accuracy == score.macro_f1 == 1.0
    assert score.interval == (1.0, 1.0)
    assert score.recall == {"AGN": 1.0, "SN": 1.0, "VS": 1.0}
    tested = frame["object_id"].isin(split.test_objects(frame))
    assert score.alerts == tested.sum() and score.objects == frame.loc[tested, "object_id"].nunique()
    counts = frame.loc[tested, "label"].value_counts().sort_index().tolist()
    assert score.confusion == np.diag(counts).tolist()


def test_noise_scores_about_chance():
    frame = sky(300)
    features = np.random.default_rng(1).normal(size=(len(frame), 6))
    score = probe_score(features, frame)
    assert score.balanced_accuracy == pytest.approx(1 / 3, abs=0.12)
    assert score.interval[0] < 1 / 3 < score.interval[1]


def test_what_identifies_an_object_but_not_its_class_scores_chance():
    """Twelve alerts an object, alike to 1 %: alerts of one object in both parts would give it away."""
    frame = sky(90, alerts=12)
    rng = np.random.default_rng(2)
    own = dict(zip(frame["object_id"].unique(), rng.normal(size=(120, 60)), strict=True))
    features = np.stack([own[name] for name in frame["object_id"]]) + 0.01 * rng.normal(size=(len(frame), 60))
    assert probe_score(features, frame).balanced_accuracy < 0.6


def test_labels_of_the_test_part_do_not_reach_the_probe():
    """Other labels on the tested objects change the score, not what was predicted of them."""
    frame = sky()
    tested = frame["object_id"].isin(split.test_objects(frame)).to_numpy()
    features = separated(frame, 2.0)
    labels, groups = frame["label"].to_numpy(object), frame["object_id"].to_numpy(object)
    known = frame["label"].notna().to_numpy()
    probe, strength = fit_probe(features[known & ~tested], labels[known & ~tested], groups[known & ~tested])
    score = probe_score(features, frame)
    predicted = probe.predict(features[tested])
    assert score.regularisation == strength
    assert score.balanced_accuracy == pytest.approx(balanced_accuracy_score(labels[tested], predicted))
    again = pd.crosstab(labels[tested], predicted).to_numpy().tolist()
    assert score.confusion == again


def test_rare_classes_weigh_as_much_as_common_ones():
    """Always guessing the common class is worth nothing: balanced accuracy, and classes weighted in the fit."""
    frame = sky(300, alerts=1, classes=("VS",) * 9 + ("SN",))
    rng = np.random.default_rng(3)
    features = np.where((frame["label"] == "SN").to_numpy()[:, None], 1.5, 0.0) + rng.normal(size=(len(frame), 4))
    score = probe_score(features, frame)
    assert score.recall["SN"] > 0.7 and score.recall["VS"] > 0.7
    assert score.balanced_accuracy == pytest.approx(np.mean(list(score.recall.values())))


def test_the_units_of_the_features_do_not_matter():
    frame = sky()
    features = separated(frame, 2.0)
    scaled = features * 10.0 ** np.arange(6) + 1000
    assert probe_score(scaled, frame).confusion == probe_score(features, frame).confusion


def test_too_few_labels():
    frame = sky(9, alerts=1)
    with pytest.raises(TrainingError, match="too few"):
        probe_score(separated(frame), frame)


@pytest.mark.parametrize(
    "frame",
    (sky(5, alerts=1, classes=("SN",)), sky(40, classes=("SN",)), sky(7, alerts=1, classes=("SN",) * 5 + ("VS",) * 2)),
    ids=("five objects", "one class", "four outside the test part"),
)
def test_labels_that_no_probe_can_learn_from(frame):
    with pytest.raises(TrainingError):
        probe_score(separated(frame), frame)


def test_alerts_without_an_embedding_are_left_out():
    """New rows have no embedding until `embed` runs; the others can be scored."""
    frame = sky()
    features = separated(frame)
    features[::9] = np.nan
    score = probe_score(features, frame)
    assert score.balanced_accuracy == 1.0
    assert score.alerts < probe_score(separated(frame), frame).alerts


def test_every_tested_alert_is_in_the_confusion_matrix(monkeypatch):
    """Also one that was taken for a class of which nothing is tested."""
    frame = sky(90, alerts=1)
    features = separated(frame)
    tested = {f"o{i}" for i in range(30) if frame["label"][i] != "VS"}
    monkeypatch.setattr("ztfexplore.evaluate.test_objects", lambda _: tested)
    features[1] = features[frame.index[frame["label"] == "VS"][0]]  # a tested SN that looks like a VS
    score = probe_score(features, frame)
    assert score.alerts == 20
    assert sum(map(sum, score.confusion)) == score.alerts
    assert score.balanced_accuracy == pytest.approx(0.95)  # the mean over the two classes that are tested


# --- k-NN and the yardsticks ----------------------------------------------------------------------------------------


def plain_knn(features: np.ndarray, frame: pd.DataFrame, k: int) -> float:
    """Each tested alert is named by the majority of its k nearest labelled alerts outside the test part."""
    tested = split.test_objects(frame)
    known = [i for i in range(len(frame)) if isinstance(frame["label"][i], str)]
    voters = [i for i in known if frame["object_id"][i] not in tested]
    hits: dict[str, list[bool]] = {}
    for i in (i for i in known if frame["object_id"][i] in tested):
        cosines = {
            j: features[i] @ features[j] / np.linalg.norm(features[i]) / np.linalg.norm(features[j]) for j in voters
        }
        nearest = sorted(voters, key=lambda j: -cosines[j])[:k]
        votes = Counter(frame["label"][j] for j in nearest)
        winner = min(votes, key=lambda name: (-votes[name], name))
        hits.setdefault(frame["label"][i], []).append(winner == frame["label"][i])
    return float(np.mean([np.mean(values) for values in hits.values()]))


@pytest.mark.parametrize("k", (1, 20, 500))
@pytest.mark.parametrize("distance", (0.0, 2.0))
def test_k_nn_is_a_vote_among_alerts_outside_the_test_part(k, distance):
    frame = sky(60)
    features = separated(frame, distance)
    assert knn_score(features, frame, k) == pytest.approx(plain_knn(features.astype(float), frame, k))


def test_k_nn_does_not_name_an_alert_by_another_of_its_object():
    frame = sky(90, alerts=12)
    rng = np.random.default_rng(2)
    own = dict(zip(frame["object_id"].unique(), rng.normal(size=(120, 60)), strict=True))
    features = np.stack([own[name] for name in frame["object_id"]]) + 0.01 * rng.normal(size=(len(frame), 60))
    assert knn_score(features, frame, 1) < 0.6


def test_pca_is_that_of_the_pixels_outside_the_test_part():
    rng = np.random.default_rng(0)
    images = list(rng.normal(size=(80, 2, 13, 13)) + 5 * rng.normal(size=(80, 1, 1, 1)))
    fit = np.arange(80) < 70
    features = pca_features(images, fit, 7)
    pixels = np.stack([np.arcsinh(stamps.normalise(image)[:, 3:10, 3:10]).ravel() for image in images])
    centred = pixels - pixels[fit].mean(axis=0)
    _, _, axes = np.linalg.svd(centred[fit], full_matrices=False)
    assert features.shape == (80, 64)
    assert np.abs(features[:, :10]) == pytest.approx(np.abs(centred @ axes[:10].T), abs=1e-3)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    made = Catalogue.create(tmp_path_factory.mktemp("evaluate") / "catalogue")
    ingest(simulated.read(60, seed=1), made)
    return made


def test_every_encoder_and_yardstick_has_a_row_that_tells_what_was_seen(catalogue, monkeypatch):
    monkeypatch.setattr("ztfexplore.evaluate.STRENGTHS", (0.1,))  # for speed
    config = EncoderConfig(widths=(4, 8))
    frame = catalogue.frame(["candid", "object_id", "label"])
    tested = sorted(split.test_objects(frame))
    encoders = [random_encoder(config, seed) for seed in range(3)]
    for encoder, name, seen, used in zip(
        encoders, ("blind", "images", "labels"), ([], tested[:1], tested[:1]), (True, False, True), strict=True
    ):
        encoder.name = name
        encoder.card["trained_on"] = {"object_ids": ["elsewhere", *seen], "labels_used": used}
    done: list[int] = []
    rows = evaluate(catalogue, encoders, done.append)
    assert [row["encoder"] for row in rows] == ["blind", "images", "labels", "pca", "random"]
    told = [row["seen_of_test_part"] for row in rows]
    assert told == ["nothing", "images", "images and labels", "nothing", "nothing"]
    assert done == [1] * 5
    for row in rows:
        assert row["objects"] == len(tested) and row["interval"][0] <= row["balanced_accuracy"] <= row["interval"][1]
        assert 0 <= row["knn"] <= 1
    table = markdown(rows).splitlines()
    assert len(table) == 7 and len({line.count("|") for line in table}) == 1
    assert all(row["encoder"] in line for row, line in zip(rows, table[2:], strict=True))
    assert f"{rows[0]['balanced_accuracy']:.3f} [" in table[2]


def test_an_encoder_that_does_not_fit_the_stamps_is_refused(catalogue):
    with pytest.raises(EncoderError, match="1 channels"):
        evaluate(catalogue, [random_encoder(EncoderConfig(channels=1, widths=(4, 8)))])


def test_the_score_counts_an_object_once_too(monkeypatch):
    frame = sky(90, alerts=1)
    features = separated(frame)
    tested = {f"o{i}" for i in range(30)}
    monkeypatch.setattr("ztfexplore.evaluate.test_objects", lambda _: tested)
    wrong = frame.index[frame["label"] == "VS"][0]
    features[1] = features[wrong]  # a tested SN that looks like a VS, seen 21 times
    seen = np.concatenate([np.arange(len(frame)), np.full(20, 1)])
    often = frame.iloc[seen].reset_index(drop=True).assign(candid=10**18 + np.arange(len(seen)))
    once, again = probe_score(features, frame), probe_score(features[seen], often)
    assert again.alerts == once.alerts + 20 and again.objects == once.objects
    assert again.recall == pytest.approx(once.recall) and again.recall["SN"] == pytest.approx(0.9)
    assert again.balanced_accuracy == pytest.approx(once.balanced_accuracy)
    assert again.macro_f1 == pytest.approx(once.macro_f1)
    assert knn_score(features[seen], often, 5) == pytest.approx(knn_score(features, frame, 5))


def test_four_objects_of_each_class_outside_the_test_part_are_too_few():
    frame = sky(10, alerts=1, classes=("SN", "VS"))
    with pytest.raises(TrainingError):
        probe_score(separated(frame), frame)
