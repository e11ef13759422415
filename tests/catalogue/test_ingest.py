"""Ingest: what is counted, what is labelled, that twice is once, and that neither a crash nor a second writer loses
or doubles anything."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.errors import refused
from tests.support.packets import CANDID, CUTOUTS, alert, archive, avro, fink, night, packet
from ztfexplore.alerts.labels_csv import Label
from ztfexplore.catalogue import ingest as module
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import IngestReport, ingest
from ztfexplore.errors import ZtfexploreError
from ztfexplore.sources import read_sources
from ztfexplore.sources.simulation.simulate import simulate_alerts

BAD = packet(-121540793515135002, "ZTF18bad", cutouts={CUTOUTS[0]: b"\xff\xd8"})


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    """So that a few packets are several batches."""
    monkeypatch.setattr(module, "BATCH_ALERTS", 4)


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    return Catalogue.create(tmp_path / "catalogue")


def ingest_paths(catalogue: Catalogue, *paths: Path, **options) -> IngestReport:
    return ingest(read_sources(paths), catalogue, **options)[0]


def counts(report: IngestReport) -> tuple[int, int, int]:
    return report.accepted, report.duplicates, report.rejected


def content(path: Path) -> list[dict]:
    """Everything in a catalogue, row by row."""
    catalogue = Catalogue.open(path)
    rows = catalogue.table().to_pylist()
    stamps = [stamp.tobytes() for stamp in catalogue.stamps(range(len(rows)))]
    heavy = [catalogue.heavy(row) for row in range(len(rows))]
    return [row | more | {"stamp": stamp} for row, more, stamp in zip(rows, heavy, stamps, strict=True)]


# --- what is counted ----------------------------------------------------------------------------------------------


def test_every_packet_is_accepted_a_duplicate_or_rejected(catalogue, tmp_path):
    (tmp_path / "in").mkdir()
    night(tmp_path / "in" / "a.tar.gz", range(10))
    fink(tmp_path / "in" / "b.parquet", [packet(8), packet(9), packet(10)])
    archive(tmp_path / "in" / "c.tar", {"bad.avro": avro(BAD), "text": b"hello"}, "w")
    report, rejects = ingest(read_sources([tmp_path / "in"]), catalogue)
    assert counts(report) == (11, 2, 2)
    assert report.reasons == {"damaged cutout": 1, "unknown format": 1}
    assert [reject.candid for reject in rejects] == [BAD["candid"], None]
    assert report.seconds > 0
    json.dumps(report.as_dict())


def test_alerts_keep_the_order_they_came_in(catalogue, tmp_path):
    candids = [7, 3, 11, 2, 5, 13, 1, 12, 6]
    ingest_paths(catalogue, night(tmp_path / "a.tar.gz", candids))
    assert catalogue.table().column("candid").to_pylist() == candids


def test_ingesting_twice_changes_nothing(catalogue, tmp_path):
    path = night(tmp_path / "a.tar.gz", range(9))
    labels = {3: Label("SN", "TNS")}
    assert counts(ingest_paths(catalogue, path, labels=labels)) == (9, 0, 0)
    version, before = catalogue.version, content(catalogue.path)
    again = ingest_paths(catalogue, path, labels=labels)
    assert counts(again) == (0, 9, 0) and again.relabelled == 0
    assert catalogue.version == version and content(catalogue.path) == before


def test_a_duplicate_leaves_what_is_there_as_it_is(catalogue):
    ingest([alert(1, object_id="first")], catalogue)
    ingest([alert(1, object_id="second")], catalogue)
    assert catalogue.table().column("object_id").to_pylist() == ["first"]


def test_nothing_at_all(catalogue):
    report, rejects = ingest([], catalogue, labels={1: Label("SN", None)})
    assert counts(report) == (0, 0, 0) and rejects == [] and len(catalogue) == 0


def test_an_endless_source_is_taken_in_batch_by_batch(catalogue):
    """Whatever a source has yielded is in the catalogue, batch by batch, before it has ended."""
    seen = []

    def endless():
        for candid in range(100):
            seen.append(len(Catalogue.open(catalogue.path)))
            if candid == 10:
                raise KeyboardInterrupt
            yield alert(candid)

    with pytest.raises(KeyboardInterrupt):
        ingest(endless(), catalogue)
    assert seen == [0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8]
    assert len(Catalogue.open(catalogue.path)) == 8


# --- labels -------------------------------------------------------------------------------------------------------


def labels_of(catalogue: Catalogue) -> dict[int, tuple[str | None, str | None]]:
    rows = catalogue.table(["candid", "label", "label_source"]).to_pylist()
    return {row["candid"]: (row["label"], row["label_source"]) for row in rows}


def test_labels_reach_exactly_their_candids(catalogue, tmp_path):
    candids = [CANDID, CANDID + 1, CANDID + 2, -CANDID]
    labels = {CANDID + 1: Label("SN", "TNS"), -CANDID: Label("bogus", None), 5: Label("VS", None)}
    ingest_paths(catalogue, night(tmp_path / "a.tar.gz", candids), labels=labels)
    assert labels_of(catalogue) == {
        CANDID: (None, None), CANDID + 1: ("SN", "TNS"), CANDID + 2: (None, None), -CANDID: ("bogus", None),
    }  # fmt: skip


def test_labels_that_come_later_reach_alerts_that_are_there(catalogue, tmp_path):
    first, second = night(tmp_path / "a.tar", range(5)), night(tmp_path / "b.tar", range(5, 8))
    ingest_paths(catalogue, first)
    # Nothing of the first file is read again, and yet its labels arrive.
    report = ingest_paths(catalogue, second, labels={2: Label("SN", "TNS"), 6: Label("VS", "VSX")})
    assert report.relabelled == 1
    assert labels_of(catalogue)[2] == ("SN", "TNS") and labels_of(catalogue)[6] == ("VS", "VSX")
    assert len(catalogue) == 8


def test_a_run_without_labels_takes_none_away(catalogue, tmp_path):
    path = night(tmp_path / "a.tar", range(3))
    ingest_paths(catalogue, path, labels={1: Label("SN", "TNS")})
    ingest_paths(catalogue, path)
    assert labels_of(catalogue)[1] == ("SN", "TNS")


def test_simulated_alerts_keep_the_labels_they_bring(catalogue):
    given = list(simulate_alerts(6, seed=1))
    ingest(given, catalogue)
    assert catalogue.table().column("label").to_pylist() == [one.label for one in given]


# --- rejects ------------------------------------------------------------------------------------------------------


def read_rejects(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_file_of_rejects_names_each_with_its_reason(catalogue, tmp_path):
    path = archive(tmp_path / "a.tar", {"bad.avro": avro(BAD), "text": b"x", 'odd\n\udcff,"': b"x"}, "w")
    ingest_paths(catalogue, path, tmp_path / "missing", rejects=tmp_path / "new" / "rejects.csv")
    assert read_rejects(tmp_path / "new" / "rejects.csv") == [
        {
            "candid": str(BAD["candid"]),
            "source": f"{path}:bad.avro",
            "reason": "damaged cutout: science: not FITS but a JPEG picture",
        },
        {"candid": "", "source": f"{path}:text", "reason": "unknown format: neither Avro nor FITS"},
        {"candid": "", "source": f'{path}:odd\n\\udcff,"', "reason": "unknown format: neither Avro nor FITS"},
        {"candid": "", "source": f"{tmp_path}/missing", "reason": "missing path: no such file or folder"},
    ]


def test_the_file_of_rejects_is_that_of_the_last_run(catalogue, tmp_path):
    path = archive(tmp_path / "a.tar", {"bad.avro": avro(BAD)}, "w")
    for _ in range(2):
        ingest_paths(catalogue, path, rejects=tmp_path / "rejects.csv")
        assert len(read_rejects(tmp_path / "rejects.csv")) == 1


def test_rejects_are_on_disk_before_the_run_has_ended(catalogue, tmp_path):
    rejects = read_sources([tmp_path / "missing"])

    def source():
        yield from rejects
        assert len(read_rejects(tmp_path / "rejects.csv")) == 1
        yield alert(1)

    assert counts(ingest(source(), catalogue, rejects=tmp_path / "rejects.csv")[0]) == (1, 0, 1)


@pytest.mark.parametrize("name", ["/dev/full", "/proc/nowhere/rejects.csv", "."])
def test_a_file_of_rejects_that_cannot_be_written_says_so(catalogue, tmp_path, name):
    with refused(ZtfexploreError, tmp_path / name):
        ingest_paths(catalogue, tmp_path / "missing", rejects=tmp_path / name)


# --- crashes ------------------------------------------------------------------------------------------------------

# Ingests argv[2] into argv[1] and dies at the moment argv[3] says, by the signal that nothing can catch:
# a number is seconds after the start, a word and a number the n-th time that function is about to run.
RUN = """
import os, signal, sys, threading
from pathlib import Path
import lance
from ztfexplore import sources
from ztfexplore.alerts import labels_csv
from ztfexplore.catalogue import ingest
from ztfexplore.catalogue.catalogue import Catalogue

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def die_at(owner, name, count):
    original, calls = getattr(owner, name), []
    def counted(*args, **kwargs):
        calls.append(name)
        return die() if len(calls) == count else original(*args, **kwargs)
    setattr(owner, name, counted)

