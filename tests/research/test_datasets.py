"""The datasets of a run: nothing of the test part is trained on, and conditions differ only as they should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ztfexplore.evaluation.split import test_objects as objects_of_test_part
from ztfexplore.research import datasets
from ztfexplore.research.datasets import SimulatedArm, UnfitError, balanced_weights
from ztfexplore.research.grid import Run

TINY = {"steps": 2, "batch": 32}


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


def test_half_of_a_balanced_batch_is_labelled_its_classes_equally():
    labels = pd.Series(["a"] * 90 + ["b"] * 10 + [None] * 900, dtype=object)
    weights = balanced_weights(labels).numpy()
    assert weights[:90].sum() == pytest.approx(0.25)
    assert weights[90:100].sum() == pytest.approx(0.25)
    assert weights.sum() == pytest.approx(1)
    assert balanced_weights(labels[:100]).numpy()[:90].sum() == pytest.approx(0.5)
