"""Probes on several encoders: the same objects and folds, and what an encoder has seen is no test of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.probes import CLASSES, LABELS, build
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.encoders import encoder
from ztfexplore.errors import CatalogueError, TrainingError
from ztfexplore.probe import features as probe_features
from ztfexplore.probe import fit as probe_fit
from ztfexplore.probe import scores as probe_scores
from ztfexplore.probe.compare import (
    Question,
    TrainedProbe,
    labels_seen,
    prepare_probe_data,
    reproduction_commands,
    train_probe,
)
from ztfexplore.probe.fit import FitConfig
from ztfexplore.probe.scores import EvaluationSet

QUICK = FitConfig(C=0.1, repeats=2)


@pytest.fixture
def known(tmp_path) -> Catalogue:
    """60 labelled objects in three classes that lie apart in 'random', and without order in 'noise'."""
    made = build(tmp_path / "c", LABELS)
    noise = np.random.default_rng(1).normal(size=(len(LABELS), 4)).astype(np.float32)
    made.write_vectors(embedding.column("noise"), np.arange(len(LABELS)), noise, {"weights_sha256": "n" * 64})
    return made


def asked(catalogue: Catalogue, question: Question, frame: pd.DataFrame | None = None):
    """The data and the probes of a question."""
    data = prepare_probe_data(catalogue, catalogue.frame() if frame is None else frame, question)
    return data, {name: train_probe(data, name, question.config) for name in question.probes}


def test_the_better_encoder_wins_by_a_paired_difference(known):
    data, trained = asked(known, Question(("random", "noise"), QUICK))
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


def test_the_figures_are_those_of_the_command(known):
    """`probe fit` with the same settings says the same of the same probe, to the last digit."""
    _, trained = asked(known, Question(("random",), QUICK))
    saved, _ = probe_fit.fit(known, "random", QUICK)
    assert trained["random"].saved.as_dict() == saved.as_dict()
    text, language = reproduction_commands(known.path, Question(("random",), QUICK))
    assert language == "bash" and "probe fit" in text and "--C 0.1 --repeats 2 --seed 0" in text


def test_the_python_that_a_page_offers_runs(known, capsys):
    text, language = reproduction_commands(known.path, Question(("random",), QUICK, "both"))
    assert language == "python"
    exec(text, {})
    assert "CrossValidation" in capsys.readouterr().out


def test_an_encoder_that_is_chosen_beside_another_gives_the_same(known):
    alone = asked(known, Question(("random",), QUICK))[1]["random"]
    beside = asked(known, Question(("noise", "random"), QUICK))[1]["random"]
    assert np.array_equal(alone.validated, beside.validated) and np.array_equal(alone.tested, beside.tested)


def taught(folder: Path, monkeypatch, objects: list[str], labels_used: bool = True) -> str:
    """An encoder 'own' among the shipped ones, trained on these objects; returns its hash."""
    own = encoder.random_encoder(seed=3)
    own.name = "own"
    own.card |= {"name": "own", "trained_on": {"object_ids": objects, "labels_used": labels_used}}
    encoder.save(own, folder / "own")
    monkeypatch.setattr(encoder, "MODELS", folder)
    return encoder.load("own").weights_sha256


@pytest.mark.parametrize(
    ("seen", "where", "evaluated"),
    (("fit", "test part", "test"), ("half", "cross-validation", "half"), ("all", None, None), ("none", "all", "all")),
)
def test_an_honest_jury_is_sought_among_what_no_encoder_has_seen(seen, where, evaluated, tmp_path, monkeypatch):
    parts = prepare_probe_data(
        *(made := build(tmp_path / "a", LABELS), made.frame()), Question(("random",), QUICK)
    ).parts
    fit, test = (sorted(set(parts.objects[rows].tolist())) for rows in (parts.fit, parts.test))
    objects = {"fit": fit, "half": fit[::2], "all": fit + test, "none": []}[seen]
    weights = taught(tmp_path / "models", monkeypatch, objects)
    made = build(tmp_path / "b", LABELS, "own", weights)
    data, trained = asked(made, Question(("own",), QUICK))
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


def test_images_seen_without_labels_are_not_marked(tmp_path, monkeypatch):
    taught(tmp_path, monkeypatch, ["o1"], labels_used=False)
    assert labels_seen("own") == frozenset() == labels_seen("pca") == labels_seen("metadata")


def test_an_encoder_whose_card_is_not_here_has_no_honest_jury(known):
    data, trained = asked(known, Question(("noise",), QUICK))
    assert trained["noise"].seen is None
    assert probe_scores.unseen_set(data, [trained["noise"]]) is None
    assert probe_scores.score_probe(probe_scores.cross_validation_set(data), trained["noise"]).seen is None


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
        prepare_probe_data(made, made.frame(), Question(("random",), QUICK))


def test_an_encoder_without_an_embedding_is_named(known):
    with pytest.raises(CatalogueError, match="simclr has embedded nothing here"):
        prepare_probe_data(known, known.frame(), Question(("random", "simclr"), QUICK))
    for encoders in ((), ("a", "b", "c", "d")):
        with pytest.raises(TrainingError, match="up to 3"):
            Question(encoders)
    with pytest.raises(TrainingError, match="features nonsense"):
        Question(("random",), features="nonsense")


def test_a_stray_label_is_left_out_and_said(tmp_path):
    made = build(tmp_path / "c", [*(["SN", "VS"] * 20), "TDE"])
    data, trained = asked(made, Question(("random",), QUICK))
    assert any("class TDE left out" in note for note in data.notes)
    assert trained["random"].saved.classes == ("SN", "VS")


def test_a_small_fraction_says_what_it_leaves(tmp_path):
    made = build(tmp_path / "c", [*(["SN", "VS"] * 40), *(["AGN"] * 5)])
    data = prepare_probe_data(made, made.frame(), Question(("random",), replace(QUICK, label_fraction=0.25)))
    assert any("AGN is left with 2 objects" in note for note in data.notes)
    with pytest.raises(TrainingError, match=r"with a label fraction of 0\.01"):
        prepare_probe_data(made, made.frame(), Question(("random",), replace(QUICK, label_fraction=0.01)))


def test_a_persons_labels_teach_and_leave_the_test_part_alone(known):
    frame = known.frame().assign(label_given=lambda frame: frame["label"])
    before = prepare_probe_data(known, frame, Question(("random",), QUICK)).parts
    labels = frame["label"].to_numpy(dtype=object).copy()
    labels[60:] = "SN"  # the nine without a label
    labels[before.test[0]] = "VS" if labels[before.test[0]] != "VS" else "SN"
    after = prepare_probe_data(known, frame.assign(label=labels), Question(("random",), QUICK)).parts
    assert after.test.tolist() == before.test.tolist()
    assert after.labels[after.test].tolist() == before.labels[before.test].tolist()
    assert set(after.fit) == set(before.fit) | set(range(60, 69))


def test_labels_of_persons_alone_have_no_test_part_and_can_be_probed(known):
    frame = known.frame().assign(label_given=None)
    data, trained = asked(known, Question(("random",), QUICK), frame)
    assert len(data.parts.fit) == 60 and not len(data.parts.test)
    assert probe_scores.score_probe(probe_scores.cross_validation_set(data), trained["random"]).balanced_accuracy > 0.95


# --- object by object -----------------------------------------------------------------------------------------------


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


# --- metadata -------------------------------------------------------------------------------------------------------


def frame_of(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_metadata_become_finite_features():
    frame = frame_of(
        magnitude=[18.0, 20.0, None], drb=[0.9, None, 0.1], band=["g", "r", None], fwhm=[2.0] * 3, ra=[1.0, 2.0, 3.0]
    )
    made = probe_features.recipe(frame)
    assert [feature[:2] for feature in made] == [
        ("magnitude", "value"), ("magnitude", "missing"), ("drb", "value"), ("drb", "missing"), ("band", "is"),
        ("band", "is"),
    ]  # fmt: skip
    values = probe_features.metadata(frame, made)
    assert values[:, 0] == pytest.approx(np.arcsinh([18, 20, 19]), rel=1e-3)
    assert values[:, 3].tolist() == [0, 1, 0] and values[:, 4].tolist() == [1, 0, 0]
    # A catalogue without a column, and a number no float32 holds, are no reason to fail.
    other = probe_features.metadata(frame_of(magnitude=[1e300, np.inf]), made)
    assert np.isfinite(other).all() and other[:, 3].tolist() == [1, 1]


def test_external_labels_and_circularity():
    frame = frame_of(label_source=["VSX match", "SIMBAD/TNS/Fink supernova", "drb<0.1", None, "EVSXX"])
    assert probe_features.is_external(frame).tolist() == [True, True, False, False, False]
    assert "3 of 5" in probe_features.circularity(frame, np.arange(5))
    assert probe_features.circularity(frame, np.arange(2)) == ""
    assert "simulat" in probe_features.circularity(frame_of(label_source=["simulated"]), np.arange(1))


def test_a_probe_on_metadata_finds_the_rule_and_needs_no_encoder(known):
    labels = known.frame()["label"]
    frame = known.frame().assign(drb=[{"AGN": 0.1, "SN": 0.5, "VS": 0.9}.get(name, np.nan) for name in labels])
    _, trained = asked(known, Question((), QUICK, "metadata"), frame)
    saved = trained["metadata"].saved
    assert saved.features == "metadata" and saved.embedding_dim == 0
    assert saved.cross_validation.balanced_accuracy > 0.95
    _, both = asked(known, Question(("noise",), QUICK, "both"), frame)
    assert both["noise"].saved.features == "both" and both["noise"].saved.embedding_dim == 4
    with pytest.raises(TrainingError, match="external catalogue"):
        prepare_probe_data(known, frame, Question(("noise",), QUICK, "both", external=True))
