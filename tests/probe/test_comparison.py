"""All figures of a question, and the command that makes them again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.probes import CLASSES, LABELS, argue, build, run_printed
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.snapshot import DATA, PEOPLE, Snapshot
from ztfexplore.cli import main
from ztfexplore.evaluation.split import test_objects as objects_tested
from ztfexplore.probe.compare import Question
from ztfexplore.probe.comparison import compare_probes, reproduction_command
from ztfexplore.probe.fit import FitConfig, fit
from ztfexplore.probe.saved import load_probe

QUICK = FitConfig(C=0.1, repeats=2)


@pytest.fixture
def argued(tmp_path) -> Path:
    """Labels by the data and by people, see `argue`."""
    return argue(tmp_path / "a night")


@pytest.mark.parametrize("labels_by", (PEOPLE, DATA))
@pytest.mark.parametrize(
    "question",
    (
        Question(("random", "noise"), QUICK),
        Question(("random",), FitConfig(label_fraction=1 / 3, class_weight="none", C=0.07, repeats=2, seed=4)),
        Question(("random",), QUICK, "both"),
        Question((), QUICK, "metadata"),
    ),
    ids=("two encoders", "a third of the labels", "images and metadata", "metadata"),
)
def test_the_printed_command_gives_the_same_figures(argued, question, labels_by):
    told = compare_probes(Snapshot.open(argued, labels_by), question)
    assert run_printed(reproduction_command(argued, question, labels_by)) == json.loads(json.dumps(told))


def test_people_s_labels_count_first_and_are_counted(argued):
    question = Question(("random",), QUICK)
    people, data = (compare_probes(Snapshot.open(argued, by), question) for by in (PEOPLE, DATA))
    assert people["labels_by"] == PEOPLE and data["labels_by"] == DATA
    assert data["labels_used"] == {"people": 0, "data": 60}
    assert people["labels_used"]["people"] > 6 and people["labels_used_counts"] == "alerts"
    assert sum(people["labels_used"].values()) == 66
    scores = [told["probes"]["random"]["scores"]["cross-validation"] for told in (people, data)]
    assert scores[0]["balanced_accuracy"] < scores[1]["balanced_accuracy"], "the person is wrong about a dozen"
    assert compare_probes(Snapshot.open(argued).catalogue, question) == people, "a catalogue is read as the pages do"


def test_no_label_of_a_person_moves_the_test_part(argued):
    people, data = (Snapshot.open(argued, by) for by in (PEOPLE, DATA))
    assert objects_tested(people.frame) == objects_tested(data.frame)
    fitted = [fit(snapshot, "random", QUICK)[1] for snapshot in (people, data)]
    assert fitted[0]["test_part"]["objects"] == fitted[1]["test_part"]["objects"]
    assert fitted[0]["labels_used"]["people"] > 0 and fitted[1]["labels_used"]["people"] == 0


def test_a_saved_probe_says_which_labels_it_was_fitted_on(argued, tmp_path):
    arguments = ["probe", "fit", "--catalogue", str(argued), "--encoder", "random", "--C", "0.1", "--repeats", "2"]
    for labels_by in (PEOPLE, DATA):
        path = tmp_path / f"{labels_by}.json"
        done = CliRunner().invoke(main, [*arguments, "--labels-by", labels_by, "--output", str(path), "--json"])
        assert done.exit_code == 0, done.output
    people, data = (load_probe(tmp_path / f"{name}.json") for name in (PEOPLE, DATA))
    assert people.labels_used["people"] > 6 and not data.labels_used
    assert sum(people.labels_used.values()) == sum(people.alerts_by_class.values())
    assert json.loads((tmp_path / "data.json").read_text())["probe_version"] == 1, "older programs can read it"


def test_where_people_gave_all_labels_there_is_no_test_part(tmp_path):
    made = build(tmp_path / "c", [None] * 30)
    candids = made.frame(["candid"])["candid"].tolist()
    for place, name in enumerate(CLASSES):
        Annotations.open(made.path).add(candids[place::3], name, "Ann", "ztf")
    saved, told = fit(made, "random", QUICK)
    assert told["test_part"] is None and any("no test part" in note for note in told["notes"])
    assert saved.labels_used == {"people": 30, "data": 0}


def test_metadata_that_are_all_alike_are_said(tmp_path):
    made = build(tmp_path / "c", LABELS)
    done = CliRunner().invoke(main, ["probe", "compare", "--catalogue", str(made.path), "--features", "metadata"])
    assert done.exit_code == 1 and "no metadata here differ" in done.stderr and "Traceback" not in done.stderr


def test_unreadable_labels_stop_a_command_that_says_how_to_do_without(argued):
    (argued / "annotations.sqlite").write_bytes(b"nonsense" * 100)
    question = Question(("random",), QUICK)
    command = shlex.split(reproduction_command(argued, question, PEOPLE))[1:]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 1 and "--labels-by data" in done.stderr
    assert run_printed(reproduction_command(argued, question, DATA))["labels_used"]["people"] == 0
