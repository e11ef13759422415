"""Fitting a probe: outside the test part, with folds over objects, on a share of the labels, always the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.skies import separated, sky
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation.classifiers import Parts, probe_score
from ztfexplore.probe.fit import FitConfig, cross_validate, fit_parts, subsample_labels

QUICK = FitConfig(C=0.1, repeats=2)


def test_the_test_part_is_scored_as_evaluate_scores_it():
    """The same regularisation is chosen and the same said of the test part: one number, wherever it is shown."""
    frame, features = sky(), separated(sky(), 1.5)
    fitted, report = fit_parts(features, Parts.of(frame), FitConfig(repeats=1))
    told = probe_score(features, frame)
    assert fitted.C == told.C
    assert report["test_part"]["balanced_accuracy"] == told.balanced_accuracy
    assert report["test_part"]["confusion"] == told.confusion


def test_the_test_part_reaches_neither_the_probe_nor_its_cross_validation():
    frame, features = sky(), separated(sky(), 1.5)
    parts = Parts.of(frame)
    labels, other = parts.labels.copy(), features.copy()
    labels[parts.test], other[parts.test] = labels[parts.test][::-1], 99
    first, _ = fit_parts(features, parts, FitConfig(repeats=1))
    second, _ = fit_parts(other, replace(parts, labels=labels), FitConfig(repeats=1))
    assert first.as_dict() == second.as_dict()
    assert not set(first.object_ids) & set(parts.objects[parts.test])
    assert set(first.object_ids) == set(parts.objects[parts.fit])


def test_cross_validation_knows_no_object_before_it_is_asked_of_it():
    """Alerts that show which object they are of, but not its class: a leak across folds would score well."""
    rng = np.random.default_rng(2)
    objects = np.repeat([f"o{i}" for i in range(90)], 6)
    labels = np.repeat([("AGN", "SN", "VS")[i % 3] for i in range(90)], 6)
    features = np.repeat(rng.normal(size=(90, 60)), 6, axis=0) + 0.01 * rng.normal(size=(540, 60))
    found = cross_validate(features, labels, objects, FitConfig(C=0.1, repeats=3))
    assert found.balanced_accuracy < 0.5
    assert found.interval[0] < found.balanced_accuracy < found.interval[1]
    assert found.spread > 0 and found.repeats == 3
    assert np.mean(list(found.recall.values())) == pytest.approx(found.balanced_accuracy)


def test_the_same_seed_is_the_same_probe_and_another_deals_other_folds():
    frame, features = sky(), separated(sky(), 1.0)
    first, again, other = (
        fit_parts(features, Parts.of(frame), replace(QUICK, seed=seed))[0].as_dict() for seed in (0, 0, 1)
    )
    assert first == again
    assert first["coefficients"] == other["coefficients"]
    assert first["cross_validation"] != other["cross_validation"]


def test_a_fraction_of_the_labels_is_of_objects_of_each_class_and_nested():
    parts = Parts.of(sky(150))
    whole, half, tenth = (subsample_labels(parts, FitConfig(label_fraction=share)) for share in (1.0, 0.5, 0.1))
    of = [set(chosen.objects[chosen.fit]) for chosen in (whole, half, tenth)]
    assert of[2] < of[1] < of[0]
    assert len(of[1]) == pytest.approx(60, abs=2) and len(of[2]) == pytest.approx(12, abs=3)
    assert set(tenth.labels[tenth.fit]) == {"AGN", "SN", "VS"}
    # Objects come with all their alerts, and the test part is the same.
    assert len(half.fit) == 2 * len(of[1]) and np.array_equal(half.test, parts.test)
    assert of[1] != set((other := subsample_labels(parts, FitConfig(label_fraction=0.5, seed=3))).objects[other.fit])


def test_too_small_a_fraction_is_named():
    with pytest.raises(TrainingError, match=r"with a label fraction of 0\.01, no class has 5"):
        subsample_labels(Parts.of(sky(90, alerts=1)), FitConfig(label_fraction=0.01))


def test_a_class_that_only_the_test_part_has_is_named():
    parts = Parts.of(sky())
    labels = parts.labels.copy()
    labels[parts.test[:1]] = "TDE"
    with pytest.raises(TrainingError, match="class TDE has no object outside"):
        subsample_labels(replace(parts, labels=labels), FitConfig())


@pytest.mark.parametrize(
    "values",
    (
        {"label_fraction": float("nan")},
        {"label_fraction": 0.0},
        {"label_fraction": 1.5},
        {"C": float("nan")},
        {"C": float("inf")},
        {"C": -1.0},
        {"class_weight": "heavy"},
        {"repeats": 0},
        {"seed": -1},
    ),
    ids=str,
)
def test_settings_out_of_range(values):
    with pytest.raises(TrainingError):
        FitConfig(**values)
