"""The table of encoders: every row on the same alerts, told what it has seen, compared with the baselines."""

from __future__ import annotations

import json
import shutil
import sys
from types import ModuleType

import numpy as np
import pytest
from click.testing import CliRunner

from ztfexplore.alerts.labels_csv import Label
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.catalogue.snapshot import Snapshot
from ztfexplore.cli import main
from ztfexplore.embeddings import principal_axes
from ztfexplore.encoders.encoder import EncoderConfig, random_encoder
from ztfexplore.errors import EncoderError, TrainingError
from ztfexplore.evaluation import evaluate as module
from ztfexplore.evaluation import geometry, split, tables
from ztfexplore.evaluation.evaluate import evaluate, probe_score
from ztfexplore.evaluation.metrics import balanced_accuracy
from ztfexplore.sources.simulation.simulate import simulate_alerts

CONFIG = EncoderConfig(widths=(4, 8))


def pixel_scratch(train, labels, test, seed):
    """A 'network': the class whose mean central pixels are nearest; deterministic and quick."""
    names = np.unique(labels)

    def centres(stamps):
        return np.stack([np.nan_to_num(stamp[:, 29:34, 29:34]).ravel() for stamp in stamps])

    means = np.stack([centres(train)[labels == name].mean(axis=0) for name in names])
    distance = np.linalg.norm(centres(test)[:, None] - means[None], axis=2)
    near = np.exp(-distance / distance.mean())
    return near / near.sum(axis=1, keepdims=True), names


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    made = Catalogue.create(tmp_path_factory.mktemp("evaluate") / "catalogue")
    ingest(simulate_alerts(90, seed=1), made)
    return made


@pytest.fixture
def quick(monkeypatch):
    """One strength and three draws."""
    monkeypatch.setattr("ztfexplore.evaluation.classifiers.C_VALUES", (0.1,))
    monkeypatch.setattr(module.low_labels, "COUNTS", (5, 10))
    draws = module.low_labels.label_draws
    monkeypatch.setattr(module.low_labels, "label_draws", lambda parts, count: draws(parts, count, 3))


def named(name: str, seed: int = 0, seen: list[str] | None = None, labels_used: bool = False):
    made = random_encoder(CONFIG, seed)
    made.name = name
    made.card["trained_on"] = {"object_ids": ["elsewhere", *(seen or [])], "labels_used": labels_used}
    return made


