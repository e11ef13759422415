"""A person's labels: nothing is lost, nothing is changed, the newest wins, an undo restores."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.errors import refused
from tests.support.packets import CANDID, alerts
from ztfexplore import demo
from ztfexplore.alerts.labels_csv import read_labels
from ztfexplore.catalogue import annotations
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import LabelsError

COLUMNS = ["survey", "candid", "label", "label_source", "who", "when", "action"]


@pytest.fixture
def people(tmp_path) -> Annotations:
    return Annotations.open(tmp_path)


def held(people: Annotations) -> dict[int, str]:
    latest = people.latest()
    return dict(zip(latest["candid"].tolist(), latest["label"].tolist(), strict=True))


# --- what holds ------------------------------------------------------------------------------------------------


def test_nothing_is_there_and_no_file_is_made_before_the_first_label(people, tmp_path):
    assert people.latest().empty and people.log().empty
    assert list(people.latest().columns) == COLUMNS
    assert people.version == "0" and people.undoable("me") is None and people.undo("me") is None
    assert people.add([], "SN", "me", "ztf") is None
    assert list(tmp_path.iterdir()) == []


def test_a_label_is_there_for_whoever_opens_the_file_next(people, tmp_path):
    # Two candids that a float cannot tell apart.
    people.add([CANDID, CANDID + 1], "SN", "Ann", "ztf")
    people.add([CANDID + 1], "VS", "Bob", "ztf")
    latest = Annotations.open(tmp_path).latest()
    assert latest["candid"].dtype == np.int64
    assert held(people) == {CANDID: "SN", CANDID + 1: "VS"}
    assert latest["label_source"].tolist() == ["person:Ann", "person:Bob"]
    assert latest["when"].str.endswith("+00:00").all()
    assert [path.name for path in tmp_path.iterdir()] == [FILE], "one plain file, that a copy of it is all"


def test_the_same_candid_in_two_surveys_are_two_alerts(people):
    people.add([1], "SN", "me", "ztf")
    people.add([1], "VS", "me", "simulated")
    assert people.latest()[["survey", "label"]].to_numpy().tolist() == [["ztf", "SN"], ["simulated", "VS"]]


def test_an_undo_takes_back_all_of_what_was_done_at_once_and_then_what_was_before(people):
    people.add(range(1000), "SN", "me", "ztf")
    people.add([5], "VS", "me", "ztf")
    people.add([5, 6], "AGN", "Ann", "ztf")
    assert people.undoable("me").text == "VS on 1 alert"
    assert people.undo("me").text == "VS on 1 alert"
    assert held(people)[5] == "AGN", "another person's label stays"
    assert people.undo("Ann").text == "AGN on 2 alerts"
    assert held(people) == dict.fromkeys(range(1000), "SN")
    assert people.undo("me").text == "SN on 1,000 alerts"
    assert held(people) == {} and people.undo("me") is None
    assert len(people.log()) == 2 * 1003, "an undo is an entry about each alert, and nothing is taken out"


def test_a_removed_label_is_gone_until_that_is_undone(people):
    people.add([1, 2], "SN", "me", "ztf")
    people.remove([1], "Ann", "ztf")
    assert held(people) == {2: "SN"}
    assert people.undoable("Ann").text == "removed labels on 1 alert"
    people.undo("Ann")
    assert held(people) == {1: "SN", 2: "SN"}


def test_an_undo_of_what_another_tab_showed_undoes_that_and_once(people):
    first = people.add([1], "SN", "me", "ztf")
    people.add([2], "VS", "me", "ztf")
    assert people.undo("Ann", first.id) is None, "only one's own"
    assert people.undo("me", first.id).id == first.id
    assert held(people) == {2: "VS"}
    assert people.undo("me", first.id) is None
    assert held(people) == {2: "VS"}


def test_the_version_changes_with_every_action_and_with_the_file(people, tmp_path):
    versions = [people.version]
    for action in (
        lambda: people.add([1], "SN", "me", "ztf"),
        lambda: people.remove([1], "me", "ztf"),
        lambda: people.undo("me"),
    ):
        action()
        versions.append(people.version)
    assert len(set(versions)) == 4
    (tmp_path / FILE).unlink()
    people.add([1], "SN", "me", "ztf")
    assert people.version not in versions


def test_classes_keep_the_order_in_which_they_were_first_used(people):
    assert people.classes() == []
    for candid, label in ((1, "z"), (2, "a"), (1, "m"), (3, "z")):
        people.add([candid], label, "me", "ztf")
    assert people.classes() == ["z", "a", "m"]


class Labelling(RuleBasedStateMachine):
    """Any order of labels, removals and undos by two people, against a list of actions in memory."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.people = Annotations.open(tempfile.mkdtemp())
        self.done: list[dict] = []
        self.log: list[tuple] = []

    candids = st.lists(st.integers(CANDID, CANDID + 5), min_size=1, max_size=4)
    names = st.sampled_from(["Ann", "Bob"])

    @rule(candids=candids, label=st.sampled_from(["SN", "VS"]), who=names)
    def label(self, candids, label, who):
        self.people.add(candids, label, who, "ztf")
        self.done.append({"who": who, "labels": dict.fromkeys(candids, label), "undone": False})

    @rule(candids=candids, who=names)
    def remove(self, candids, who):
        self.people.remove(candids, who, "ztf")
        self.done.append({"who": who, "labels": dict.fromkeys(candids), "undone": False})

    @rule(who=names)
    def undo(self, who):
        mine = [action for action in self.done if action["who"] == who and not action["undone"]]
        undone = self.people.undo(who)
        assert (undone is None) == (not mine)
        if mine:
            assert set(undone.candids) == set(mine[-1]["labels"])
            mine[-1]["undone"] = True

    @invariant()
    def the_newest_that_stands_wins(self):
        expected: dict[int, str | None] = {}
        for action in self.done:
            if not action["undone"]:
                expected |= action["labels"]
        assert held(self.people) == {candid: label for candid, label in expected.items() if label}

    @invariant()
    def the_log_only_grows(self):
        log = [tuple(row) for row in self.people.log().astype(object).fillna("").to_numpy()]
        assert log[: len(self.log)] == self.log
        self.log = log


