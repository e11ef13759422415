"""One version of a catalogue with the labels that count, and the rows that keys mean."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.errors import refused
from tests.support.packets import CANDID, alerts
from ztfexplore.alerts import keys
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import DATA, Snapshot, as_snapshot, labels_sentence
from ztfexplore.errors import CatalogueError

KEYS = [("ztf", 1), ("ztf", 2), ("simulated", 2), ("simulated", 3), ("ztf", CANDID), ("ztf", CANDID + 1)]
CAME = {("ztf", 1): "SN", ("simulated", 2): "VS", ("ztf", CANDID): "AGN"}


def fill(path: Path) -> Catalogue:
    """Six alerts of two surveys, which share the candid 2; three came with a label."""
    made, one = Catalogue.create(path), alerts(0)[0]
    made.add(
        [
            replace(one, survey=survey, candid=candid, object_id=f"o{candid}", label=CAME.get((survey, candid)))
            for survey, candid in KEYS
        ]
    )
    return made


@pytest.fixture
def night(tmp_path) -> Path:
    return fill(tmp_path / "night").path


@pytest.fixture(scope="module")
def for_machine(tmp_path_factory) -> Path:
    return fill(tmp_path_factory.mktemp("snapshots") / "night").path


def labels(snapshot: Snapshot) -> dict[tuple[str, int], str]:
    rows = snapshot.frame[["survey", "candid", "label"]].itertuples(index=False)
    return {(row.survey, row.candid): row.label for row in rows if isinstance(row.label, str)}


# --- labels -------------------------------------------------------------------------------------------------------


def test_people_s_newest_label_counts_first_and_the_data_s_where_nobody_said_anything(night):
    people = Annotations.open(night)
    people.add([1, 2], "bogus", "Ann", "ztf")
    people.add([1], "VS", "Bob", "ztf")
    snapshot = Snapshot.open(night)
    assert labels(snapshot) == {**CAME, ("ztf", 1): "VS", ("ztf", 2): "bogus"}
    assert snapshot.labels_used() == {"people": 2, "data": 2}
    assert labels(Snapshot.open(night, DATA)) == CAME
    assert Snapshot.open(night, DATA).labels_used() == {"people": 0, "data": 3}
    assert labels_sentence(snapshot.labels_report()) == "labels: 2 by people, 2 by the data (alerts)"


def test_a_snapshot_does_not_change_when_somebody_labels(night):
    before = Snapshot.open(night)
    Annotations.open(night).add([1], "VS", "Ann", "ztf")
    assert labels(before) == CAME
    after = before.with_people()
    assert labels(after)["ztf", 1] == "VS" and after.labels_version != before.labels_version
    assert list(after.frame["label_given"].dropna()) == list(CAME.values()), "what came with the data stays beside"


def test_what_no_label_changes_is_not_made_again(night):
    before = Snapshot.open(night)
    objects, candids, names = before.objects, before.column("candid"), before.column("label")
    Annotations.open(night).add([1], "new", "Ann", "ztf")
    after = before.with_people()
    assert after.objects is objects and after.column("candid") is candids
    assert after.column("label")[0] == "new" and names[0] == "SN"


def test_a_label_that_a_person_confirms_is_that_person_s(night):
    Annotations.open(night).add([1], "SN", "Ann", "ztf")
    assert Snapshot.open(night).labels_used() == {"people": 1, "data": 2}


def test_the_test_part_s_labels_are_always_the_data_s(night):
    Annotations.open(night).add([1], "VS", "Ann", "ztf")
    snapshot = Snapshot.open(night)
    row = snapshot.row_of(("ztf", 1))
    assert snapshot.labels_used(np.array([row])) == {"people": 1, "data": 0}
    assert snapshot.labels_used(np.array([], dtype=int), tested=[row]) == {"people": 0, "data": 1}


def test_labels_that_cannot_be_read_are_said_and_the_data_s_remain(night):
    (night / FILE).write_bytes(b"no database" * 99)
    with refused(CatalogueError, FILE):
        Snapshot.open(night)
    plain = Snapshot.open(night, DATA).with_readable_people()
    assert FILE in plain.problem and labels(plain) == CAME and plain.labels_by == DATA


def test_who_else_s_labels_is_a_clear_error(night):
    with refused(CatalogueError, "people", "data"):
        Snapshot.open(night, "nobody")


def test_a_catalogue_is_read_with_people_s_labels_and_a_snapshot_stays_as_it_is(night):
    Annotations.open(night).add([1], "VS", "Ann", "ztf")
    data = Snapshot.open(night, DATA)
    assert as_snapshot(data) is data and labels(as_snapshot(data.catalogue))["ztf", 1] == "VS"


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(KEYS), st.sampled_from(("SN", "VS", "new")), st.sampled_from("AB")),
        st.tuples(st.just("remove"), st.sampled_from(KEYS), st.none(), st.sampled_from("AB")),
        st.tuples(st.just("undo"), st.none(), st.none(), st.sampled_from("AB")),
    ),
    max_size=8,
)


@given(ACTIONS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_people_do_the_newest_standing_action_counts(for_machine, actions):
    (for_machine / FILE).unlink(missing_ok=True)
    people, done = Annotations.open(for_machine), []
    for kind, key, label, who in actions:
        if kind == "undo":
            people.undo(who)
            newest = next((place for place in reversed(range(len(done))) if done[place][2] == who), None)
            done = done if newest is None else [*done[:newest], *done[newest + 1 :]]
            continue
        done.append((key, label, who))
        people.add([key[1]], label, who, key[0]) if kind == "add" else people.remove([key[1]], who, key[0])
    by_people = {key: label for key, label, _ in done}
    expected = {key: by_people.get(key) or CAME.get(key) for key in KEYS}
    snapshot = Snapshot.open(for_machine)
    assert labels(snapshot) == {key: label for key, label in expected.items() if label}
    assert snapshot.labels_used()["people"] == sum(label is not None for label in by_people.values())
    assert labels(Snapshot.open(for_machine, DATA)) == CAME


# --- keys ---------------------------------------------------------------------------------------------------------


def test_a_bare_candid_means_the_only_alert_that_has_it(night):
    snapshot = Snapshot.open(night)
    assert [snapshot.row_of(key) for key in KEYS] == list(range(6))
    assert snapshot.row_of(1) == 0 and snapshot.row_of(3) == 3
    assert snapshot.row_of(CANDID) == 4 and snapshot.row_of(CANDID + 1) == 5, "a float cannot tell them apart"


def test_a_candid_that_two_surveys_share_is_ambiguous_and_both_are_named(night):
    for row_of in (Snapshot.open(night).row_of, Catalogue.open(night).row_of):
        with refused(CatalogueError, "ztf:2", "simulated:2"):
            row_of(2)
    assert Snapshot.open(night).rows_of(2) == [1, 2]
    assert Catalogue.open(night).row_of(2, "simulated") == 2


@pytest.mark.parametrize("key", (9, ("ztf", 3), ("elsewhere", 1)))
def test_an_alert_that_is_not_here_is_named(night, key):
    with refused(CatalogueError, keys.written(key), night):
        Snapshot.open(night).row_of(key)


def test_the_text_of_a_row_has_the_survey_only_where_it_must(night):
    snapshot = Snapshot.open(night)
    assert [snapshot.key_of(row) for row in range(4)] == ["1", "ztf:2", "simulated:2", "3"]
    assert all(snapshot.row_of(keys.parse(snapshot.key_of(row))) == row for row in range(6))


def test_alerts_of_one_object_are_of_one_survey(tmp_path):
    made, one = Catalogue.create(tmp_path / "c"), alerts(0)[0]
    made.add(
        [replace(one, candid=n, survey=survey, mjd=float(n)) for n, survey in enumerate(("ztf", "ztf", "simulated"))]
    )
    assert Snapshot.of(made).same_object(0) == [1] and Snapshot.of(made).same_object(2) == []
