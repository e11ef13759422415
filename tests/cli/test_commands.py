"""The command line as scripts use it: one JSON object on stdout, one clear line on stderr, exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.places import ROOT
from ztfexplore.catalogue.catalogue import Catalogue


def run(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ztfexplore", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def result(*arguments: object) -> dict:
    """What a command prints with --json; stdout must hold nothing else."""
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(*arguments: object) -> str:
    """The one line that a failing command says."""
    done = run(*arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.replace("\r", "\n").splitlines() if line.startswith("ztfexplore: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture
def copy(demo_catalogue, tmp_path) -> Path:
    """A catalogue of one's own to change."""
    return Path(shutil.copytree(demo_catalogue, tmp_path / "copy"))


def test_info_counts_what_is_there(demo_catalogue):
    told = result("info", "--catalogue", demo_catalogue)
    assert told["alerts"] == sum(told["labels"].values()) == 150
    assert set(told["encoders"]) == {"simclr", "s-simclr"}
    assert told["encoders"]["simclr"]["embedded"] == 150
    assert 0.5 < told["encoders"]["simclr"]["trustworthiness"] <= 1


def test_embed_and_project_do_nothing_twice(copy):
    assert result("embed", "--catalogue", copy, "--encoder", "simclr") == {
        "encoder": "simclr",
        "embedded": 0,
        "already": 150,
    }
    version = Catalogue.open(copy).version
    assert result("project", "--catalogue", copy, "--encoder", "simclr")["made"] is False
    assert Catalogue.open(copy).version == version


def test_an_encoder_by_its_folder_is_the_shipped_one(copy):
    told = result("embed", "--catalogue", copy, "--encoder", ROOT / "models" / "simclr")
    assert told["encoder"] == "simclr"
    assert told["embedded"] == 0


@pytest.mark.parametrize("k", [1, 12, 40])
def test_neighbours_are_distinct_ordered_and_others(demo_catalogue, k):
    candid = int(Catalogue.open(demo_catalogue).frame()["candid"].iloc[8])
    told = result("neighbours", candid, "--catalogue", demo_catalogue, "--encoder", "simclr", "-k", k)
    assert told["query"]["candid"] == candid
    near = told["neighbours"]
    assert len({item["candid"] for item in near} - {candid}) == k
    distances = [item["distance"] for item in near]
    assert np.isfinite(distances).all()
    assert distances == sorted(distances)
    assert set(near[0]) == {"candid", "object_id", "distance", "label", "survey"}


def test_a_negative_candid_follows_two_dashes(copy):
    from dataclasses import replace

    from ztfexplore.sources.simulation.simulate import simulate_alerts

    odd = replace(next(simulate_alerts(1, seed=8)), candid=-121540793515135002, object_id="negative")
    Catalogue.open(copy).add([odd])
    result("embed", "--catalogue", copy, "--encoder", "simclr")
    done = run("neighbours", "--catalogue", copy, "--encoder", "simclr", "--json", "--", "-121540793515135002")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["query"]["candid"] == -121540793515135002


def test_new_rows_are_embedded_alone(copy):
    from ztfexplore.sources.simulation.simulate import simulate_alerts

    Catalogue.open(copy).add(list(simulate_alerts(5, seed=77)))
    assert result("embed", "--catalogue", copy, "--encoder", "simclr")["embedded"] == 5
    assert result("project", "--catalogue", copy, "--encoder", "simclr")["made"] is True


def test_export_agrees_with_the_catalogue(demo_catalogue, tmp_path):
    for name in ("table.parquet", "table.csv"):
        told = result("export", "--catalogue", demo_catalogue, "--output", tmp_path / name, "--encoder", "s-simclr")
        assert told["rows"] == 150
    table = pq.read_table(tmp_path / "table.parquet").to_pandas()
    text = pd.read_csv(tmp_path / "table.csv", dtype={"candid": "int64"})
    assert list(table.columns[:3]) == ["candid", "object_id", "label"]
    assert {"map_x", "map_y", "embedding"} <= set(table.columns)
    assert (
        table["candid"].tolist() == text["candid"].tolist() == Catalogue.open(demo_catalogue).frame()["candid"].tolist()
    )
    assert len(table["embedding"].iloc[0]) == sum(name.startswith("embedding_") for name in text.columns)


