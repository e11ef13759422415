"""The probe on the current labels: what it knows, what it says about itself, and what it must not learn from."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from tests.support.labelled_sky import sky
from ztfexplore.evaluation import split
from ztfexplore.labelling.active import candidates
from ztfexplore.labelling.active_probe import fit_current


def test_the_probe_knows_what_it_was_not_told_and_says_how_well():
    frame, vectors = sky()
    steps = []
    probe = fit_current(frame, vectors, "none", lambda text, share: steps.append(share))
    assert steps == sorted(steps) and steps[-1] == 1
    clear = ~frame["between"]
    right = np.where(vectors[:, 0] > vectors[:, 1], "SN", "VS")
    assert (probe.table["predicted"] == right)[clear].mean() > 0.98
    low, high = probe.interval
    assert low <= probe.accuracy <= high and probe.accuracy > 0.8
    assert set(probe.objects_by_class) == {"SN", "VS"}
    assert probe.table["margin"].between(0, 1).all()
    assert (probe.table["predicted"] != probe.table["second"]).all()


def test_the_test_part_teaches_nothing_whatever_a_person_says():
    frame, vectors = sky()
    tested = frame["object_id"].isin(split.test_objects(frame))
    mine = frame.assign(label_given=frame["label"])
    before = fit_current(mine, vectors, "none")
    mine.loc[tested, "label"] = "nonsense"
    after = fit_current(mine, vectors, "none")
    assert after.objects_by_class == before.objects_by_class
    pd.testing.assert_frame_equal(after.table, before.table)


def test_a_new_label_by_a_person_teaches_at_once():
    frame, vectors = sky()
    row = int(candidates(frame, vectors)[0])
    mine = frame.assign(label_given=frame["label"])
    mine.loc[row, "label"] = "kilonova"
    probe = fit_current(mine, vectors, "none")
    assert probe.objects_by_class["kilonova"] == 1
    assert probe.accuracy > 0.8, "one strange label does not take the figure away"
    assert len(probe.notes) == 1 and "kilonova" in probe.notes[0]
    assert probe.table["predicted"].iloc[row] == "kilonova"


def test_what_it_learned_from_is_predicted_without_it():
    """A label that is wrong is not defended by a probe that was taught it."""
    frame, vectors = sky(labelled=1)
    row = frame.index[~frame["between"] & ~frame["object_id"].isin(split.test_objects(frame))][0]
    same = frame["object_id"] == frame["object_id"][row]
    right = frame["label"][row]
    frame.loc[same, "label"] = "SN" if right == "VS" else "VS"
    probe = fit_current(frame, vectors, "none")
    assert (probe.table["predicted"][same] == right).all() and (probe.table["label_error"][same] > 0).all()


def test_rows_without_an_embedding_have_no_prediction():
    frame, vectors = sky()
    vectors[3] = np.nan
    table = fit_current(frame, vectors, "none").table
    assert table.iloc[3].isna().all() and table["predicted"].notna().sum() == len(frame) - 1


def test_large_classes_are_drawn_from_and_rare_ones_kept(monkeypatch):
    monkeypatch.setattr("ztfexplore.labelling.active_probe.MOST_OBJECTS", 10)
    frame, vectors = sky(labelled=1)
    rare = frame["object_id"].isin(frame["object_id"].unique()[:4])
    frame.loc[rare, "label"] = "AGN"
    counts = fit_current(frame, vectors, "none").objects_by_class
    assert counts["SN"] == counts["VS"] == 10 and 2 <= counts["AGN"] <= 4


def test_an_encoder_that_saw_these_labels_is_marked(demo_catalogue):

    from ztfexplore.paths import MODELS

    frame, vectors = sky()
    seen = json.loads((MODELS / "s-simclr" / "card.json").read_text())["trained_on"]["object_ids"]
    taught = frame["object_id"].map(dict(zip(frame["object_id"].unique(), seen, strict=False)))
    notes = fit_current(frame.assign(object_id=taught), vectors, "s-simclr").notes
    assert any("seen in training: s-simclr was trained on images and labels" in note for note in notes)
    assert fit_current(frame, vectors, "s-simclr").notes == ()


def test_too_few_labels_train_a_probe_without_an_accuracy():
    frame, vectors = sky(labelled=0)
    frame.loc[[0, 9], "label"] = ["SN", "VS"]
    probe = fit_current(frame, vectors, "none")
    assert probe.accuracy is None and probe.interval is None
    assert len(probe.notes) == 1
    assert probe.table["predicted"].notna().all() and probe.table["label_error"].isna().all()
