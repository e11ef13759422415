"""The test part: fixed, by object, and the same however the rows lie."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from ztfexplore.errors import TrainingError
from ztfexplore.evaluation import split
from ztfexplore.evaluation.classifiers import Parts


def labelled(objects: int = 60, seed: int = 0) -> pd.DataFrame:
    """Objects of three classes with one to six alerts each, some without a label; candids that a float confuses."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(objects):
        label = ("SN", "VS", "AGN", None)[rng.integers(4)]
        rows += [(f"ZTF{number}", label)] * rng.integers(1, 7)
    frame = pd.DataFrame(rows, columns=["object_id", "label"])
    return frame.assign(candid=10**18 + rng.permutation(len(frame)))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 50), shuffle=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(seed, shuffle):
    frame = labelled(seed=seed)
    shuffled = frame.sample(frac=1, random_state=shuffle)
    assert split.test_objects(shuffled) == split.test_objects(frame)
    assert split.test_objects(shuffled.reset_index(drop=True)) == split.test_objects(frame)


def test_two_surveys_that_share_candids_do_not_bring_the_order_back():
    frame = labelled(80)
    twice = pd.concat([frame, frame.assign(object_id="LSST" + frame["object_id"])])
    expected = split.test_objects(twice)
    for seed in range(10):
        assert split.test_objects(twice.sample(frac=1, random_state=seed)) == expected


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 50))
def test_an_object_is_in_one_part_whole_and_has_a_label(seed):
    frame = labelled(seed=seed)
    tested = split.test_objects(frame)
    with_label = set(frame.loc[frame["label"].notna(), "object_id"])
    assert tested < with_label
    parts = frame["object_id"].isin(tested)
    assert not set(frame.loc[parts, "object_id"]) & set(frame.loc[~parts, "object_id"])


def test_a_fifth_of_the_alerts_of_every_class():
    frame = labelled(400)
    tested = frame["object_id"].isin(split.test_objects(frame))
    for label, rows in frame.groupby("label"):
        assert tested[rows.index].mean() == pytest.approx(0.2, abs=0.04), label


def test_it_is_the_fold_that_the_science_rules_name():
    """The first fold of StratifiedGroupKFold(5, shuffle=True, random_state=0) over the labelled, by candid."""
    frame = labelled(100)
    known = frame.dropna(subset=["label"]).sort_values("candid")
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    _, first = next(iter(folds.split(known, known["label"], known["object_id"])))
    assert split.test_objects(frame) == set(known["object_id"].iloc[first])


def test_unlabelled_alerts_do_not_move_it():
    frame = labelled(100)
    more = pd.DataFrame({"object_id": [f"new{i}" for i in range(50)], "label": None, "candid": range(50)})
    assert split.test_objects(pd.concat([frame, more])) == split.test_objects(frame)


@pytest.mark.parametrize(
    ("labels", "count"),
    (([], 0), ([None] * 20, 0), (["SN"] * 4, 4), (["SN", "VS", "AGN", "bogus"] * 3, 12)),
    ids=("empty", "unlabelled", "four", "three of each"),
)
def test_too_few_labelled_objects(labels, count):
    frame = pd.DataFrame(
        {"candid": range(len(labels)), "object_id": [f"o{i}" for i in range(len(labels))], "label": labels}
    )
    with pytest.raises(TrainingError, match=f"^{count} labelled objects are too few"):
        split.test_objects(frame)


def test_many_alerts_of_few_objects_are_still_too_few():
    frame = pd.DataFrame({"candid": range(40), "object_id": ["a", "b", "c", "d"] * 10, "label": "SN"})
    with pytest.raises(TrainingError, match="4 labelled objects"):
        split.test_objects(frame)


def test_the_demo_has_a_test_part(demo_catalogue):
    from ztfexplore.catalogue.catalogue import Catalogue

    frame = Catalogue.open(demo_catalogue).frame(["candid", "object_id", "label"])
    assert len(split.test_objects(frame)) == pytest.approx(30, abs=5)


@pytest.mark.parametrize(
    "labels", ([], [None] * 9, ["SN"] * 4, ["SN"] * 5, ["SN", "VS"] * 4, ["SN", "VS"] * 5), ids=str
)
def test_whether_there_is_a_test_part_is_what_asking_for_it_says(labels):
    ids = [f"o{i}" for i in range(len(labels))]
    frame = pd.DataFrame({"candid": range(len(labels)), "object_id": ids, "label": pd.Series(labels, dtype=object)})
    if split.has_test_part(frame):
        assert split.test_objects(frame)
    else:
        with pytest.raises(TrainingError):
            split.test_objects(frame)


# --- a person's labels -------------------------------------------------------------------------------------------


def relabelled(frame: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """The frame after a person labelled a third of everything, labels that came with the data beside it."""
    rng = np.random.default_rng(seed)
    labels = frame["label"].to_numpy(dtype=object, copy=True)
    rows = rng.permutation(len(frame))[: len(frame) // 3]
    labels[rows] = rng.choice(["SN", "VS", "kilonova"], len(rows))
    return frame.assign(label=labels, label_given=frame["label"])


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 50))
def test_a_person_s_labels_do_not_move_the_test_part(seed):
    frame = labelled(seed=seed)
    assert split.test_objects(relabelled(frame, seed)) == split.test_objects(frame)
    assert split.has_test_part(relabelled(frame, seed))


def test_labels_by_people_alone_make_no_test_part():
    frame = labelled(40).assign(label=None)
    mine = frame.assign(label="SN", label_given=None)
    assert not split.has_test_part(mine)
    with pytest.raises(TrainingError, match=r"^0 labelled objects"):
        split.test_objects(mine)


def test_a_person_s_labels_teach_a_probe_and_do_not_judge_it():
    frame = labelled(200)
    before, mine = Parts.of(frame), relabelled(frame)
    after = Parts.of(mine)
    assert after.test.tolist() == before.test.tolist()
    assert after.labels[after.test].tolist() == before.labels[before.test].tolist()
    assert after.labels[after.fit].tolist() == mine["label"].iloc[after.fit].tolist()
    assert "kilonova" in after.labels[after.fit]
    assert set(after.fit) > set(before.fit), "what had no label before is learned from"
