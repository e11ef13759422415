"""The commands labels export, import and log."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from tests.support.packets import CANDID
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.cli import main


@pytest.fixture
def run(three_parts):
    """Runs a command on the catalogue of nine alerts; returns (exit code, JSON or None, stderr)."""

    def run(*arguments: str):
        done = CliRunner().invoke(main, ["labels", *arguments, "--catalogue", str(three_parts.path), "--json"])
        return done.exit_code, json.loads(done.stdout) if done.stdout else None, f"{done.stderr}{done.exception or ''}"

    return run


def test_labels_go_out_and_come_back_and_ingest_reads_them(run, three_parts, tmp_path):
    from ztfexplore.alerts.labels_csv import read_labels

    candids = three_parts.frame()["candid"].tolist()
    Annotations.open(three_parts.path).add(candids[:3], "SN, Ia", "Ann", "ztf")
    file = str(tmp_path / "labels.csv")
    assert run("export", "--output", file)[:2] == (0, {"output": file, "labels": 3, "not_in_catalogue": 0})
    table = pd.read_csv(file)
    assert list(table.columns[:5]) == ["candid", "label", "label_source", "who", "when"]
    assert table["candid"].tolist() == candids[:3]
    assert three_parts.relabel(read_labels(tmp_path / "labels.csv")).size == 3
    assert three_parts.frame()["label_source"].iloc[0] == "person:Ann"
    code, result, _ = run("import", file, "--who", "Bob")
    assert (code, result["labels"]) == (0, 3)
    assert Annotations.open(three_parts.path).latest()["who"].tolist() == ["Bob"] * 3
    assert Annotations.open(three_parts.path).undo("Bob").text == "SN, Ia on 3 alerts"


def test_labels_of_alerts_that_are_not_here_are_kept_and_named(run, three_parts, tmp_path):
    (tmp_path / "in.csv").write_text(f"candid,label\n{CANDID + 777},SN\n{three_parts.frame()['candid'].iloc[0]},VS\n")
    code, result, said = run("import", str(tmp_path / "in.csv"), "--who", "Ann")
    assert code == 0 and result["not_in_catalogue"] == 1 and str(CANDID + 777) in said
    code, result, said = run("export", "--output", str(tmp_path / "out.csv"))
    assert result["labels"] == 2 and "1 of these alerts" in said
    assert set(pd.read_csv(tmp_path / "out.csv")["survey"]) == {"ztf"}


def test_an_empty_catalogue_asks_which_survey_strangers_are_of(tmp_path):
    path = Catalogue.create(tmp_path / "empty").path
    (tmp_path / "in.csv").write_text("candid,label\n1,SN\n2,VS\n")
    command = ["labels", "import", str(tmp_path / "in.csv"), "--catalogue", str(path), "--who", "Ann"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code != 0 and "--survey" in f"{done.stderr}{done.exception}"
    assert Annotations.open(path).latest().empty
    assert CliRunner().invoke(main, [*command, "--survey", "ztf"]).exit_code == 0
    assert len(Annotations.open(path).latest()) == 2


def test_the_log_has_everything_that_was_ever_done(run, three_parts, tmp_path):
    people = Annotations.open(three_parts.path)
    people.add([CANDID, CANDID + 1], "SN", "Ann", "ztf")
    people.undo("Ann")
    code, result, _ = run("log", "--output", str(tmp_path / "log.csv"))
    assert code == 0 and (result["actions"], result["lines"]) == (2, 4)
    table = pd.read_csv(tmp_path / "log.csv")
    assert table["kind"].tolist() == ["label", "label", "undo", "undo"]
    assert table["candid"].tolist() == [CANDID, CANDID + 1] * 2
    assert table["undoes"].dropna().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("content", "who", "words"),
    [
        ("candid,label\n1,SN\n", " ", "name"),
        ("candid,label\n1,\x07bell\n", "Ann", "bell"),
        (f"candid,label\n1,{'x' * 65}\n", "Ann", "64"),
        ("candid,label\n1.5,SN\n", "Ann", "1.5"),
        ("label\nSN\n", "Ann", "candid"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_adds_nothing(run, three_parts, tmp_path, content, who, words):
    (tmp_path / "in.csv").write_text(content)
    code, result, said = run("import", str(tmp_path / "in.csv"), "--who", who)
    assert code != 0 and result is None and words in said
    assert Annotations.open(three_parts.path).log().empty


def test_an_output_that_is_no_csv_is_refused(run, tmp_path):
    for command in ("export", "log"):
        assert run(command, "--output", str(tmp_path / "x.txt"))[0] != 0
