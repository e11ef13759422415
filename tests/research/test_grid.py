"""What is to be run: equal sizes, the rare class in turn, every condition that the questions name, one key a run."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztfexplore.augment.registry import SETS
from ztfexplore.research import grid
from ztfexplore.research.grid import Classes, Run, class_sizes, conditions, plan

REAL = Classes(["SN", "VS", "asteroid", "bogus"], {"AGN": 38})
ARMS = {"simulated": grid.SIMULATED_CLASSES, "real": REAL}


@given(st.integers(100, 5000), st.integers(2, 7), st.integers(2, 30))
def test_sets_are_of_equal_size_at_every_ratio(objects, classes, ratio):
    names = [str(number) for number in range(classes)]
    even, skewed = class_sizes(objects, names, 1, ""), class_sizes(objects, names, ratio, "0")
    assert sum(even.values()) == sum(skewed.values()) == objects
    assert max(even.values()) - min(even.values()) <= 1
    rich = [size for name, size in skewed.items() if name != "0"]
    assert max(rich) - min(rich) <= 1
    # to the nearest whole object
    assert (skewed["0"] - 0.5 - 1e-9) * ratio - 1 <= max(rich)
    assert (skewed["0"] + 0.5 + 1e-9) * ratio + 1 >= min(rich)


def test_the_set_of_one_ratio_holds_that_of_another_but_for_what_changed():
    """The first so many of each class are taken: a larger share has all objects of a smaller one."""
    sizes = [class_sizes(2000, grid.SIMULATED_CLASSES.usable, ratio, "SN") for ratio in (3, 10, 30)]
    assert [size["SN"] for size in sizes] == [154, 49, 17]
    assert sizes[0]["VS"] < sizes[1]["VS"] < sizes[2]["VS"]


def test_every_class_is_the_rare_one_equally_often():
    runs = plan("imbalance", ARMS, seeds=5)
    for arm, classes in ARMS.items():
        rare = [run.rare for run in runs if run.arm == arm and run.ratio == 30 and run.method == "simclr"]
        rare = [name for name in rare if name in classes.usable]
        assert sorted(rare) == sorted(classes.usable), "once each"
    # Four classes in turn: a fifth seed would make one of them count twice.
    assert {run.seed for run in runs if run.arm == "real"} == {0, 1, 2, 3}


def test_a_class_too_small_has_its_rows_all_the_same():
    runs = plan("imbalance", ARMS, seeds=3)
    assert {(run.rare, run.ratio) for run in runs if run.rare == "AGN" and run.arm == "real"} == {
        ("AGN", 3),
        ("AGN", 10),
        ("AGN", 30),
    }


@pytest.mark.parametrize("name", grid.EXPERIMENTS)
def test_a_table_is_whole_after_its_first_seed(name):
    runs = plan(name, ARMS, seeds=3)
    assert [run.seed for run in runs] == sorted(run.seed for run in runs)

    def conditions_of(seed):
        own = [run for run in runs if run.seed == seed and (run.arm, run.rare) != ("real", "AGN")]
        return {replace(run, seed=0, rare="") for run in own}

    assert conditions_of(0) == conditions_of(1) == conditions_of(2)


def test_a_seed_is_shared_by_all_conditions_and_no_two_runs_are_one():
    runs = [run for name in grid.EXPERIMENTS for run in plan(name, ARMS, seeds=5)]
    assert len({run.key("data") for run in runs}) == len(runs) == len(set(runs))


def test_a_key_depends_on_everything():
    run = Run("imbalance", "real", "simclr", 0)
    other = {
        "experiment": "balanced", "arm": "simulated", "method": "supervised", "seed": 1, "recipe": "none",
        "positives": "stamp", "ratio": 3, "rare": "SN", "labels": "5", "sampling": "balanced", "objects": 9, "probe": 9,
        "steps": 9, "batch": 9,
    }  # fmt: skip
    assert set(other) == {field.name for field in fields(Run)}
    keys = {replace(run, **{name: value}).key("data") for name, value in other.items()}
    keys |= {run.key("data"), run.key("other data")}
    assert len(keys) == len(other) + 2
    assert run.key("data") == replace(run).key("data")


def test_a_key_depends_on_the_version_and_on_what_the_method_and_its_augmentations_are(monkeypatch):
    run = Run("imbalance", "real", "simclr", 0)
    before = run.key("data")
    with monkeypatch.context() as patch:
        patch.setattr(grid, "SCIENCE_VERSION", grid.SCIENCE_VERSION + 1)
        assert run.key("data") != before
    with monkeypatch.context() as patch:
        patch.setattr(grid, "TEMPERATURE", 0.5)
        assert run.key("data") != before
    with monkeypatch.context() as patch:
        patch.setattr(grid, "recipe_of", lambda name: "another recipe of that name")
        assert run.key("data") != before
    assert run.key("data") == before


def test_the_ablation_leaves_out_and_takes_alone_every_part():
    found = conditions()
    parts = {"simclr": set(SETS["simclr"]), "astronomical": {*SETS["astronomical"], grid.OTHER_ALERTS}}
    for name, wanted in parts.items():
        full = found[f"{name} full"]
        for part in wanted:
            without, alone = found[f"{name} without {part}"], found[f"{name} alone {part}"]
            if part == grid.OTHER_ALERTS:
                assert (without.recipe, without.positives) == (full.recipe, "stamp")
                assert (alone.recipe, alone.positives) == ("none", "object")
            else:
                assert set(full.recipe.split("+")) - set(without.recipe.split("+")) == {part}
                assert alone.recipe == part
                assert (alone.positives, without.positives) == ("stamp", full.positives)
    assert found["simclr milder resized-crop"].recipe == "flip+resized-crop-mild+colour-jitter+grayscale+blur"
    assert found["none"].recipe == "none"


def test_both_methods_learn_alike_but_for_the_labels():
    """Otherwise a difference between them could be their settings'."""
    one, other = (
        grid.train_config(Run("balanced", "real", method, 0, labels=labels), 1724, 3)
        for method, labels in (("simclr", ""), ("s-simclr", "all"))
    )
    # The share of simulated stamps says nothing where there are none.
    assert replace(one, method="s-simclr", simulated_share=other.simulated_share) == other
    assert (one.epochs, one.simulated, one.balanced) == (50, 0, False)
