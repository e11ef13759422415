"""The results survive: kills, two processes, torn lines, other versions; and nothing is done twice."""

from __future__ import annotations

import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.research_stub import StubArm, result
from ztfexplore.research import SCIENCE_VERSION, runner
from ztfexplore.research.grid import plan
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