def test_progress_goes_to_stderr_only(copy):
    done = run("embed", "--catalogue", copy, "--encoder", "random", "--json")
    assert "embed" in done.stderr
    assert json.loads(done.stdout)["embedded"] == 150


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["info", "--catalogue", "nowhere"], ["nowhere", "no such folder"]),
        (["info", "--catalogue", "tests"], ["tests", "not a catalogue"]),
        (["embed", "--catalogue", "{demo}", "--encoder", "nope"], ["nope", "no such encoder"]),
        (["neighbours", "123", "--catalogue", "{demo}", "--encoder", "simclr"], ["123", "not in catalogue"]),
        (["project", "--catalogue", "{demo}", "--encoder", "random"], ["random", "ztfexplore embed"]),
        (["export", "--catalogue", "{demo}", "--output", "table.xlsx"], ["table.xlsx", ".parquet"]),
        (["ingest", "x", "--catalogue", "LICENSE"], ["LICENSE", "in the way"]),
        (["ingest", "x", "--catalogue", "{new}", "--labels", "nolabels.csv"], ["nolabels.csv"]),
        (["train", "--catalogue", "{demo}", "--method", "simclr", "--output", "{new}"], ["too few"]),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments, words, demo_catalogue, tmp_path):
    filled = [text.format(demo=demo_catalogue, new=tmp_path / "new") for text in arguments]
    line = refusal(*filled)
    for word in words:
        assert word in line


def test_ingest_of_nothing_exits_1_and_says_why(tmp_path):
    (tmp_path / "note.txt").write_text("no alert")
    done = run("ingest", tmp_path / "note.txt", tmp_path / "gone.tar", "--catalogue", tmp_path / "c", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["accepted"], told["duplicates"], told["rejected"]) == (0, 0, 2)
    assert told["reasons"] == {"unknown format": 1, "missing path": 1}
    assert "note.txt" in done.stderr
    assert "gone.tar" in done.stderr
    rejects = pd.read_csv(tmp_path / "c" / "rejects.csv")
    assert list(rejects.columns) == ["candid", "source", "reason"]
    assert len(rejects) == 2


def test_the_encoder_must_fit_the_stamps(tmp_path):
    """A catalogue of 15x15 stamps is named, with what the encoder wants."""
    from dataclasses import replace

    from ztfexplore.sources.simulation.simulate import simulate_alerts

    small = [replace(alert, stamp=alert.stamp[:, 24:39, 24:39]) for alert in simulate_alerts(3, seed=2)]
    Catalogue.create(tmp_path / "small").add(small)
    line = refusal("embed", "--catalogue", tmp_path / "small", "--encoder", "simclr")
    assert "simclr" in line
    assert "15x15" in line


def test_the_demo_is_complete_and_not_built_twice(tmp_path):
    path = tmp_path / "demo"
    told = result("demo", "--catalogue", path)
    assert told["alerts"] >= 1500
    described = result("info", "--catalogue", path)
    assert set(described["labels"]) == {"AGN", "SN", "VS", "asteroid", "bogus"}
    assert all(encoder["trustworthiness"] for encoder in described["encoders"].values())
    version = Catalogue.open(path).version
    result("demo", "--catalogue", path)
    assert Catalogue.open(path).version == version


def test_benchmarks_are_run_by_name_with_their_own_options():
    told = run("bench", "galaxies", "--help")
    assert told.returncode == 0
    assert "--encoder" in told.stdout and "isophotal area" in told.stdout
    assert "augmentation, click" in refusal("bench", "nope")
