"""A probe as a file: it comes back the same to the last bit, predicts as scikit-learn does, is checked when read."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.skies import separated, sky
from ztfexplore.errors import ProbeError, TrainingError, ZtfexploreError
from ztfexplore.evaluation.classifiers import Parts, linear_probe, probe_score
from ztfexplore.probe import saved as saved_probe
from ztfexplore.probe.fit import FitConfig, cross_validate, fit_parts, subsample_labels
from ztfexplore.probe.saved import CrossValidation, SavedProbe

QUICK = FitConfig(C=0.1, repeats=2)


def made(**changed: object) -> SavedProbe:
    """A probe of two classes on embeddings of length 3."""
    values = {
        "encoder": "simclr",
        "weights_sha256": "ab" * 32,
        "classes": ("SN", "VS"),
        "mean": np.array([0.1, -3.0, 1e-9]),
        "scale": np.array([1.0, 0.3, 1e-3]),
        "coefficients": np.array([[1.0, 0.0, -2.0], [0.1, 1 / 3, 0.0]]),
        "intercepts": np.array([0.5, -0.5]),
        "C": 0.03,
        "class_weight": "balanced",
        "label_fraction": 1.0,
        "seed": 0,
        "objects_by_class": {"SN": 3, "VS": 4},
        "alerts_by_class": {"SN": 3, "VS": 9},
        "object_ids": tuple(f"o{i}" for i in range(7)),
        "labels_seen_in_training": False,
        "cross_validation": CrossValidation(0.8, (0.7, 0.9), 0.01, 5, {"SN": 0.9, "VS": 0.7}),
        "versions": {"ztfexplore": "0.1.0", "scikit-learn": "1.7"},
        "created": "2026-01-31",
    }
    return SavedProbe(**{**values, **changed})


numbers = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=1e-300, max_value=1e300)
shares = st.floats(0, 1)
names = st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=5, unique=True)


@st.composite
def probes(draw) -> SavedProbe:
    """Any probe that can be."""
    classes, dim = draw(names), draw(st.integers(1, 4))

    def array(elements: st.SearchStrategy, *shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        return np.array(draw(st.lists(elements, min_size=size, max_size=size))).reshape(shape)

    counts = {name: draw(st.integers(1, 10**6)) for name in classes}
    spread = draw(st.none() | shares)
    found = CrossValidation(
        draw(shares), (draw(shares), draw(shares)), spread, draw(st.integers(1, 9)), dict.fromkeys(classes, 0.5)
    )
    return made(
        classes=tuple(classes),
        mean=array(numbers, dim),
        scale=array(positive, dim),
        coefficients=array(numbers, len(classes), dim),
        intercepts=array(numbers, len(classes)),
        C=draw(positive),
        objects_by_class=counts,
        alerts_by_class=counts,
        object_ids=tuple(draw(names)),
        cross_validation=found,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(probe=probes())
def test_what_is_read_is_what_was_written(probe, tmp_path):
    """To the last bit, whatever the numbers and the names of the classes."""
    saved_probe.save_probe(probe, tmp_path / "probe.json")
    again = saved_probe.load_probe(tmp_path / "probe.json")
    assert again.as_dict() == probe.as_dict()
    assert again.classes == probe.classes and again.cross_validation == probe.cross_validation
    for name in saved_probe.ARRAYS:
        assert getattr(again, name).tobytes() == getattr(probe, name).astype(float).tobytes()
    assert [path.name for path in tmp_path.iterdir()] == ["probe.json"]


def test_metadata_features_survive_the_file_and_images_stay_readable_by_older_programs(tmp_path):
    features = (("drb", "value", 0.5), ("band", "is", "g"))
    for probe, version in ((made(), 1), (made(metadata=features), 2)):
        saved_probe.save_probe(probe, tmp_path / "p.json")
        assert json.loads((tmp_path / "p.json").read_text())["probe_version"] == version
        again = saved_probe.load_probe(tmp_path / "p.json")
        assert again.metadata == probe.metadata and again.embedding_dim == 3 - len(probe.metadata)
    assert again.features == "both"


@pytest.mark.parametrize("classes", (("SN", "VS"), ("AGN", "SN", "VS", "bogus")), ids=("two", "four"))
@pytest.mark.parametrize("class_weight", ("balanced", "none"))
def test_probabilities_are_those_of_scikit_learn(classes, class_weight, tmp_path):
    frame = sky(80, classes=classes)
    features, parts = separated(frame, 1.5), Parts.of(frame)
    fitted, _ = fit_parts(features, parts, replace(QUICK, class_weight=class_weight))
    saved_probe.save_probe(fitted, tmp_path / "p.json")
    loaded = saved_probe.load_probe(tmp_path / "p.json")
    pipeline = linear_probe(C=0.1, class_weight=None if class_weight == "none" else class_weight)
    pipeline.fit(features[parts.fit], parts.labels[parts.fit])
    vectors = 3 * np.random.default_rng(0).normal(size=(500, features.shape[1]))
    found = loaded.predict_proba(vectors)
    assert np.abs(found - pipeline.predict_proba(vectors)).max() < 1e-10
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-12
    assert loaded.classes == classes


def test_in_pieces_and_of_nothing(monkeypatch):
    probe, vectors = made(), np.random.default_rng(0).normal(size=(25, 3))
    whole = probe.predict_proba(vectors)
    monkeypatch.setattr(saved_probe, "BATCH_ROWS", 7)
    assert np.array_equal(probe.predict_proba(vectors), whole)
    assert probe.predict_proba(vectors[:0]).shape == (0, 2)


def test_far_out_embeddings_have_probabilities_and_others_are_refused():
    probe = made()
    assert probe.predict_proba(np.full((1, 3), 1e30)).sum() == pytest.approx(1)
    with pytest.raises(ProbeError, match=r"length 3.*length 4"):
        probe.predict_proba(np.zeros((2, 4)))
    with pytest.raises(ProbeError, match="NaN"):
        made(coefficients=np.full((2, 3), 1e308)).predict_proba(np.full((1, 3), 1e30))


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


@pytest.mark.parametrize(
    ("key", "value"),
    (
        ("probe_version", 3),
        ("probe_version", True),
        ("probe_version", 0),
        ("scale", [1.0, 1.0]),
        ("scale", [1.0, 0.0, 1.0]),
        ("mean", []),
        ("mean", "0"),
        ("mean", [True, 1, 2]),
        ("mean", ["1", "2", "3"]),
        ("mean", [None, 1, 2]),
        ("mean", [float("nan"), 1, 2]),
        ("mean", [10**400, 1, 2]),
        ("intercepts", [float("inf"), 0]),
        ("coefficients", [[1, 2, 3], [1, 2]]),
        ("coefficients", [[1, 2, 3]]),
        ("coefficients", {}),
        ("classes", ["SN", "SN"]),
        ("classes", ["SN"]),
        ("classes", "SV"),
        ("classes", ["SN", ""]),
        ("classes", ["SN", "\ud800"]),
        ("object_ids", [1, 2]),
        ("regularisation", 0),
        ("regularisation", "1"),
        ("label_fraction", 2),
        ("class_weight", "heavy"),
        ("seed", 1.5),
        ("encoder", ""),
        ("weights_sha256", 5),
        ("created", None),
        ("objects_by_class", {"SN": 1}),
        ("alerts_by_class", {"SN": 1, "VS": 0}),
        ("labels_seen_in_training", "no"),
        ("cross_validation", None),
        ("cross_validation", {"balanced_accuracy": 1}),
        ("versions", ["1"]),
        ("surprise", 1),
        ("metadata", [["drb", "value"]]),
        ("metadata", [["drb", "smell", 0.5]]),
        ("metadata", [["drb", "value", "x"]]),
        ("metadata", [["band", "is", 1]]),
        ("metadata", [["drb", "value", 0.5]] * 4),
        ("metadata", [["drb", "value", 0.5]] * 3),
    ),
    ids=lambda value: str(value)[:30],
)
def test_a_damaged_file_is_named_with_the_field_that_is_wrong(key, value, tmp_path):
    path = tmp_path / "probe.json"
    path.write_text(json.dumps({**made().as_dict(), key: value}))
    with pytest.raises(ProbeError) as caught:
        saved_probe.load_probe(path)
    assert "probe.json" in str(caught.value) and key in str(caught.value)


@pytest.mark.parametrize("key", [*made().as_dict()])
def test_a_missing_key_is_named(key, tmp_path):
    values = made().as_dict()
    del values[key]
    (tmp_path / "probe.json").write_text(json.dumps(values))
    with pytest.raises(ProbeError, match=key):
        saved_probe.load_probe(tmp_path / "probe.json")


@pytest.mark.parametrize(
    ("key", "value"),
    (("interval", [0.1]), ("spread", -1), ("repeats", 0), ("recall", []), ("balanced_accuracy", 1.1)),
)
def test_a_damaged_cross_validation_is_named(key, value, tmp_path):
    values = made().as_dict()
    values["cross_validation"][key] = value
    (tmp_path / "probe.json").write_text(json.dumps(values))
    with pytest.raises(ProbeError, match=r"probe\.json"):
        saved_probe.load_probe(tmp_path / "probe.json")


@pytest.mark.parametrize(
    "content", (b"", b"\xff\xfe", b"{", b"[1]", b"null", b"[" * 100_000, b"{}"), ids=lambda c: repr(c[:5])
)
def test_a_file_that_is_not_a_probe_is_named(content, tmp_path):
    (tmp_path / "probe.json").write_bytes(content)
    with pytest.raises(ProbeError, match=r"probe\.json"):
        saved_probe.load_probe(tmp_path / "probe.json")


def test_every_cut_of_the_file_is_refused(tmp_path):
    saved_probe.save_probe(made(), tmp_path / "whole.json")
    whole = (tmp_path / "whole.json").read_bytes().rstrip()
    for length in range(0, len(whole), 37):
        (tmp_path / "cut.json").write_bytes(whole[:length])
        with pytest.raises(ProbeError, match=r"cut\.json"):
            saved_probe.load_probe(tmp_path / "cut.json")


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path):
    with pytest.raises(ZtfexploreError, match=r"must end in \.json"):
        saved_probe.save_probe(made(), tmp_path / "probe.pickle")
    (tmp_path / "probe.json").mkdir()
    with pytest.raises(ZtfexploreError, match="cannot be written"):
        saved_probe.save_probe(made(), tmp_path / "probe.json")
    assert [path.name for path in tmp_path.iterdir()] == ["probe.json"]
    with pytest.raises(ProbeError, match="cannot be read"):
        saved_probe.load_probe(tmp_path / "gone.json")
