"""The results survive: kills, two processes, torn lines, other versions; and nothing is done twice."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.research_stub import StubArm, result
from ztfexplore.errors import ZtfexploreError
from ztfexplore.research import SCIENCE_VERSION, runner
from ztfexplore.research.grid import plan
from ztfexplore.research.runs import DONE, FAILED, SKIPPED, RunResult, describe_run
from ztfexplore.research.store import RESULTS, Store, parse_table, render_table

ARMS = {"real": StubArm("real")}
FORK = multiprocessing.get_context("fork")


def quick(run, arm, say):
    return result(run, arm.data)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results", tmp_path / "locks")


def test_a_run_is_kept_once_and_read_as_it_was(store):
    run = plan("balanced", {"real": ARMS["real"].classes}, 1)[0]
    made = result(run, "data")
    for _ in range(3):
        store.add("balanced", made)
    frame = store.results("balanced")
    assert len(frame) == len(made.rows)
    assert frame["balanced_accuracy"].tolist() == pytest.approx(
        [row["balanced_accuracy"] for row in made.rows], abs=1e-5
    )
    assert store.predictions("balanced")["linear"].tolist() == [row["linear"] for row in made.predictions]
    assert store.tested().to_dict("records") == made.tested
    assert store.done("balanced") == {run.key("data")}
    assert store.done("imbalance") == set()


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


def test_a_torn_last_line_is_left_out_said_and_done_again(store):
    runner.run_missing(["balanced"], ARMS, store, seeds=1, run_one=quick)
    path = store.folder / "balanced.csv"
    whole = path.read_bytes()
    for cut in (1, 10, 100):
        path.write_bytes(whole[:-cut])
        said = []
        reader = Store(store.folder, store.folder.parent / "locks", said.append)
        assert len(reader.done("balanced")) == 11
        assert len(said) == 1 and str(path) in said[0]
        assert runner.run_missing(["balanced"], ARMS, reader, seeds=1, run_one=quick).made == 1
        assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_rows_of_another_version_are_named_ignored_and_kept_aside(store):
    runner.run_missing(["balanced"], ARMS, store, seeds=1, run_one=quick)
    path = store.folder / "balanced.csv"
    header, *lines = path.read_text().splitlines()
    old = [line.replace(f",{SCIENCE_VERSION},", ",0,", 1) for line in lines]
    path.write_text("\n".join([header, *old]) + "\n")
    said = []
    reader = Store(store.folder, store.folder.parent / "locks", said.append)
    assert not reader.done("balanced")
    assert str(path) in said[0] and "version 0" in said[0]
    assert path.read_text().splitlines()[1:] == old, "reading changes nothing"
    assert runner.run_missing(["balanced"], ARMS, reader, seeds=1, run_one=quick).made == 12
    assert sorted(path.read_text().splitlines()[1:]) == sorted(lines)
    assert (store.folder / "balanced.other-1.csv").read_text().splitlines() == [header, *old]


def test_a_table_with_the_old_name_of_a_column_is_read_and_written_with_the_new_one(store):
    runner.run_missing(["balanced"], ARMS, store, seeds=1, run_one=quick)
    path = store.folder / "balanced.csv"
    header, rest = path.read_text().split("\n", 1)
    path.write_text(header.replace(",C,", ",probe_c,") + "\n" + rest)
    assert len(store.done("balanced")) == 12
    assert runner.run_missing(["balanced"], ARMS, store, seeds=2, run_one=quick).made == 12
    assert path.read_text().startswith(header) and not list(store.folder.glob("*.other-*"))


def test_a_file_with_other_columns_is_kept_aside_too(store):
    store.folder.mkdir()
    path = store.folder / "balanced.csv"
    path.write_text("key,accuracy\nabc,0.5\n")
    said = []
    reader = Store(store.folder, store.folder.parent / "locks", said.append)
    assert reader.results("balanced").columns.tolist() == list(RESULTS)
    assert str(path) in said[0] and "columns" in said[0]
    runner.run_missing(["balanced"], ARMS, reader, seeds=1, run_one=quick)
    assert (store.folder / "balanced.other-1.csv").read_text() == "key,accuracy\nabc,0.5\n"


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


def test_results_of_two_places_become_one(store, tmp_path):
    other = Store(tmp_path / "elsewhere", tmp_path / "locks")
    runner.run_missing(["balanced"], ARMS, store, seeds=1, run_one=quick)
    runner.run_missing(["balanced"], ARMS, other, seeds=2, run_one=quick)
    assert store.merge(other, "balanced") == 12
    assert store.merge(other, "balanced") == 0
    assert store.done("balanced") == other.done("balanced")
    assert len(store.predictions("balanced")) == len(other.predictions("balanced"))


@given(st.lists(st.text(), min_size=1, max_size=4), st.data())
def test_a_table_cut_anywhere_has_whole_rows_only(texts, data):
    header = ("key", "science", "reason")
    rows = [{"key": str(n), "science": SCIENCE_VERSION, "reason": text} for n, text in enumerate(texts)]
    text = render_table(rows, header)
    whole = parse_table(text, header)
    assert [row["reason"] for row in whole.rows] == [" ".join(text.split()) for text in texts]
    assert not whole.torn
    cut = parse_table(text[: data.draw(st.integers(0, len(text)))], header)
    assert cut.rows == whole.rows[: len(cut.rows)]
    assert not cut.others


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
