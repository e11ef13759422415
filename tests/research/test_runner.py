"""Going through the runs: nothing is done twice, whatever is killed, and whoever works beside."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter

import pytest

from tests.support.research_stub import StubArm, result
from ztfexplore.errors import ZtfexploreError
from ztfexplore.research import runner
from ztfexplore.research.runs import DONE, FAILED, SKIPPED, RunResult, describe_run
from ztfexplore.research.store import Store

ARMS = {"real": StubArm("real")}
FORK = multiprocessing.get_context("fork")


def quick(run, arm, say):
    return result(run, arm.data)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results", tmp_path / "locks")


def test_what_is_there_is_not_done_again(store):
    first = runner.run_missing(["balanced"], ARMS, store, seeds=2, run_one=quick)
    again = runner.run_missing(["balanced"], ARMS, store, seeds=2, run_one=lambda *_: pytest.fail("done twice"))
    assert (first.made, first.present, first.total) == (24, 24, 24)
    assert (again.made, again.present) == (0, 24)
    more = runner.run_missing(["balanced"], ARMS, store, seeds=3, run_one=quick)
    assert more.made == 12


def test_one_run_that_is_deleted_is_done_again_and_comes_out_the_same(store):
    runner.run_missing(["balanced"], ARMS, store, seeds=1, run_one=quick)
    path = store.folder / "balanced.csv"
    lines = path.read_text().splitlines(keepends=True)
    key = lines[5].split(",")[0]
    path.write_text("".join(line for line in lines if not line.startswith(key)))
    assert runner.run_missing(["balanced"], ARMS, store, seeds=1, run_one=quick).made == 1
    assert sorted(path.read_text().splitlines(keepends=True)) == sorted(lines)


def test_a_budget_ends_it_between_runs(store):
    report = runner.run_missing(["balanced"], ARMS, store, seeds=1, minutes=0, run_one=quick)
    assert report.made <= 1
    assert report.total == 12


def test_no_arm_is_said(store):
    with pytest.raises(ZtfexploreError, match="--catalogue"):
        runner.run_missing(["balanced"], {"simulated": StubArm("simulated")}, store)


def test_a_reason_stands_in_the_table_and_is_not_asked_for_again(store):
    def fails(run, arm, say):
        status = SKIPPED if run.method == "simclr" else FAILED if run.labels == "5" else DONE
        if status == DONE:
            return result(run, arm.data)
        return RunResult([describe_run(run, arm.data) | {"status": status, "reason": 'a, "b"\nc'}], [], [])

    report = runner.run_missing(["balanced"], ARMS, store, seeds=1, run_one=fails)
    frame = store.results("balanced")
    assert frame["status"].value_counts().to_dict() == {DONE: 4 + 7, SKIPPED: 2, FAILED: 2}
    assert set(frame.loc[frame["status"] != DONE, "reason"]) == {'a, "b" c'}
    assert len(report.reasons) == 4
    assert runner.run_missing(["balanced"], ARMS, store, seeds=1, run_one=fails).made == 0


def worker(folder, log, seconds=0.01):
    """Goes through the runs; notes every one that it begins."""

    def slow(run, arm, say):
        with log.open("a") as file:
            file.write(run.key(arm.data) + "\n")
        time.sleep(seconds)
        return result(run, arm.data)

    runner.run_missing(
        ["balanced", "imbalance"], ARMS, Store(folder / "results", folder / "locks"), seeds=3, run_one=slow
    )


def rows(folder):
    return {path.name: sorted(path.read_text().splitlines()) for path in (folder / "results").glob("*.csv")}


def test_kills_at_any_moment_end_with_the_same_table_and_no_run_done_twice(tmp_path):
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    for folder in (whole, torn):
        folder.mkdir()
    worker(whole, whole / "log", 0)
    random.seed(1)
    kills = 0
    while kills < 10:
        process = FORK.Process(target=worker, args=(torn, torn / "log", 0.05))  # longer in all than the kills take
        process.start()
        process.join(random.uniform(0.02, 0.3))
        assert process.is_alive(), "the runs are too quick to be killed"
        process.kill()
        process.join()
        kills += 1
    worker(torn, torn / "log", 0)
    assert rows(torn) == rows(whole)
    begun = Counter((torn / "log").read_text().splitlines())
    total = len(Store(torn / "results").done("balanced") | Store(torn / "results").done("imbalance"))
    assert len(begun) == total
    assert sum(begun.values()) <= total + kills, "only the run under way is lost"


def test_two_processes_share_the_runs(tmp_path):
    processes = [FORK.Process(target=worker, args=(tmp_path, tmp_path / "log")) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    begun = Counter((tmp_path / "log").read_text().splitlines())
    assert set(begun.values()) == {1}
    store = Store(tmp_path / "results", tmp_path / "locks")
    assert set(begun) == store.done("balanced") | store.done("imbalance")