Labelling.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestLabelling = Labelling.TestCase


# --- checks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "label", ["", "  ", "x" * 65, "S\nN", "S\x00N", "\u202eNS", "unlabelled", "Unlabelled ", None, 7]
)
def test_what_is_no_label_is_refused_and_nothing_is_written(people, tmp_path, label):
    with refused(LabelsError, "label"):
        people.add([1], label, "me", "ztf")
    if label not in ("unlabelled", "Unlabelled "):
        with refused(LabelsError, "name"):
            people.add([1], "SN", label, "ztf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("candid", [1.0, "1", None, True, 2**63, float(CANDID)])
def test_what_is_no_candid_is_refused_with_the_rest_of_its_action(people, candid):
    with pytest.raises(LabelsError):
        people.add([1, candid], "SN", "me", "ztf")
    assert people.latest().empty


@given(st.text(min_size=1, max_size=70))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_label_comes_back_as_it_was_checked_or_is_refused(tmp_path, label):
    people = Annotations.open(tmp_path)
    try:
        people.add([1], label, "me", "ztf")
    except LabelsError:
        return
    kept = annotations.checked(label, "label")
    assert held(people) == {1: kept} and kept == annotations.checked(kept, "label")
    (tmp_path / "labels.csv").write_text(annotations.csv(people.latest()), encoding="utf-8")
    assert read_labels(tmp_path / "labels.csv")["ztf", 1].label == kept


def test_html_is_text(people):
    people.add([1], "<b>x</b>,\"'", "<i>me</i>", "ztf")
    assert held(people) == {1: "<b>x</b>,\"'"}


# --- beside the stamps -------------------------------------------------------------------------------------------


def test_labels_by_people_stand_before_those_of_the_data_which_stay(three_parts):
    frame = three_parts.frame()
    frame.loc[3, ["label", "label_source"]] = ["AGN", "TNS"]
    people = Annotations.open(three_parts.path)
    candids = frame["candid"].tolist()
    people.add([candids[3], candids[5], CANDID + 999], "SN", "me", "ztf")
    people.add([candids[6]], "VS", "me", "another survey")
    shown = annotations.apply(frame, people.latest())
    assert shown["label"].iloc[[3, 5]].tolist() == ["SN", "SN"]
    assert shown["label_source"].iloc[[3, 5]].tolist() == ["person:me", "person:me"]
    assert shown["label_given"].equals(frame["label"].rename("label_given"))
    assert shown["label_source_given"].iloc[3] == "TNS"
    others = [row for row in range(len(frame)) if row not in (3, 5)]
    assert shown["label"].iloc[others].equals(frame["label"].iloc[others])
    assert shown["label"].dtype == frame["label"].dtype
    assert annotations.unknown(frame, people.latest())["candid"].tolist() == [CANDID + 999, candids[6]]
    # Once more, with what holds then: what is undone shows the data's label again.
    people.undo("me")
    people.undo("me")
    again = annotations.apply(shown, people.latest())
    assert again["label"].equals(frame["label"]) and again["label_given"].equals(frame["label"].rename("label_given"))


def test_taking_alerts_in_relabelling_and_cleaning_leave_the_labels_alone(three_parts):
    import datetime

    import lance

    from ztfexplore.alerts.labels_csv import Label

    people = Annotations.open(three_parts.path)
    candid = int(three_parts.frame()["candid"].iloc[2])
    people.add([candid], "SN", "me", "ztf")
    three_parts.add(alerts(20, 21))
    three_parts.relabel({candid: Label("VS", "TNS")})
    dataset = lance.dataset(str(three_parts.path))
    dataset.optimize.compact_files()
    dataset.cleanup_old_versions(datetime.timedelta(0), delete_unverified=True)
    assert held(people) == {candid: "SN"}
    shown = annotations.apply(Catalogue.open(three_parts.path).frame(), people.latest()).iloc[2]
    assert (shown["label"], shown["label_given"]) == ("SN", "VS")


def test_a_catalogue_made_again_around_its_labels_keeps_them(tmp_path):
    first = Catalogue.create(tmp_path / "night")
    first.add(alerts(1, 2))
    people = Annotations.open(first.path)
    people.add([int(first.frame()["candid"].iloc[0])], "SN", "me", "ztf")
    before = held(people)
    import shutil

    for entry in first.path.iterdir():
        if entry.name != FILE:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    again = Catalogue.create(tmp_path / "night")
    again.add(alerts(1, 2))
    assert held(people) == before
    assert annotations.apply(again.frame(), people.latest())["label"].iloc[0] == "SN"


def test_finishing_the_demo_keeps_the_labels(demo_catalogue, tmp_path):
    import shutil

    path = tmp_path / "demo"
    shutil.copytree(demo_catalogue, path)
    candid = int(Catalogue.open(path).frame()["candid"].iloc[0])
    Annotations.open(path).add([candid], "SN", "me", "simulated")
    demo.build(path, count=150)
    assert held(Annotations.open(path)) == {candid: "SN"}


# --- many -----------------------------------------------------------------------------------------------------


def test_a_hundred_thousand_labels_are_read_quickly(people):
    people.add(range(CANDID, CANDID + 100_000), "SN", "me", "ztf")
    for number in range(20):
        people.add([CANDID + number], "VS", "Ann", "ztf")
    frame = pd.DataFrame({"survey": "ztf", "candid": np.arange(CANDID, CANDID + 100_000)})
    frame = frame.assign(label=None, label_source=None)
    start = time.perf_counter()
    latest = people.latest()
    read = time.perf_counter() - start
    shown = annotations.apply(frame, latest)
    assert shown["label"].value_counts().to_dict() == {"SN": 99_980, "VS": 20}
    assert read < 2, "0.2 s on an idle core"
