"""A probe as a file: it comes back the same to the last bit, predicts as scikit-learn does, is checked when read."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from tests.support.skies import separated, sky
from ztfexplore.errors import ProbeError, ZtfexploreError
from ztfexplore.evaluation.classifiers import Parts, linear_probe
from ztfexplore.probe import saved as saved_probe
from ztfexplore.probe.fit import FitConfig, fit_parts
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


def test_c_keeps_its_old_name_in_the_file(tmp_path):
    """Programs of before read these files, and theirs are read here."""
    saved_probe.save_probe(made(C=0.25), tmp_path / "p.json")
    values = json.loads((tmp_path / "p.json").read_text())
    assert values["regularisation"] == 0.25 and "C" not in values
    assert saved_probe.load_probe(tmp_path / "p.json").C == 0.25


@pytest.mark.parametrize("classes", (("SN", "VS"), ("AGN", "SN", "VS", "bogus")), ids=("two", "four"))
@pytest.mark.parametrize("class_weight", ("balanced", "none"))
def test_probabilities_are_those_of_scikit_learn(classes, class_weight, tmp_path):
    frame = sky(80, classes=classes)
    features, parts = separated(frame, 1.5), Parts.of(frame)
    fitted, _ = fit_parts(features, parts, replace(QUICK, class_weight=class_weight))
    saved_probe.save_probe(fitted, tmp_path / "p.json")
    loaded = saved_probe.load_probe(tmp_path / "p.json")
    pipeline = linear_probe(C=0.1, class_weight=None if class_weight == "none" else class_weight)
    with threadpool_limits(1):  # several threads add up in another order, which the solver's steps amplify
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


@pytest.mark.parametrize(
    ("key", "value"),
    (
        ("probe_version", 4),
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
