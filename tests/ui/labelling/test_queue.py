"""The queue: what it proposes, whose turn is next, and the retraining on the labels so far."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from tests.support.labelling import button, click, open_page, texts
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.ui.labelling import queue


def frame() -> pd.DataFrame:
    sources = [None, "TNS", "person:me"]
    return pd.DataFrame({"label": [None, "SN", "VS"], "label_source": pd.Series(sources, dtype=object)})


@pytest.mark.parametrize(("checking", "done"), [(False, [False, True, True]), (True, [False, False, True])])
def test_a_proposal_is_done_by_any_label_or_when_checking_by_a_person_s(checking, done):
    batch = queue.Batch(("token", "simclr", "uncertain", checking), "1")
    assert [queue._is_done(frame(), batch, row) for row in range(3)] == done


def test_a_skipped_proposal_is_done():
    batch = queue.Batch(("token", "simclr", "uncertain", False), "1", passed={0})
    assert queue._is_done(frame(), batch, 0)


def test_a_new_label_ends_the_turn_of_a_row():
    before, after = frame(), frame()
    after.loc[1, "label"] = "AGN"
    assert queue._state(before, 1) == queue._state(frame(), 1) != queue._state(after, 1)
    assert queue._state(before, 0) == (0, None, None)


# --- on the page ------------------------------------------------------------------------------------------


def test_a_proposal_is_labelled_and_the_next_one_comes(half_labelled):
    page = open_page(labelling="queue")
    assert not page.exception
    frame = Catalogue.open(half_labelled).frame()
    shown = [int(b.key.removeprefix("queue-")) for b in page.button if b.key.removeprefix("queue-").isdigit()]
    assert len(shown) == 12 and frame["label"].iloc[shown].isna().all()
    assert "1 of 12" in texts(page)
    page = click(page, "label:SN")
    assert "2 of 12" in texts(page) and "✓ SN" in texts(page)
    page = click(page, "queue-skip")
    assert "3 of 12" in texts(page)
    page = click(page, f"queue-{shown[8]}")
    assert "9 of 12" in texts(page)
    page = click(page, "label:VS")
    assert "3 of 12" in texts(page)
    page = click(page, "undo-label")
    assert "9 of 12" in texts(page), "back at the one it was about"
    assert Annotations.open(half_labelled).latest()["candid"].tolist() == [frame["candid"].iloc[shown[0]]]
    page = click(page, "queue-next")
    fresh = {b.key for b in page.button if b.key.removeprefix("queue-").isdigit()}
    assert len(fresh) == 12 and not fresh & {f"queue-{row}" for row in shown}


@pytest.mark.parametrize("strategy", ["anomalous", "typical", "label-errors"])
def test_every_strategy_is_a_link(half_labelled, strategy):
    page = open_page(labelling="queue", queue=strategy)
    assert not page.exception and not page.error
    assert page.selectbox(key="choice-queue").value == strategy
    assert "1 of " in texts(page) or page.info


def test_a_link_with_the_old_name_of_a_strategy_still_opens_it(half_labelled):
    page = open_page(labelling="queue", queue="doubtful")
    assert not page.exception and page.selectbox(key="choice-queue").value == "label-errors"


def test_retraining_predicts_every_alert_and_says_how_good_it_is(half_labelled):
    page = open_page(labelling="queue")
    assert not page.text
    page = click(page, "retrain")
    assert page.text[0].value == "recoloured: 150"
    assert re.search(r"\*\*[01]\.\d\d\*\*", texts(page)), "how good it is"
    assert "retrain" in texts(click(page, "label:SN"))


def test_where_all_is_labelled_labels_of_the_data_are_proposed(night):
    page = open_page(labelling="queue")
    assert not page.exception and "1 of 12" in texts(page)
    candids = Catalogue.open(night).frame()["candid"]
    assert candids.is_unique
    page = click(page, "label:SN")
    assert "2 of 12" in texts(page)


def test_labels_of_one_class_train_nothing_and_why_is_said(night, monkeypatch):
    plain_frame = Catalogue.frame
    monkeypatch.setattr(
        Catalogue, "frame", lambda self, columns=None: plain_frame(self, columns).assign(label=None, label_source=None)
    )
    page = open_page(labelling="queue")
    assert not page.exception
    assert len(page.info) == 1
    page = click(page, "retrain")
    assert len(page.warning) == 1 and not page.text
    page = page.selectbox(key="choice-queue").select("typical").run()
    assert "1 of 12" in texts(page)


def test_an_encoder_that_ran_nowhere_here_proposes_nothing(night):
    page = open_page(labelling="queue", encoder="no such <b>encoder</b>")
    assert not page.exception
    assert "no such" in texts(page) and not any(b.key.startswith("queue-") for b in page.button)


def test_a_press_meant_for_the_last_one_does_not_label_the_next(half_labelled):
    page = open_page(labelling="queue")
    stale = button(page, "label:SN")
    stale.click().run()
    stale.click().run()  # pressed again before the screen showed the next one
    assert not page.exception
    frame = Catalogue.open(half_labelled).frame()
    first = int(next(b.key for b in page.button if b.key.removeprefix("queue-").isdigit()).removeprefix("queue-"))
    assert Annotations.open(half_labelled).latest()["candid"].tolist() == [frame["candid"].iloc[first]]
    assert "2 of 12" in texts(page)
