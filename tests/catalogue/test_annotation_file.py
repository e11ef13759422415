"""The file of people's labels: damage is left as it is, writers lose nothing of each other's, a kill nothing saved."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.support.errors import refused
from ztfexplore.catalogue.annotation_file import AnnotationFile
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.errors import CatalogueError


@pytest.fixture
def people(tmp_path) -> Annotations:
    return Annotations.open(tmp_path)


def held(people: Annotations) -> dict[int, str]:
    latest = people.latest()
    return dict(zip(latest["candid"].tolist(), latest["label"].tolist(), strict=True))


def spoil(path, how: str) -> bytes:
    content = {
        "text": b"candid,label\n1,SN\n",
        "noise": os.urandom(10_000),
        "cut": path.read_bytes()[: 4096 + 100],
        "overwritten": path.read_bytes()[:2000] + os.urandom(len(path.read_bytes()) - 2000),
    }[how]
    path.write_bytes(content)
    return content


@pytest.mark.parametrize("how", ["text", "noise", "cut", "overwritten"])
def test_a_damaged_file_is_named_and_left_as_it_is(people, tmp_path, how):
    people.add(range(3000), "SN", "me", "ztf")
    content = spoil(tmp_path / FILE, how)
    for look in (people.latest, people.log, lambda: people.add([1], "SN", "me", "ztf")):
        with refused(CatalogueError, tmp_path / FILE):
            look()
    assert (tmp_path / FILE).read_bytes() == content


def test_another_program_s_database_is_not_written_into(people, tmp_path):
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    content = (tmp_path / FILE).read_bytes()
    for look in (lambda: Annotations.open(tmp_path), lambda: people.add([1], "SN", "me", "ztf")):
        with refused(CatalogueError, tmp_path / FILE):
            look()
    assert (tmp_path / FILE).read_bytes() == content


def test_a_file_of_a_newer_version_is_not_written_into(people, tmp_path):
    people.add([1], "SN", "me", "ztf")
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with refused(CatalogueError, tmp_path / FILE, 99):
        people.add([2], "SN", "me", "ztf")


def test_a_folder_in_its_place_and_no_folder_at_all_are_said(tmp_path):
    with refused(CatalogueError, tmp_path / "nowhere"):
        Annotations.open(tmp_path / "nowhere")
    (tmp_path / FILE).mkdir()
    with refused(CatalogueError, tmp_path / FILE):
        Annotations.open(tmp_path)


def test_the_tables_refuse_to_be_changed(people):
    people.add([1], "SN", "me", "ztf")
    for statement in ("DELETE FROM entries", "UPDATE entries SET label = 'VS'", "DELETE FROM actions"):
        with refused(CatalogueError, FILE), people._file.writing() as database:
            database.execute(statement)
    assert held(people) == {1: "SN"}


WRITER = """
import sys
from ztfexplore.catalogue.annotations import Annotations
people = Annotations.open(sys.argv[1])
start, who = int(sys.argv[2]), sys.argv[3]
for number in range(int(sys.argv[4])):
    people.add([start + 2 * number, start + 2 * number + 1], "SN", who, "ztf")
    print(number, flush=True)
"""


def writer(path, start: int, who: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(path), str(start), who, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_that_write_at_once_lose_nothing(people, tmp_path):
    processes = [writer(tmp_path, 1000 * number, f"tab {number}", 60) for number in range(3)]
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    log = people.log()
    assert len(log) == 3 * 120 and log["action"].nunique() == 3 * 60
    assert sorted(held(people)) == sorted(c for start in (0, 1000, 2000) for c in range(start, start + 120))


def test_killed_while_writing_nothing_that_was_said_to_be_saved_is_lost(tmp_path):
    rng = np.random.default_rng(0)
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        process = writer(folder, 0, "me", 100_000)
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        said = len(process.stdout.read().splitlines()) + 1
        process.wait()
        people = Annotations.open(folder)
        actions = people.log().groupby("action").size()
        assert said <= len(actions) <= said + 1
        assert (actions == 2).all(), "an action is whole or not there"
        people.add([10**9], "VS", "next", "ztf")
        assert len(people.latest()) == 2 * len(actions) + 1


def test_a_creation_that_was_cut_off_is_finished(tmp_path):
    (tmp_path / FILE).touch()
    people = Annotations.open(tmp_path)
    assert people.latest().empty and people.version == "0"
    people.add([1], "SN", "me", "ztf")
    assert held(people) == {1: "SN"}


def test_readers_do_not_wait_for_a_writer_that_has_not_committed(people, tmp_path):
    people.add([1], "SN", "me", "ztf")
    with AnnotationFile(tmp_path / FILE).writing() as database:
        database.execute("INSERT INTO actions (kind, who, at) VALUES ('label', 'x', 'y')")
        assert held(people) == {1: "SN"}
