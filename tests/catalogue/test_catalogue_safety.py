"""The catalogue when things go wrong: folders that are none, damage, crashes, full disks, and writers at once."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

from tests.support.errors import refused
from tests.support.packets import alerts
from ztfexplore.alerts.labels_csv import Label
from ztfexplore.catalogue import catalogue as module
from ztfexplore.catalogue import schema
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import CatalogueError

METADATA = {"weights_sha256": "abc", "encoder": "made-up"}


# --- what is no catalogue -----------------------------------------------------------------------------------------


def folder_with_notes(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("mine")


def lance_of_something_else(path: Path) -> None:
    lance.write_dataset(pa.table({"flux": [1.0]}), str(path))


def lance_with_float_candids(path: Path) -> None:
    table = schema.to_table(alerts(1))
    index = table.column_names.index("candid")
    lance.write_dataset(table.set_column(index, "candid", pa.array([1.0])), str(path))


def damaged_version(path: Path) -> None:
    Catalogue.create(path).add(alerts(1))
    for manifest in (path / "_versions").glob("*.manifest"):
        manifest.write_bytes(manifest.read_bytes()[:100])


def lost_versions(path: Path) -> None:
    Catalogue.create(path).add(alerts(1))
    shutil.rmtree(path / "_versions")


NO_CATALOGUE = {
    "a file": lambda path: path.write_text("x"),
    "a folder of something else": folder_with_notes,
    "another Lance dataset": lance_of_something_else,
    "float candids": lance_with_float_candids,
    "a damaged version": damaged_version,
    "lost versions": lost_versions,
}


@pytest.mark.parametrize("name", NO_CATALOGUE)
def test_what_is_no_catalogue_says_so_and_is_left_alone(tmp_path, name):
    path = tmp_path / "here"
    NO_CATALOGUE[name](path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    for attempt in (Catalogue.open, Catalogue.create):
        with pytest.raises(CatalogueError) as caught:
            attempt(path)
        message = str(caught.value)
        assert str(path) in message and "\n" not in message and "/rust/" not in message
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_opening_what_is_not_there_makes_nothing(tmp_path):
    with refused(CatalogueError, tmp_path / "nowhere"):
        Catalogue.open(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with refused(CatalogueError, tmp_path / "empty"):
        Catalogue.open(tmp_path / "empty")
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


@pytest.mark.parametrize("path", ["/proc/nowhere/catalogue", "a" * 300, "nul\0byte"])
def test_a_catalogue_that_cannot_be_made_says_so(path):
    with refused(CatalogueError, path.split("\0")[0]):
        Catalogue.create(path)


def test_creating_opens_what_is_there(catalogue):
    catalogue.add(alerts(1))
    assert len(Catalogue.create(catalogue.path)) == 1


@pytest.mark.parametrize("left", [[], [".lock"], ["_transactions/0-x.txn", ".lock"], ["_versions/tmp", "rejects.csv"]])
def test_a_creation_that_was_cut_off_is_finished(tmp_path, left):
    path = tmp_path / "catalogue"
    path.mkdir()
    for name in left:
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).touch()
    catalogue = Catalogue.create(path)
    catalogue.add(alerts(1))
    assert len(Catalogue.open(path)) == 1


def test_a_catalogue_whose_data_are_damaged_says_so_when_they_are_read(three_parts):
    for file in (three_parts.path / "data").iterdir():
        file.write_bytes(file.read_bytes()[:50])
    damaged = Catalogue.open(three_parts.path)
    for read in (damaged.frame, lambda: damaged.stamps([0]), lambda: damaged.heavy(0), lambda: damaged.row_of(1)):
        with refused(CatalogueError, three_parts.path):
            read()
    with refused(CatalogueError, three_parts.path):
        damaged.add(alerts(100))


# --- writers ------------------------------------------------------------------------------------------------------


def test_a_writer_that_waits_too_long_gives_up_and_says_why(catalogue, monkeypatch):
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.05)
    with (
        module._locked(catalogue.path),
        refused(CatalogueError, catalogue.path),
    ):
        Catalogue.open(catalogue.path).add(alerts(1))
    assert catalogue.add(alerts(1)) == 1


def test_a_catalogue_that_another_process_makes_in_the_meantime_is_opened(tmp_path, monkeypatch):
    locked = module._locked

    @contextmanager
    def after_the_other(path: Path):
        with locked(path):
            lance.write_dataset(schema.to_table(alerts(1)), str(path))
            yield

    monkeypatch.setattr(module, "_locked", after_the_other)
    assert len(Catalogue.create(tmp_path / "catalogue")) == 1


def test_readers_do_not_wait_for_a_writer(catalogue):
    catalogue.add(alerts(1))
    with module._locked(catalogue.path):
        assert len(Catalogue.open(catalogue.path).frame()) == 1


def test_threads_that_write_at_once_lose_nothing(catalogue):
    """A label, an embedding and new alerts at the same time, each from its own handle."""
    catalogue.add(alerts(*range(6)))
    values = np.arange(24, dtype=np.float32).reshape(6, 4)
    work = [
        lambda mine: [mine.add(alerts(candid)) for candid in range(10, 15)],
        lambda mine: [mine.relabel({candid: Label("SN", "TNS")}) for candid in range(6)],
        lambda mine: [mine.write_vectors("embedding_x", np.array([i]), values[[i]], METADATA) for i in range(6)],
    ]
    threads = [threading.Thread(target=task, args=(Catalogue.open(catalogue.path),)) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    catalogue.refresh()
    assert catalogue.table().column("candid").to_pylist() == [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14]
    assert catalogue.table().column("label").to_pylist() == ["SN"] * 6 + [None] * 5
    np.testing.assert_array_equal(catalogue.vectors("embedding_x").values[:6], values)


def test_a_full_disk_is_told_and_harms_nothing(tmp_path):
    """A limit on the size of files stands for a disk that is full."""
    catalogue = Catalogue.create(tmp_path / "catalogue")
    catalogue.add(alerts(1))
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_add_with_little_space, args=(catalogue.path, queue))
    process.start()
    message = queue.get(timeout=60)
    process.join()
    assert str(catalogue.path) in message
    assert "\n" not in message
    catalogue.refresh()
    assert catalogue.table().column("candid").to_pylist() == [1]
    assert catalogue.add(alerts(2)) == 1


def _add_with_little_space(path: Path, queue: multiprocessing.Queue) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        Catalogue.open(path).add(alerts(2))
        queue.put("nothing was raised")
    except CatalogueError as error:
        queue.put(str(error))
    finally:
        queue.close()
        queue.join_thread()
        os._exit(0)
