"""Probes on features whose score is known, and a vote among neighbours derived a second time in plain loops."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from tests.support.skies import separated, sky
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation import split
from ztfexplore.evaluation.classifiers import (
    Parts,
    fit_probe,
    knn_predict,
    linear_probe,
    probe_predictions,
    probe_score,
)
from ztfexplore.evaluation.metrics import balanced_accuracy


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
    probe, C = fit_probe(features[known & ~tested], labels[known & ~tested], groups[known & ~tested])
    score = probe_score(features, frame)
    predicted = probe.predict(features[tested])
    assert score.C == C
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
    monkeypatch.setattr("ztfexplore.evaluation.classifiers.test_objects", lambda _: tested)
    features[1] = features[frame.index[frame["label"] == "VS"][0]]  # a tested SN that looks like a VS
    score = probe_score(features, frame)
    assert score.alerts == 20
    assert sum(map(sum, score.confusion)) == score.alerts
    assert score.balanced_accuracy == pytest.approx(0.95)  # the mean over the two classes that are tested


def test_the_order_of_rows_does_not_matter():
    frame, features = sky(), separated(sky(), 1.5)
    mixed = np.random.default_rng(0).permutation(len(frame))
    assert probe_score(features[mixed], frame.iloc[mixed].reset_index(drop=True)) == probe_score(features, frame)


def test_probabilities_are_those_of_the_predictions():
    frame, features = sky(), separated(sky(), 1.5)
    parts = Parts.of(frame)
    made, C = probe_predictions(features, parts)
    assert made.probabilities.shape == (len(parts.test), 3)
    assert made.probabilities.sum(axis=1) == pytest.approx(1)
    again = linear_probe(C=C).fit(features[parts.fit], parts.labels[parts.fit])
    assert made.predicted.tolist() == again.predict(features[parts.test]).tolist()


def test_the_parts_share_no_object_and_leave_out_what_has_no_label():
    frame = sky()
    parts = Parts.of(frame)
    assert not set(parts.objects[parts.fit]) & set(parts.objects[parts.test])
    assert sorted([*parts.fit, *parts.test]) == np.flatnonzero(frame["label"].notna()).tolist()
    assert set(parts.objects[parts.test]) == split.test_objects(frame)


def test_a_test_part_without_embeddings_is_named():
    frame = sky()
    features = separated(frame)
    features[frame["object_id"].isin(split.test_objects(frame))] = np.nan
    with pytest.raises(TrainingError, match="test part"):
        probe_score(features, frame)


# --- k-NN -------------------------------------------------------------------------------------------------------------


def knn_score(features: np.ndarray, frame: pd.DataFrame, k: int) -> float:
    parts = Parts.of(frame)
    return balanced_accuracy(parts.labels[parts.test], knn_predict(features, parts, k), parts.objects[parts.test])


def plain_knn(features: np.ndarray, frame: pd.DataFrame, k: int) -> float:
    """Each tested alert is named by the k objects outside the test part whose nearest alerts are nearest."""
    tested = split.test_objects(frame)
    known = [i for i in range(len(frame)) if isinstance(frame["label"][i], str)]
    hits: dict[str, list[bool]] = {}
    for i in (i for i in known if frame["object_id"][i] in tested):
        best: dict[tuple[str, str], float] = {}
        for j in (j for j in known if frame["object_id"][j] not in tested):
            cosine = features[i] @ features[j] / np.linalg.norm(features[i]) / np.linalg.norm(features[j])
            voter = (frame["object_id"][j], frame["label"][j])
            best[voter] = max(best.get(voter, -2), cosine)
        voters = sorted(best, key=lambda voter: -best[voter])[:k]
        votes = Counter(label for _, label in voters)
        near = {name: sum(best[voter] for voter in voters if voter[1] == name) for name in votes}
        winner = max(votes, key=lambda name: (votes[name], near[name]))
        hits.setdefault(frame["label"][i], []).append(winner == frame["label"][i])
    return float(np.mean([np.mean(values) for values in hits.values()]))


@pytest.mark.parametrize("k", (1, 4, 20, 500))
@pytest.mark.parametrize("distance", (0.0, 2.0))
def test_k_nn_is_a_vote_among_objects_outside_the_test_part(k, distance):
    frame = sky(60)
    features = separated(frame, distance)
    assert knn_score(features, frame, k) == pytest.approx(plain_knn(features.astype(float), frame, k))


def test_k_nn_in_pieces_is_k_nn(monkeypatch):
    frame, features = sky(60), separated(sky(60), 1.0)
    whole = knn_predict(features, Parts.of(frame))
    monkeypatch.setattr("ztfexplore.evaluation.classifiers.QUERY_ROWS", 7)
    assert knn_predict(features, Parts.of(frame)).tolist() == whole.tolist()


def test_k_nn_does_not_name_an_alert_by_another_of_its_object():
    frame = sky(90, alerts=12)
    rng = np.random.default_rng(2)
    own = dict(zip(frame["object_id"].unique(), rng.normal(size=(120, 60)), strict=True))
    features = np.stack([own[name] for name in frame["object_id"]]) + 0.01 * rng.normal(size=(len(frame), 60))
    assert knn_score(features, frame, 1) < 0.6


def test_an_object_has_one_vote():
    """One VS with 21 alerts right there against three SN a little farther: SN."""
    labels = np.array(["VS"] * 21 + ["SN"] * 3 + ["SN"])
    objects = np.array(["many"] * 21 + ["a", "b", "c"] + ["tested"])
    angles = np.array([0.01] * 21 + [0.1, 0.11, 0.12] + [0.0])
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    parts = Parts(labels, objects, np.arange(24), np.array([24]))
    assert knn_predict(features, parts, 20).tolist() == ["SN"]
    assert knn_predict(features, parts, 2).tolist() == ["VS"]  # one vote each: the nearer wins
    assert knn_predict(features, parts, 1).tolist() == ["VS"]


def test_the_score_counts_an_object_once_too(monkeypatch):
    frame = sky(90, alerts=1)
    features = separated(frame)
    tested = {f"o{i}" for i in range(30)}
    monkeypatch.setattr("ztfexplore.evaluation.classifiers.test_objects", lambda _: tested)
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
