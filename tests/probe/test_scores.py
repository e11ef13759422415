"""Scores of probes: on which objects, object by object, and labels that an encoder has seen are no fair test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.probes import CLASSES, LABELS, build, taught, train_all
from ztfexplore.probe import scores as probe_scores
from ztfexplore.probe.compare import Question, TrainedProbe, prepare_probe_data
from ztfexplore.probe.fit import FitConfig
from ztfexplore.probe.scores import EvaluationSet

QUICK = FitConfig(C=0.1, repeats=2)


def test_the_better_encoder_wins_by_a_paired_difference(known):
    data, trained = train_all(known, Question(("random", "noise"), QUICK))
    evaluation_set = probe_scores.cross_validation_set(data)
    good, bad = (probe_scores.score_probe(evaluation_set, trained[name]) for name in ("random", "noise"))
    assert good.balanced_accuracy > 0.95 and bad.balanced_accuracy < 0.6
    assert good.interval[0] <= good.balanced_accuracy <= good.interval[1]
    assert good.objects == good.alerts == len(data.parts.fit) and good.repeats == 2
    assert set(good.recall) == set(CLASSES) and evaluation_set.counts["SN"] in range(14, 19)
    (row,) = probe_scores.paired_differences(evaluation_set, trained).itertuples(index=False)
    assert (row.first, row.second) == ("random", "noise")
    assert row.difference == pytest.approx(good.balanced_accuracy - bad.balanced_accuracy)
    assert row.low > 0


@pytest.mark.parametrize(
    ("seen", "where", "evaluated"),
    (("fit", "test part", "test"), ("half", "cross-validation", "half"), ("all", None, None), ("none", "all", "all")),
)
def test_unseen_objects_are_sought_outside_the_test_part_first(seen, where, evaluated, tmp_path, monkeypatch):
    parts = prepare_probe_data(build(tmp_path / "a", LABELS), Question(("random",), QUICK)).parts
    fit, test = (sorted(set(parts.objects[rows].tolist())) for rows in (parts.fit, parts.test))
    objects = {"fit": fit, "half": fit[::2], "all": fit + test, "none": []}[seen]
    weights = taught(tmp_path / "models", monkeypatch, objects)
    made = build(tmp_path / "b", LABELS, "own", weights)
    data, trained = train_all(made, Question(("own",), QUICK))
    whole = probe_scores.cross_validation_set(data)
    assert probe_scores.score_probe(whole, trained["own"]).seen == len(set(objects) & set(fit))
    assert trained["own"].saved.labels_seen_in_training is (seen != "none")
    evaluation_set = probe_scores.unseen_set(data, [trained["own"]])
    if where is None:
        assert evaluation_set is None
        return
    assert evaluation_set is not None and not set(evaluation_set.objects) & set(objects)
    assert evaluation_set.name == ("cross-validation" if where == "all" else where)
    assert set(evaluation_set.objects) == set({"test": test, "half": fit[1::2], "all": fit}[evaluated])
    assert probe_scores.score_probe(evaluation_set, trained["own"]).seen == 0


def test_an_encoder_whose_card_is_not_here_has_no_unseen_objects(known):
    data, trained = train_all(known, Question(("noise",), QUICK))
    assert trained["noise"].seen is None
    assert probe_scores.unseen_set(data, [trained["noise"]]) is None
    assert probe_scores.score_probe(probe_scores.cross_validation_set(data), trained["noise"]).seen is None


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), alerts=st.integers(1, 60))
def test_the_matrix_counts_each_object_once(seed, alerts):
    rng = np.random.default_rng(seed)
    objects = rng.integers(0, 12, alerts)
    true = np.array(CLASSES)[objects % 3]
    said = rng.dirichlet(np.ones(3), size=(2, alerts))
    evaluation_set = EvaluationSet(
        "cross-validation", np.arange(alerts), np.arange(alerts) + 100, true, objects.astype(str)
    )
    saved = type("Saved", (), {"classes": CLASSES})()
    found = probe_scores.predictions_by_object(evaluation_set, TrainedProbe(saved, said, said[:1], frozenset()))  # type: ignore[arg-type]
    counts = probe_scores.confusion_counts(found, CLASSES)
    assert counts.to_numpy().sum() == len(set(objects.tolist())) == len(found)
    assert counts.sum(axis=1).to_dict() == {name: evaluation_set.counts.get(name, 0) for name in CLASSES}
    for row in found.itertuples():
        own = np.flatnonzero(objects.astype(str) == row.object_id)
        mean = said[0, own].mean(axis=0)
        assert row.alerts == len(own) and row.row - 100 in own
        assert row.probability == pytest.approx(mean.max()) and row.predicted == CLASSES[mean.argmax()]
    curve, error, _ = probe_scores.reliability_curve(found, CLASSES)
    assert curve["objects"].sum() == pytest.approx(len(found)) and 0 <= error <= 1
