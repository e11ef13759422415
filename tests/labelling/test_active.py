"""What to label next: the right kind of alert, one an object, not all alike, never what is labelled, with a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.support.labelled_sky import DIM, sky
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation import split
from ztfexplore.labelling import active
from ztfexplore.labelling.active import ANOMALOUS, LABEL_ERRORS, STRATEGIES, TYPICAL, UNCERTAIN, candidates, propose


def asked(strategy: str, **more) -> tuple[list[active.Proposal], pd.DataFrame, np.ndarray]:
    frame, vectors = sky()
    return propose(frame, vectors, strategy, "none", **more), frame, vectors


# --- proposals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", [UNCERTAIN, ANOMALOUS, TYPICAL])
def test_proposals_are_unlabelled_one_an_object_with_a_reason_and_the_same_every_time(strategy):
    found, frame, vectors = asked(strategy)
    rows = [proposal.row for proposal in found]
    assert len(found) == active.COUNT
    assert frame["label"].iloc[rows].isna().all()
    assert frame["object_id"].iloc[rows].is_unique
    assert all(proposal.reason and "\n" not in proposal.reason for proposal in found)
    assert [proposal.score for proposal in found] == sorted((p.score for p in found), reverse=True)
    assert all(0 <= proposal.score <= 1 for proposal in found)
    assert propose(frame, vectors, strategy, "none") == found


def test_an_object_with_one_labelled_alert_is_not_asked_about_again():
    frame, vectors = sky()
    several = frame[frame["label"].isna()]["object_id"].value_counts()
    row = frame.index[frame["object_id"] == several[several > 1].index[0]][0]
    assert row in candidates(frame, vectors)
    frame.loc[row, "label"] = "SN"
    assert not frame["object_id"].iloc[candidates(frame, vectors)].eq(frame["object_id"][row]).any()


def test_the_most_uncertain_lie_between_the_classes():
    found, frame, _ = asked(UNCERTAIN, count=6)
    assert frame["between"].iloc[[proposal.row for proposal in found]].mean() >= 0.8
    assert found[0].reason.startswith(("SN 0.", "VS 0."))


def test_the_most_anomalous_lies_apart():
    frame, vectors = sky()
    row = int(candidates(frame, vectors)[5])
    vectors[row] = -3
    assert propose(frame, vectors, ANOMALOUS, "none")[0].row == row


def test_a_batch_is_not_twelve_of_a_kind():
    frame, vectors = sky(objects=300, labelled=0)
    rng = np.random.default_rng(0)
    apart = np.eye(DIM)[4:7]  # three groups of strange ones, eight each
    for number, direction in enumerate(apart):
        rows = frame.drop_duplicates("object_id").index[8 * number : 8 * number + 8]
        vectors[rows] = direction * 3 + 0.1 * rng.normal(size=(8, DIM))
    found = propose(frame, vectors, ANOMALOUS, "none", count=6)
    kinds = unit_length(vectors[[proposal.row for proposal in found]]) @ apart.T
    assert set(kinds.argmax(axis=1)[kinds.max(axis=1) > 0.9].tolist()) == {0, 1, 2}


def test_typical_ones_stand_for_the_groups_there_are_and_need_no_labels():
    frame, vectors = sky(labelled=0)
    found = propose(frame, vectors, TYPICAL, "none", count=3)
    near = unit_length(vectors[[proposal.row for proposal in found]])[:, :2]
    assert (near > 0.9).any(axis=0).all(), "both poles are among three"
    assert sum(proposal.score for proposal in found) == pytest.approx(1)
    assert found[0].reason.startswith("represents ")


def test_possible_label_errors_are_those_that_others_contradict_and_that_no_person_gave():
    frame, vectors = sky(labelled=1)
    clear = frame.index[~frame["between"] & ~frame["object_id"].isin(split.test_objects(frame))]
    wrong, checked = clear[[10, 40]]
    for row in (wrong, checked):
        same = frame["object_id"] == frame["object_id"][row]
        frame.loc[same, "label"] = "SN" if frame["label"][row] == "VS" else "VS"
    frame.loc[frame["object_id"] == frame["object_id"][checked], "label_source"] = "person:me"
    found = propose(frame, vectors, LABEL_ERRORS, "none")
    assert frame["object_id"][found[0].row] == frame["object_id"][wrong]
    assert found[0].reason.startswith(f"{frame['label'][wrong]}? Probe: ")
    objects = frame["object_id"].iloc[[proposal.row for proposal in found]]
    assert frame["object_id"][checked] not in set(objects)
    assert not set(objects) & split.test_objects(frame), "the test part is nobody's to tune"


def test_checking_proposes_labels_of_the_data_that_no_person_looked_at():
    frame, vectors = sky(labelled=1)
    assert propose(frame, vectors, ANOMALOUS, "none") == []
    first = propose(frame, vectors, ANOMALOUS, "none", checking=True)
    assert len(first) == active.COUNT
    frame.loc[[proposal.row for proposal in first], "label_source"] = "person:me"
    second = propose(frame, vectors, ANOMALOUS, "none", checking=True)
    assert not set(frame["object_id"][[p.row for p in first]]) & set(frame["object_id"][[p.row for p in second]])


def test_fewer_than_asked_for_and_none_at_all():
    frame, vectors = sky()
    few = candidates(frame, vectors)[:3]
    hidden = vectors.copy()
    hidden[np.setdiff1d(np.arange(len(frame)), few)] = np.nan
    assert {p.row for p in propose(frame, hidden, ANOMALOUS, "none")} <= set(few.tolist())
    assert propose(frame, np.full_like(vectors, np.nan), TYPICAL, "none") == []
    assert propose(frame.iloc[:0], vectors[:0], TYPICAL, "none") == []


def test_without_labels_the_uncertain_are_not_to_be_had_and_why_is_said():
    frame, vectors = sky(labelled=0)
    with pytest.raises(TrainingError, match="two classes outside the test part; none so far"):
        propose(frame, vectors, UNCERTAIN, "none")
    frame.loc[:2, "label"] = "SN"
    with pytest.raises(TrainingError, match="only SN so far"):
        propose(frame, vectors, UNCERTAIN, "none")
    with pytest.raises(TrainingError, match="'best'.*" + ", ".join(STRATEGIES)):
        propose(frame, vectors, "best", "none")


def test_equal_vectors_are_no_trouble():
    frame, vectors = sky()
    for strategy in STRATEGIES:
        propose(frame, np.ones_like(vectors), strategy, "none")
