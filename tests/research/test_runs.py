"""True runs, tiny: what they are trained and tested on, and that the same run is the same numbers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.cli import main
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.evaluation.classifiers import Parts
from ztfexplore.evaluation.split import test_objects as objects_of_test_part
from ztfexplore.research import datasets, grid, runner
from ztfexplore.research.datasets import CatalogueArm, SimulatedArm, UnfitError, balanced_weights
from ztfexplore.research.grid import Run
from ztfexplore.research.runs import DONE, SKIPPED, encode_classes, execute_run, same_class
from ztfexplore.research.store import Store

TINY = {"steps": 2, "batch": 32}


@pytest.fixture(scope="module")
def arm(demo_catalogue):
    return CatalogueArm(Catalogue.open(demo_catalogue))


@pytest.fixture
def small(monkeypatch):
    """Sets small enough for a demo of 150."""
    monkeypatch.setattr(datasets, "REAL_OBJECTS", 24)
    monkeypatch.setattr(datasets, "REAL_PROBE", 5)
    return {"objects": 24, "probe": 5, "batch": 12, "steps": 2}


@pytest.fixture
def simulated(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "TEST_OBJECTS", 4)
    monkeypatch.setattr(datasets, "SIMULATED_PROBE", 12)
    monkeypatch.setattr(datasets, "POOL", 10)
    return SimulatedArm(tmp_path)


@pytest.mark.parametrize(
    "run",
    [
        Run("balanced", "real", "simclr", 0, **TINY),
        Run("balanced", "real", "s-simclr", 1, labels="5", sampling="balanced", **TINY),
        Run("balanced", "real", "s-simclr", 1, labels="all", **TINY),
        Run("augmentations", "real", "simclr", 0, recipe="rotate+blur", positives="stamp", **TINY),
    ],
    ids=lambda run: f"{run.method}-{run.labels or run.recipe}",
)
def test_no_image_and_no_label_of_the_test_part_is_trained_on(arm, run):
    tested = objects_of_test_part(arm.frame)
    made = arm.datasets(run)
    assert not set(made.training.frame["object_id"]) & tested
    assert set(made.parts.objects[made.parts.test]) <= tested
    for rows in made.probes.values():
        assert not set(made.parts.objects[rows]) & tested
    pixels = {image.tobytes() for image in made.training.images.numpy()}
    shown = datasets.prepare([made.stamps[row] for row in made.parts.test], made.config)
    assert not pixels & {image.tobytes() for image in shown}


def test_s_simclr_sees_the_labels_that_its_probe_sees_and_no_other(arm):
    made = arm.datasets(Run("balanced", "real", "s-simclr", 2, labels="5", **TINY))
    shown = made.training.frame[made.training.frame["label"].notna()]
    assert made.labelled == len(shown) <= 5 * shown["label"].nunique()
    assert set(shown["candid"]) == set(arm.frame["candid"].to_numpy()[made.probes["5"]])
    classes = made.training.labels.numpy() < len(made.training.classes)
    assert classes.sum() == len(shown)
    other = arm.datasets(Run("balanced", "real", "s-simclr", 3, labels="5", **TINY))
    assert set(made.probes["5"]) != set(other.probes["5"]), "another seed draws other labels"
    simclr = arm.datasets(Run("balanced", "real", "simclr", 2, **TINY))
    assert set(simclr.probes["5"]) == set(made.probes["5"]), "the same seed the same"


def test_probe_and_test_are_the_same_for_every_imbalance(arm, small):
    usable = arm.classes.usable
    assert len(usable) >= 2
    conditions = [{"seed": seed, "ratio": r, "rare": name} for seed in (0, 1) for r, name in ((1, ""), (3, usable[0]))]
    made = [arm.datasets(Run("imbalance", "real", "simclr", **one, **small)) for one in conditions]
    for one in made:
        assert one.parts.fit.tolist() == made[0].parts.fit.tolist()
        assert one.parts.test.tolist() == made[0].parts.test.tolist()
        assert len(one.training) == 24
        assert not set(one.training.frame["object_id"]) & set(one.parts.objects[one.parts.fit])
        counts = pd.Series(one.parts.labels[one.parts.fit]).value_counts()
        assert set(counts) == {5} and set(counts.index) == set(usable)
    assert set(made[0].training.frame["candid"]) != set(made[2].training.frame["candid"])


def test_a_class_too_small_for_its_ratio_is_skipped_with_the_reason(arm, small):
    poor = CatalogueArm(arm.catalogue)
    poor.counts = {**arm.counts, "AGN": 3}
    assert poor.classes.small == {"AGN": 3} and "AGN" not in poor.classes.usable
    run = Run("imbalance", "real", "simclr", 0, ratio=3, rare="AGN", **small)
    with pytest.raises(UnfitError, match="AGN: 3 objects outside the test part"):
        poor.datasets(run)
    made = execute_run(run, poor)
    assert (made.rows[0]["status"], made.predictions, made.tested) == (SKIPPED, [], [])
    assert "AGN: 3 objects" in made.rows[0]["reason"]


def test_a_ratio_that_leaves_none_of_the_class_is_skipped_too(arm, small):
    with pytest.raises(UnfitError, match="30:1 of 24 objects leaves none of SN"):
        arm.datasets(Run("imbalance", "real", "simclr", 0, ratio=30, rare="SN", **small))


def test_simulated_sets_have_the_ratio_and_are_drawn_once(simulated, monkeypatch):
    run = Run("imbalance", "simulated", "supervised", 0, ratio=3, rare="SN", objects=26, probe=12, batch=16, steps=2)
    made = simulated.datasets(run)
    counts = made.training.frame.drop_duplicates("object_id")["label"].value_counts().to_dict()
    assert counts == {"SN": 2, "VS": 6, "asteroid": 6, "AGN": 6, "bogus": 6}
    assert len(made.training) == 52, "two nights each"
    assert (len(made.parts.fit), len(made.parts.test)) == (60, 20)
    monkeypatch.setattr(datasets.simulate, "twins", lambda *_: pytest.fail("drawn again"))
    monkeypatch.setattr(datasets, "simulate_alerts", lambda *_: pytest.fail("drawn again"))
    again = SimulatedArm(simulated.cache).datasets(run)
    assert np.array_equal(again.training.images, made.training.images)
    fewer = simulated.datasets(Run("imbalance", "simulated", "supervised", 0, objects=26, probe=12, batch=16, steps=2))
    assert set(made.training.frame.query("label == 'SN'")["object_id"]) <= set(fewer.training.frame["object_id"])


@pytest.mark.parametrize("method", ["simclr", "s-simclr", "supervised", "untrained"])
def test_a_run_from_stamps_to_numbers_twice_the_same(simulated, method):
    run = Run("imbalance", "simulated", method, 1, ratio=3, rare="SN", objects=26, probe=12, batch=16, steps=2)
    first, second = execute_run(run, simulated), execute_run(run, simulated)
    for row in first.rows:
        assert row["status"] == DONE
        assert 0 <= row["balanced_accuracy"] <= 1
    timeless = [[{k: v for k, v in row.items() if k != "seconds"} for row in made.rows] for made in (first, second)]
    assert timeless[0] == timeless[1]
    assert first.predictions == second.predictions
    names = np.unique([row["label"] for row in first.tested])
    said = [names[int(place)] for place in first.predictions[1]["linear"]]
    recalls = [np.mean([s == n for s, row in zip(said, first.tested, strict=True) if row["label"] == n]) for n in names]
    assert np.mean(recalls) == pytest.approx(first.rows[1]["balanced_accuracy"])


def test_experiments_from_catalogue_to_answer_on_a_demo(demo_catalogue, tmp_path, monkeypatch):
    """One step each: no condition fails, and the command finds nothing left to do."""
    some = dict(list(grid.conditions().items())[:6])
    monkeypatch.setattr(grid, "conditions", lambda: some)
    arm = CatalogueArm(Catalogue.open(demo_catalogue))
    store = Store(tmp_path / "results", tmp_path / "locks")
    report = runner.run_missing(["balanced", "augmentations"], {"real": arm}, store, seeds=1, steps=1)
    assert report.present == report.total
    assert not report.reasons
    arguments = ["research", "run", "balanced", "--catalogue", str(demo_catalogue), "--results", str(store.folder)]
    said = CliRunner().invoke(main, [*arguments, "--seeds", "1", "--steps", "1", "--json"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["made"] == 0
    shown = CliRunner().invoke(main, ["research", "show", "--results", str(store.folder)])
    assert "No run of this experiment" in shown.stdout, "runs of one step answer nothing"


def test_without_a_catalogue_what_needs_one_says_so(tmp_path):
    said = CliRunner().invoke(main, ["research", "run", "balanced", "--results", str(tmp_path)])
    assert said.exit_code != 0
    assert "--catalogue" in said.stderr


def test_half_of_a_balanced_batch_is_labelled_its_classes_equally():
    labels = pd.Series(["a"] * 90 + ["b"] * 10 + [None] * 900, dtype=object)
    weights = balanced_weights(labels).numpy()
    assert weights[:90].sum() == pytest.approx(0.25)
    assert weights[90:100].sum() == pytest.approx(0.25)
    assert weights.sum() == pytest.approx(1)
    assert balanced_weights(labels[:100]).numpy()[:90].sum() == pytest.approx(0.5)


def test_neighbours_of_the_class_are_counted_by_object():
    """In plain loops."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 6)).astype(np.float32)
    labels = rng.choice(["a", "b"], 40)
    objects = np.array([f"o{number // 2}" for number in range(40)])
    labels = labels[(np.arange(40) // 2) * 2]
    parts = Parts(labels, objects, np.arange(30), np.arange(30, 40))
    found = same_class(features, parts, 5)
    unit = unit_length(features)
    for place, row in enumerate(parts.test):
        best = {}
        for other in parts.fit:
            likeness = float(unit[row] @ unit[other])
            best[objects[other]] = max(best.get(objects[other], -2), likeness)
        nearest = sorted(best, key=best.get, reverse=True)[:5]
        assert found[place] == sum(labels[objects == name][0] == labels[row] for name in nearest)


def test_a_class_that_is_not_tested_is_told_from_the_others():
    names = np.array(["AGN", "SN"])
    assert encode_classes(np.array(["SN", "VS", "AGN"]), names) == "1-0"
