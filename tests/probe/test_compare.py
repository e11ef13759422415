"""Probes on several encoders: the same objects and folds, and what an encoder has seen is no test of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.probes import build, taught, train_all
from tests.support.snapshots import snapshot
from ztfexplore.errors import CatalogueError, TrainingError
from ztfexplore.probe import fit as probe_fit
from ztfexplore.probe import scores as probe_scores
from ztfexplore.probe.compare import (
    Question,
    labels_seen,
    prepare_probe_data,
)
from ztfexplore.probe.fit import FitConfig

QUICK = FitConfig(C=0.1, repeats=2)


def test_the_figures_are_those_of_the_command(known):
    """`probe fit` with the same settings says the same of the same probe, to the last digit."""
    _, trained = train_all(known, Question(("random",), QUICK))
    saved, _ = probe_fit.fit(known, "random", QUICK)
    assert trained["random"].saved.as_dict() == saved.as_dict()


def test_an_encoder_that_is_chosen_beside_another_gives_the_same(known):
    alone = train_all(known, Question(("random",), QUICK))[1]["random"]
    beside = train_all(known, Question(("noise", "random"), QUICK))[1]["random"]
    assert np.array_equal(alone.validated, beside.validated) and np.array_equal(alone.tested, beside.tested)


def test_images_seen_without_labels_are_not_marked(tmp_path, monkeypatch):
    taught(tmp_path, monkeypatch, ["o1"], labels_used=False)
    assert labels_seen("own") == frozenset() == labels_seen("pca") == labels_seen("metadata")


@pytest.mark.parametrize(
    ("labels", "said"),
    (
        (["SN"] * 30, "two classes"),
        (["SN", "VS", "AGN"], "two classes|too few"),
        ([None] * 8, "no object here has a label"),
        (["SN", "VS"] * 2, "too few"),
    ),
    ids=("one class", "three labels", "no label", "four labels"),
)
def test_too_little_to_learn_from_is_named(labels, said, tmp_path):
    made = build(tmp_path / "c", labels)
    with pytest.raises(TrainingError, match=said):
        prepare_probe_data(made, Question(("random",), QUICK))


def test_an_encoder_without_an_embedding_is_named(known):
    with pytest.raises(CatalogueError, match="simclr has embedded nothing here"):
        prepare_probe_data(known, Question(("random", "simclr"), QUICK))
    for encoders in ((), ("a", "b", "c", "d")):
        with pytest.raises(TrainingError, match="up to 3"):
            Question(encoders)
    with pytest.raises(TrainingError, match="features nonsense"):
        Question(("random",), features="nonsense")


def test_a_stray_label_is_left_out_and_said(tmp_path):
    made = build(tmp_path / "c", [*(["SN", "VS"] * 20), "TDE"])
    data, trained = train_all(made, Question(("random",), QUICK))
    assert any("class TDE left out" in note for note in data.notes)
    assert trained["random"].saved.classes == ("SN", "VS")


def test_a_small_fraction_says_what_it_leaves(tmp_path):
    made = build(tmp_path / "c", [*(["SN", "VS"] * 40), *(["AGN"] * 5)])
    data = prepare_probe_data(made, Question(("random",), replace(QUICK, label_fraction=0.25)))
    assert any("AGN is left with 2 objects" in note for note in data.notes)
    with pytest.raises(TrainingError, match=r"with a label fraction of 0\.01"):
        prepare_probe_data(made, Question(("random",), replace(QUICK, label_fraction=0.01)))


def test_a_persons_labels_teach_and_leave_the_test_part_alone(known):
    frame = known.frame().assign(label_given=lambda frame: frame["label"])
    before = prepare_probe_data(snapshot(known, frame), Question(("random",), QUICK)).parts
    labels = frame["label"].to_numpy(dtype=object).copy()
    labels[60:] = "SN"  # the nine without a label
    labels[before.test[0]] = "VS" if labels[before.test[0]] != "VS" else "SN"
    after = prepare_probe_data(snapshot(known, frame.assign(label=labels)), Question(("random",), QUICK)).parts
    assert after.test.tolist() == before.test.tolist()
    assert after.labels[after.test].tolist() == before.labels[before.test].tolist()
    assert set(after.fit) == set(before.fit) | set(range(60, 69))


def test_labels_of_persons_alone_have_no_test_part_and_can_be_probed(known):
    frame = known.frame().assign(label_given=None)
    data, trained = train_all(known, Question(("random",), QUICK), frame)
    assert len(data.parts.fit) == 60 and not len(data.parts.test)
    assert probe_scores.score_probe(probe_scores.cross_validation_set(data), trained["random"]).balanced_accuracy > 0.95


def test_a_probe_on_metadata_finds_the_rule_and_needs_no_encoder(known):
    labels = known.frame()["label"]
    frame = known.frame().assign(drb=[{"AGN": 0.1, "SN": 0.5, "VS": 0.9}.get(name, np.nan) for name in labels])
    _, trained = train_all(known, Question((), QUICK, "metadata"), frame)
    saved = trained["metadata"].saved
    assert saved.features == "metadata" and saved.embedding_dim == 0
    assert saved.cross_validation.balanced_accuracy > 0.95
    _, both = train_all(known, Question(("noise",), QUICK, "both"), frame)
    assert both["noise"].saved.features == "both" and both["noise"].saved.embedding_dim == 4
    with pytest.raises(TrainingError, match="external catalogue"):
        prepare_probe_data(snapshot(known, frame), Question(("noise",), QUICK, "both", external=True))