@pytest.fixture(scope="module")
def result(catalogue):
    """Four encoders that have seen more and more, the baselines, and one from scratch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ztfexplore.evaluation.classifiers.C_VALUES", (0.1,))
        patch.setattr(module.low_labels, "COUNTS", (5, 10))
        draws = module.low_labels.label_draws
        patch.setattr(module.low_labels, "label_draws", lambda parts, count: draws(parts, count, 3))
        frame = catalogue.frame(["candid", "object_id", "label"])
        tested = sorted(split.test_objects(frame))
        outside = sorted(set(frame["object_id"]) - set(tested))
        encoders = [
            named("blind", 0, labels_used=True),
            named("images", 1, tested[:1]),
            named("supervised", 2, outside, labels_used=True),
            named("leaking", 3, tested[:1], labels_used=True),
        ]
        steps: list[tuple[str, float]] = []
        found = evaluate(catalogue, encoders, pixel_scratch, lambda *step: steps.append(step))
    return found, encoders, steps


def test_every_encoder_and_baseline_has_a_row_that_tells_what_was_seen(result):
    rows = {row["encoder"]: row for row in result[0]["encoders"]}
    assert list(rows) == ["blind", "images", "supervised", "leaking", "pca", "pca-whole", "random", "scratch"]
    told = {name: (row["seen_of_test_part"], row["labels_seen_in_training"]) for name, row in rows.items()}
    assert told == {
        "blind": ("nothing", False),  # trained with labels, but of another catalogue
        "images": ("images", False),
        "supervised": ("nothing", True),
        "leaking": ("images and labels", True),
        **dict.fromkeys(("pca", "pca-whole", "random", "scratch"), ("nothing", False)),
    }
    for name, row in rows.items():
        for few in row["low_labels"].values():
            assert few["labels_seen_in_training"] is told[name][1]


def test_rows_hold_what_the_command_line_promises(result):
    promised = {
        *("encoder", "balanced_accuracy", "interval", "macro_f1", "recall", "classes", "confusion", "objects"),
        *("alerts", "regularisation", "knn", "seen_of_test_part", "calibration", "silhouette", "alignment"),
        *("uniformity", "low_labels", "source", "difference_to"),
    }
    found = result[0]
    for row in found["encoders"]:
        assert promised <= set(row)
        low, high = row["interval"]
        assert low <= row["balanced_accuracy"] <= high
        assert (row["objects"], row["alerts"]) == (found["test_part"]["objects"], found["test_part"]["alerts"])
        assert list(row["low_labels"]) == ["5", "10"]
    assert json.loads(json.dumps(found, allow_nan=False))["encoders"][0]["encoder"] == "blind"


def test_counts_are_those_of_the_catalogue(result, catalogue):
    frame = catalogue.frame(["candid", "object_id", "label"])
    tested = frame["object_id"].isin(split.test_objects(frame))
    by_class = frame[tested].groupby("label")["object_id"].nunique().to_dict()
    assert result[0]["test_part"]["objects_by_class"] == by_class
    assert result[0]["fit_part"]["alerts"] == int((~tested).sum())


def test_the_scores_of_a_row_are_those_of_the_probe_alone(result, catalogue, quick):
    found, encoders, _ = result
    frame, stamps = catalogue.frame(), catalogue.stamps(np.arange(len(catalogue)))
    score = probe_score(encoders[1].embed(stamps), frame)
    row = found["encoders"][1]
    assert row["balanced_accuracy"] == pytest.approx(score.balanced_accuracy)
    assert row["confusion"] == score.confusion


def test_differences_are_those_of_the_scores(result):
    rows = {row["encoder"]: row for row in result[0]["encoders"]}
    assert set(rows["blind"]["difference_to"]) == {"supervised", "scratch", "pca", "random"}
    assert "supervised" not in rows["supervised"]["difference_to"]
    for row in rows.values():
        for other, found in row["difference_to"].items():
            gap = row["balanced_accuracy"] - rows[other]["balanced_accuracy"]
            assert found["difference"] == pytest.approx(gap)
            assert found["interval"][0] <= gap <= found["interval"][1]
        for count, few in row["low_labels"].items():
            for other, found in few["difference_to"].items():
                gap = few["balanced_accuracy"] - rows[other]["low_labels"][count]["balanced_accuracy"]
                assert found["difference"] == pytest.approx(gap)


def test_from_scratch_is_scored_but_has_no_embedding(result, catalogue):
    row = result[0]["encoders"][-1]
    for key in ("knn", "knn_interval", "alignment", "uniformity", "silhouette", "source", "regularisation"):
        assert row[key] is None
    frame = catalogue.frame()
    tested = frame["object_id"].isin(split.test_objects(frame)).to_numpy()
    labels, stamps = frame["label"].to_numpy(str), catalogue.stamps(np.arange(len(frame)))
    parts = [[stamps[i] for i in np.flatnonzero(rows)] for rows in (~tested, tested)]
    probabilities, names = pixel_scratch(parts[0], labels[~tested], parts[1], 0)
    expected = balanced_accuracy(labels[tested], names[probabilities.argmax(axis=1)], np.arange(tested.sum()))
    assert row["balanced_accuracy"] == pytest.approx(expected)
    assert row["calibration"]["ece"] >= 0


def test_progress_rises_from_0_to_1(result):
    shares = [share for _, share in result[2]]
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares)
    assert len(shares) == 4 + 3 + 1 + 2 * 3 + 1


def test_one_source_is_said_not_probed(result):
    assert all(row["source"] is None for row in result[0]["encoders"])
    assert any("source probe" in note for note in result[0]["notes"])


def test_baselines_have_one_row_whatever_is_asked_for(catalogue, quick):
    found = evaluate(catalogue, [named("one"), named("one"), random_encoder(CONFIG)])
    assert [row["encoder"] for row in found["encoders"]] == ["one", "pca", "pca-whole", "random"]


def test_without_encoders_there_are_the_baselines(catalogue, quick):
    assert [row["encoder"] for row in evaluate(catalogue, [])["encoders"]] == ["pca", "pca-whole", "random"]


def test_pca_sees_no_stamp_of_the_test_part(catalogue, quick, monkeypatch):
    seen: list[set[str]] = []
    fit = principal_axes.fit
    names = catalogue.frame()["object_id"]
    monkeypatch.setattr(
        principal_axes, "fit", lambda c, rows, *rest: seen.append(set(names[rows])) or fit(c, rows, *rest)
    )
    evaluate(catalogue, [])
    assert len(seen) == 2
    assert all(not part & split.test_objects(catalogue.frame()) for part in seen)


def test_a_part_that_is_impossible_is_named_and_the_rest_kept(catalogue, quick):
    def fails_on_few(train, labels, test, seed):
        if len(train) < 40:
            raise TrainingError("25 stamps are too few for batches of 32")
        return pixel_scratch(train, labels, test, seed)

    found = evaluate(catalogue, [], fails_on_few)
    row = found["encoders"][-1]
    assert row["low_labels"]["5"] is None and row["low_labels"]["10"]["draws"] == 3
    assert any("5 labels per class" in note and "too few for batches" in note for note in found["notes"])
    assert "| scratch | - |" in tables.evaluation_tables(found)


def test_a_class_of_few_objects_gives_what_it_has_and_that_is_said(tmp_path, quick):
    made = Catalogue.create(tmp_path / "few")
    alerts = list(simulate_alerts(90, seed=1))
    kept = [a for a in alerts if a.label != "AGN"] + [a for a in alerts if a.label == "AGN"][:3]
    ingest(kept, made)
    found = evaluate(made, [])
    assert any(note.startswith("5 labels per class: only AGN 2") for note in found["notes"])
    assert found["encoders"][0]["low_labels"]["5"]["labels_per_class"]["AGN"] == 2


@pytest.mark.parametrize(("kept", "words"), ((1, "has one object|needs two classes"), (0, "needs two classes")))
def test_labels_that_no_probe_can_learn_from_are_one_error(tmp_path, kept, words):
    """One SN among VS, which may lie in the test part or outside; or none."""
    made = Catalogue.create(tmp_path / "bad")
    alerts = [alert for alert in simulate_alerts(90, seed=1) if alert.label in ("SN", "VS")]
    ingest(alerts, made)
    made.relabel({alert.candid: Label("VS", None) for alert in [a for a in alerts if a.label == "SN"][kept:]})
    with pytest.raises(TrainingError, match=words):
        evaluate(made, [])


def test_an_encoder_that_does_not_fit_the_stamps_is_refused(catalogue):
    with pytest.raises(EncoderError, match="1 channels"):
        evaluate(catalogue, [random_encoder_of(1)])


def random_encoder_of(channels: int):
    made = random_encoder(EncoderConfig(channels=channels, widths=(4, 8)))
    made.name = "misfit"
    return made


def test_an_encoder_that_gives_nan_is_named(catalogue):
    made = named("broken")
    made.embed = lambda stamps: np.full((len(stamps), 4), np.nan, np.float32)
    with pytest.raises(EncoderError, match=r"encoder broken: .* 90 of 90 stamps"):
        evaluate(catalogue, [made])


def test_geometry_is_of_the_test_part(result, catalogue):
    found, encoders, _ = result
    frame = catalogue.frame()
    tested = frame[frame["object_id"].isin(split.test_objects(frame))].sort_values("candid").index.to_numpy()
    stamps = catalogue.stamps(tested)
    labels, objects = (frame.loc[tested, name].to_numpy(str) for name in ("label", "object_id"))
    expected = geometry.measure_geometry(
        encoders[0], encoders[0].embed(stamps), labels, objects, geometry.two_views(stamps)
    )
    assert found["encoders"][0]["uniformity"] == pytest.approx(expected["uniformity"], abs=1e-5)
    assert found["encoders"][0]["alignment"]["views"] == pytest.approx(expected["alignment"]["views"], abs=1e-5)


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def fake_scratch(monkeypatch):
    made = ModuleType("ztfexplore.training.scratch")
    made.fit_predict = pixel_scratch
    monkeypatch.setitem(sys.modules, "ztfexplore.training.scratch", made)
    monkeypatch.setattr("ztfexplore.training.scratch", made, raising=False)


def run(catalogue: Catalogue, *arguments: str):
    return CliRunner().invoke(main, ["evaluate", "--catalogue", str(catalogue.path), *arguments])


def test_json_is_one_object_and_the_baseline_from_scratch_is_the_default(catalogue, quick, fake_scratch):
    done = run(catalogue, "--encoder", "pca", "--json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["encoders"]
    assert [row["encoder"] for row in rows] == ["pca", "pca-whole", "random", "scratch"]
    without = run(catalogue, "--encoder", "random", "--no-scratch", "--json")
    assert [row["encoder"] for row in json.loads(without.stdout)["encoders"]] == ["pca", "pca-whole", "random"]


def test_the_tables_can_be_written_into_a_file(catalogue, quick, tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"before\n\n{tables.BEGIN}\nyesterday\n{tables.END}\n\nafter\n", encoding="utf-8")
    done = run(catalogue, "--encoder", "pca", "--no-scratch", "--write", str(path))
    assert done.exit_code == 0, done.output
    text = path.read_text(encoding="utf-8")
    assert text.startswith("before") and text.endswith("after\n") and "yesterday" not in text
    assert done.stdout.strip() in text


def test_a_file_without_marks_is_refused_before_the_work(catalogue, tmp_path):
    path = tmp_path / "README.md"
    path.write_text("no marks", encoding="utf-8")
    done = run(catalogue, "--encoder", "pca", "--no-scratch", "--write", str(path))
    assert done.exit_code == 1 and "must hold the lines" in done.stderr and done.stdout == ""
    assert path.read_text(encoding="utf-8") == "no marks"


def test_people_s_labels_teach_and_those_of_the_data_test(catalogue, quick, tmp_path):
    own = Catalogue.open(shutil.copytree(catalogue.path, tmp_path / "own"))
    frame = own.frame(["candid", "survey", "label"])
    some = frame[frame["label"] == "SN"]
    Annotations.open(own.path).add(some["candid"].tolist(), "nova", "Ann", some["survey"].tolist())
    people, data = (evaluate(Snapshot.of(own, by), []) for by in ("people", "data"))
    assert data["labels_used"] == {"people": 0, "data": 90} and data["labels_by"] == "data"
    assert people["labels_used"]["people"] == people["fit_part"]["objects_by_class"]["nova"] > 0
    assert sum(people["labels_used"].values()) == 90
    assert people["test_part"] == data["test_part"] and "nova" not in people["test_part"]["objects_by_class"]
    assert f"{people['labels_used']['people']} by people" in tables.evaluation_tables(people)