place, source, moment = sys.argv[1], Path(sys.argv[2]), sys.argv[3].split()
ingest.BATCH_ALERTS = 4
if len(moment) == 2:
    owner = {"write_dataset": lance, "insert": lance.LanceDataset, "_update": Catalogue, "add": Catalogue}[moment[0]]
    die_at(owner, moment[0], int(moment[1]))
elif moment:
    timer = threading.Timer(float(moment[0]), die)
    timer.daemon = True
    timer.start()
told = {int(n): labels_csv.Label("SN", "TNS") for n in sys.argv[4].split(",") if n}
report, _ = ingest.ingest(sources.read_sources([source]), Catalogue.create(place), told, Path(place + ".csv"))
print(report.accepted, report.duplicates, report.rejected)
"""


def start(catalogue: Path, source: Path, moment: str = "", labels: Iterable[int] = ()) -> subprocess.Popen:
    command = [sys.executable, "-c", RUN, str(catalogue), str(source), moment, ",".join(map(str, labels))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> tuple[int, str]:
    output, errors = process.communicate(timeout=120)
    assert process.returncode in (0, -signal.SIGKILL), errors
    return process.returncode, output.strip()


MOMENTS = ["write_dataset 1", "0.02", "insert 2", "0.06", "_update 1"]


def test_a_run_that_was_killed_at_any_moment_is_finished_by_the_next(tmp_path):
    members = {f"{n}.avro": avro(packet(CANDID + n)) for n in range(16)} | {"bad.avro": avro(BAD)}
    source = archive(tmp_path / "night.tar.gz", members)
    told = [CANDID + 1, CANDID + 7]
    whole, pieces = Catalogue.create(tmp_path / "whole"), tmp_path / "pieces"
    ingest_paths(whole, source, labels={candid: Label("SN", "TNS") for candid in told})
    expected = content(whole.path)
    # Every run is killed, and the next one goes on with what it left. The labels come last, to alerts that are there.
    for moment in MOMENTS:
        code, _ = finish(start(pieces, source, moment, told if moment == MOMENTS[-1] else []))
        assert code == -signal.SIGKILL or " " not in moment
        rows = content(pieces) if any(pieces.glob("_versions/*.manifest")) else []
        assert [row["candid"] for row in rows] == [row["candid"] for row in expected[: len(rows)]]
    code, output = finish(start(pieces, source, labels=told))
    assert code == 0 and sum(map(int, output.split())) == 17
    assert content(pieces) == expected
    assert len(read_rejects(tmp_path / "pieces.csv")) == 1


def test_two_writers_at_once_lose_and_double_nothing(tmp_path):
    """Both make the catalogue, and half of what they bring is the same."""
    sources = [night(tmp_path / "a.tar", range(16)), night(tmp_path / "b.tar", range(8, 24))]
    started = [start(tmp_path / "catalogue", source, labels=[1, 7, 20]) for source in sources]
    results = [finish(process) for process in started]
    assert [code for code, _ in results] == [0, 0]
    numbers = [[int(number) for number in output.split()] for _, output in results]
    assert all(accepted + duplicates == 16 for accepted, duplicates, _ in numbers)
    assert sum(accepted for accepted, _, _ in numbers) == 24
    rows = content(tmp_path / "catalogue")
    assert sorted(row["candid"] for row in rows) == list(range(24))
    assert {row["candid"] for row in rows if row["label"]} == {1, 7, 20}
