"""The learning curve: which labels are drawn, and that more of them help."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.skies import separated, sky
from ztfexplore.evaluation.classifiers import Parts, linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy
from ztfexplore.probe import learning_curve
from ztfexplore.probe import scores as probe_scores
from ztfexplore.probe.compare import ProbeData
from ztfexplore.probe.fit import FitConfig

CONFIG = FitConfig(C=0.1)


def data(
    objects: int = 120, alerts: int = 2, classes: tuple[str, ...] = ("AGN", "SN", "VS"), distance=1.5
) -> ProbeData:
    frame = sky(objects, alerts, classes)
    noise = np.random.default_rng(5).normal(size=(len(frame), 6)).astype(np.float32)
    return ProbeData(frame, Parts.of(frame), {"good": separated(frame, distance), "noise": noise}, {}, (), ())


@pytest.mark.parametrize("count", (2, 5, 20))
def test_a_draw_has_that_many_objects_a_class_and_none_that_it_predicts(count):
    made = data()
    evaluation_set = probe_scores.cross_validation_set(made)
    objects, labels = made.parts.objects, made.parts.labels
    drawn = learning_curve.draws(made, evaluation_set, count, CONFIG, number=3)
    assert len(drawn) == 3
    for draw in drawn:
        assert sorted(np.concatenate(draw.evaluated).tolist()) == list(range(len(evaluation_set.rows)))
        for rows, evaluated in zip(draw.fitted, draw.evaluated, strict=True):
            assert len(set(objects[rows])) == len(rows) == 3 * count
            assert {name: int((labels[rows] == name).sum()) for name in set(labels[rows])} == dict.fromkeys(
                ("AGN", "SN", "VS"), count
            )
            assert set(rows) <= set(made.parts.fit)
            assert not set(objects[rows]) & set(evaluation_set.objects[evaluated])


def test_the_test_part_is_predicted_from_all_others():
    made = data()
    rows = made.parts.test
    evaluation_set = probe_scores.EvaluationSet(
        "test part", np.arange(len(rows)), rows, made.parts.labels[rows], made.parts.objects[rows]
    )
    (draw,) = learning_curve.draws(made, evaluation_set, 5, CONFIG, number=1)
    assert len(draw.fitted) == 1 and draw.evaluated[0].tolist() == list(range(len(rows)))
    table = learning_curve.curve(made, evaluation_set, ["good"], CONFIG, number=1)
    probe = linear_probe(0, 0.1).fit(separated(made.frame, 1.5)[draw.fitted[0]], made.parts.labels[draw.fitted[0]])
    said = probe.predict(separated(made.frame, 1.5)[rows])
    assert table.set_index("count")["balanced_accuracy"][5] == pytest.approx(
        balanced_accuracy(evaluation_set.true, said, evaluation_set.objects)
    )
    assert table["spread"].isna().all()


def test_more_labels_help_where_there_is_something_to_learn():
    told = []
    made = data()
    table = learning_curve.curve(
        made,
        probe_scores.cross_validation_set(made),
        ["good", "noise"],
        CONFIG,
        lambda text, share: told.append(share),
        number=3,
    )
    assert list(table.columns) == list(learning_curve.COLUMNS)
    scores = table.pivot(index="count", columns="encoder", values="balanced_accuracy")
    assert scores["good"].iloc[-1] > scores["good"].iloc[0] + 0.1
    assert scores["noise"].max() < 0.5
    assert (table["low"] <= table["balanced_accuracy"]).all() and (table["balanced_accuracy"] <= table["high"]).all()
    assert (table["draws"] == 3).all() and (table["objects"] == 96).all()
    assert told == sorted(told) and told[-1] == 1.0


def test_a_class_with_fewer_gives_all_it_has():
    made = data(130, 1, ("VS",) * 12 + ("SN",))
    table = learning_curve.curve(made, probe_scores.cross_validation_set(made), ["good"], CONFIG, number=2)
    assert table["count"].tolist() == learning_curve.counts(made)
    most = table.iloc[-1]
    assert most["count"] > most["labels_per_class"] > most["count"] / 2
