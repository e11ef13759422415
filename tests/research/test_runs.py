"""True runs, tiny: what they are trained and tested on, and that the same run is the same numbers."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot
from ztfexplore.cli import main
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.evaluation.classifiers import Parts
from ztfexplore.research import answers, grid, runner
from ztfexplore.research.datasets import CatalogueArm, UnfitError
from ztfexplore.research.grid import Run
from ztfexplore.research.runs import DONE, SKIPPED, encode_classes, execute_run, same_class
from ztfexplore.research.store import Store

TINY = {"steps": 2, "batch": 32}


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
    assert answers.NO_RUN in shown.stdout, "runs of one step answer nothing"


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


def test_people_s_labels_teach_and_move_nothing_in_the_test_part(demo_catalogue, tmp_path):
    own = Catalogue.open(shutil.copytree(demo_catalogue, tmp_path / "own"))
    before = CatalogueArm(own)
    frame = own.frame(["candid", "survey"])
    Annotations.open(own.path).add(frame["candid"].tolist(), "SN", "Ann", frame["survey"].tolist())
    people, data = CatalogueArm(own), CatalogueArm(Snapshot.of(own, "data"))
    assert data.data == before.data != people.data, "other labels are other data"
    assert set(people.counts) == {"SN"} and data.counts == before.counts
    assert np.array_equal(people.tested, data.tested)
    assert people.frame["label"][people.tested].tolist() == data.frame["label"][data.tested].tolist()
