"""Reduced runs: few conditions of the same grid, told step by step, stopped at once, never among the results."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.support.research_stub import StubArm, result
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.plots import research_reduced
from ztfexplore.research import reduced
from ztfexplore.research.grid import ALL, EXPERIMENTS, RATIOS, Classes, plan
from ztfexplore.research.reduced import ReducedJob, condition_title, reduced_runs, reduced_table
from ztfexplore.research.results import LINEAR, RARE

CLASSES = Classes(["a", "b", "c"], {"d": 2})
WAIT = 120


def quick(run, arm, say):
    say("train")
    return result(run, arm.data, lambda run, probe: 0.9 if run.recipe != "none" else 0.6)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_they_are_runs_of_the_whole_grid_only_shorter(experiment):
    runs = reduced_runs(experiment, CLASSES, 20)
    whole = {(run.method, run.recipe, run.ratio, run.rare, run.labels) for run in plan(experiment, {"real": CLASSES})}
    assert {(run.method, run.recipe, run.ratio, run.rare, run.labels) for run in runs} <= whole
    assert len(runs) == 3 and len({condition_title(run) for run in runs}) == 3
    assert all(run.steps == 20 and run.seed == 0 and run.batch <= reduced.BATCH for run in runs)


def test_where_no_class_is_usable_there_is_a_run_that_says_so():
    (run,) = reduced_runs("imbalance", Classes([], {"a": 5}), 20)[:1]
    assert run.rare == "a"
    assert len(reduced_runs("imbalance", Classes([], {}), 20)) == 1


def test_the_table_compares_with_the_first_simclr_by_object():
    runs = reduced_runs("imbalance", Classes(["a", "b", "c"], {}), 20)
    done = [(run, result(run, StubArm().data, lambda run, probe: 0.5 if run.ratio > 1 else 0.9)) for run in runs]
    frame = reduced_table("imbalance", 20, done, runs)
    rare = frame[frame["measure"] == RARE].set_index("condition")
    assert rare["mean"].notna().all() and len(rare) == 3
    last = rare.iloc[-1]
    assert last["reference"] == "SimCLR, 1:1" and f"{RATIOS[-1]}:1 (a is rare)" in last.name
    assert last["effect"] == pytest.approx(last["mean"] - rare["mean"].iloc[1])
    assert last["effect_low"] <= last["effect"] <= last["effect_high"]
    figure = research_reduced.reduced_figure(frame, LINEAR)
    assert "not the published runs" in figure.layout.title.text and len(figure.data) == 3
    assert [trace.x[0] for trace in figure.data] == frame.loc[frame["measure"] == LINEAR, "mean"].tolist()


def test_a_job_trains_tells_every_step_and_measures(demo_catalogue):
    steps = []
    job = ReducedJob("augmentations", Catalogue.open(demo_catalogue), 3)

    def told(run, arm, say):
        counting = arm.on_batch
        arm = reduced._Told(arm.arm, lambda done, total: (steps.append((done, total)), counting(done, total)))
        return reduced.execute_run(run, arm, say)

    job._run_one = told
    assert job.start().wait(WAIT) and job.state == "done", job.problem
    assert steps == [(1, 3), (2, 3), (3, 3)] * 2 and job.share == 1
    frame = job.table()
    assert frame["condition"].nunique() == 3 and frame["mean"].between(0, 1).all()
    assert (frame["low"] <= frame["mean"]).all() and (frame["mean"] <= frame["high"]).all()
    _, first = job.done[0]
    row = next(row for row in first.rows if row["probe_labels"] == ALL)
    assert frame.loc[frame["measure"] == LINEAR, "mean"].iloc[0] == pytest.approx(row["balanced_accuracy"])


def test_too_small_a_catalogue_gives_the_reason_not_numbers(demo_catalogue):
    job = ReducedJob("imbalance", Catalogue.open(demo_catalogue), 3).start()
    assert job.wait(WAIT) and job.state == "done"
    assert job.table()["mean"].isna().all() and "objects outside the test part" in job.table()["reason"].iloc[0]


def test_a_catalogue_without_labels_is_named_as_the_reason(three_parts):
    job = ReducedJob("balanced", three_parts, 3).start()
    assert job.wait(WAIT) and job.state == "failed" and "labelled objects" in job.problem
    assert job.table().empty


def test_stop_ends_it_within_a_training_and_keeps_what_is_done(demo_catalogue):
    reached = threading.Event()

    def slow(run, arm, say):
        if run.method == "untrained":
            return quick(run, arm, say)
        for step in range(10_000):
            reached.set()
            arm.on_batch(step, 10_000)
            threading.Event().wait(0.01)
        raise AssertionError("was not stopped")

    job = ReducedJob("balanced", Catalogue.open(demo_catalogue), 20, slow).start()
    assert reached.wait(WAIT)
    job.stop()
    assert job.wait(WAIT) and job.state == "stopped"
    assert len(job.done) == 1 and len(job.table()) == 2


def test_one_at_a_time_and_who_waits_can_be_stopped(demo_catalogue):
    catalogue, go_on = Catalogue.open(demo_catalogue), threading.Event()

    def waiting(run, arm, say):
        go_on.wait(WAIT)
        return quick(run, arm, say)

    first = ReducedJob("balanced", catalogue, 20, waiting).start()
    while first.state == "waiting":
        threading.Event().wait(0.01)
    second = ReducedJob("augmentations", catalogue, 20, quick).start()
    third = ReducedJob("augmentations", catalogue, 20, quick).start()
    second.stop()
    assert second.wait(WAIT) and second.state == "stopped" and not second.done
    assert third.state == "waiting" and not third.is_over
    go_on.set()
    assert first.wait(WAIT) and third.wait(WAIT) and {first.state, third.state} == {"done"}


def test_what_a_library_raises_is_told(demo_catalogue):
    def broken(run, arm, say):
        raise RuntimeError("no such device")

    job = ReducedJob("balanced", Catalogue.open(demo_catalogue), 20, broken).start()
    assert job.wait(WAIT) and job.state == "failed" and "no such device" in job.problem
    assert np.isclose(job.share, 0)
