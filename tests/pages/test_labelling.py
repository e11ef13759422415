"""The labelling part by AppTest: on a page of its own, on a copy of the small catalogue."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support import pages
from ztfexplore.catalogue import annotations
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue

PAGE = "tests/support/labelling_page.py"


@pytest.fixture
def night(monkeypatch, tmp_path, demo_catalogue) -> Path:
    """A catalogue of the test's own."""
    path = tmp_path / "night"
    shutil.copytree(demo_catalogue, path)
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path / "none")
    return path


@pytest.fixture
def half_labelled(night, monkeypatch) -> Path:
    """The same, a third of its alerts without a label."""
    plain_frame = Catalogue.frame

    def frame(self, columns=None):
        found = plain_frame(self, columns)
        if "label" in found:
            found.loc[found.index % 3 == 0, ["label", "label_source"]] = None
        return found

    monkeypatch.setattr(Catalogue, "frame", frame)
    return night


def open_page(**query: str) -> AppTest:
    return pages.open_page(PAGE, **query)


def button(page: AppTest, key: str):
    """By the key, or by its beginning and end: 'label:SN' is 'label-<of which rows>-SN'."""
    start, _, end = key.partition(":")
    found = [b for b in page.button if b.key == key or (end and re.fullmatch(rf"{start}-[0-9a-f]+-{end}", b.key))]
    found = found or [b for b in page.button if re.fullmatch(rf"{key}-[0-9a-f]+", b.key)]
    assert len(found) == 1, key
    return found[0]


def click(page: AppTest, key: str) -> AppTest:
    page = button(page, key).click().run()
    assert not page.exception
    return page


def toasts(page: AppTest) -> list[str]:
    return [toast.value for toast in page.toast]


def held(path: Path) -> list[str]:
    return Annotations.open(path).latest()["label"].tolist()


def texts(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption])


# --- one object ------------------------------------------------------------------------------------------------


def test_nothing_selected_says_how_to_begin(night):
    page = open_page()
    assert not page.exception
    assert "pick one in a map" in texts(page)
    assert not any(button.key.startswith("label-") for button in page.button)


def test_the_picked_object_is_labelled_by_a_click_and_stays_so(night):
    frame = Catalogue.open(night).frame()
    candid, was = str(frame["candid"].iloc[7]), frame["label"].iloc[7]
    label = "SN" if was != "SN" else "VS"
    page = click(open_page(candid=candid), f"label:{label}")
    assert toasts(page) == [f"saved: {label} on {frame['object_id'].iloc[7].replace('-', chr(92) + '-')}"]
    assert held(night) == [label]
    again = open_page(candid=candid)  # a reload
    assert f"**{label}** (person\\:me); the data say **{was}**" in texts(again)
    assert button(again, "undo-label").label == f"Undo: {label} on 1 alert"
    shown = click(again, "undo-label")
    assert held(night) == [] and f"**{was}**" in texts(shown)
    assert button(shown, "undo-label").disabled


def test_every_class_has_its_key_and_a_new_one_comes_last(night):
    page = open_page(rows="1,2")
    keys = [b.proto.shortcut for b in page.button if b.key.startswith(("label-", "remove-"))]
    assert keys == ["1", "2", "3", "4", "5", "0"]
    page.text_input(key="new-class-name").input("a <b>kilonova</b>")
    submit = next(b for b in page.button if b.label == "Label with this class")
    page = submit.click().run()
    assert not page.exception
    assert held(night) == ["a <b>kilonova</b>"] * 2
    names = [button.label for button in page.button if button.key.startswith("label-")]
    assert names[5] == "a \\<b\\>kilonova\\</b\\>" and "<b>" not in texts(page).replace("\\<", "")


@pytest.mark.parametrize("name", ["", "   ", "unlabelled", "x\u202ey"])
def test_what_is_no_class_is_said_and_not_saved(night, name):
    page = open_page(rows="1")
    page.text_input(key="new-class-name").input(name)
    page = next(b for b in page.button if b.label == "Label with this class").click().run()
    assert not page.exception
    assert "Not saved" in page.error[0].value
    assert not (night / FILE).exists()


def test_removing_shows_the_label_of_the_data_again(night):
    frame = Catalogue.open(night).frame()
    page = open_page(rows="3")
    assert button(page, "remove").disabled
    other = "SN" if frame["label"].iloc[3] != "SN" else "VS"
    page = click(page, f"label:{other}")
    page = click(page, "remove")
    assert held(night) == [] and f"**{frame['label'].iloc[3]}**" in texts(page)
    assert button(page, "undo-label").label == "Undo: removed labels on 1 alert"


# --- several ---------------------------------------------------------------------------------------------------


def test_a_selection_is_labelled_in_one_action(night):
    page = click(open_page(rows=",".join(map(str, range(12)))), "label:SN")
    assert toasts(page) == ["saved: SN on 12 alerts"]
    assert held(night) == ["SN"] * 12
    assert "12 alerts selected" in texts(page) and "me: 12 labels" in texts(page)
    assert click(page, "undo-label") and held(night) == []


def test_more_than_fifty_are_asked_about_first(night):
    rows = ",".join(map(str, range(80)))
    page = click(open_page(rows=rows), "label:SN")
    assert held(night) == [] and "80 alerts?" in texts(page)
    page = click(page, "not-sure")
    assert held(night) == [] and "80 alerts?" not in texts(page)
    page = click(click(page, "label:VS"), "sure")
    assert held(night) == ["VS"] * 80
    page = click(page, "label:AGN")
    assert "80 of them already have a person's label" in texts(page)
    # Another selection is not what the question was about.
    page.query_params["rows"] = "1,2"
    page = page.run()
    assert "alerts?" not in texts(page)
    assert held(night) == ["VS"] * 80


def test_rows_that_are_not_there_are_no_trouble(night):
    click(open_page(rows="3,99999,-4,3"), "label:SN")
    assert held(night) == ["SN"]


# --- several people and tabs --------------------------------------------------------------------------------------


def test_two_tabs_label_at_once_and_neither_loses_anything(night):
    first, second = open_page(rows="1,2,3"), open_page(rows="3,4")
    click(first, "label:SN")
    click(second, "label:VS")  # this tab was drawn before the other saved
    latest = Annotations.open(night).latest()
    candids = Catalogue.open(night).frame()["candid"]
    assert dict(zip(latest["candid"], latest["label"], strict=True)) == dict(
        zip(candids.iloc[[1, 2, 3, 4]], ["SN", "SN", "VS", "VS"], strict=True)
    )
    # An undo takes back what the button showed, not what came after it in the other tab.
    third = open_page(rows="1")
    click(second, "label:AGN")
    click(third, "undo-label")
    assert sorted(held(night)) == ["AGN", "AGN", "SN", "SN"]


def test_a_name_stands_beside_the_labels_and_undo_is_one_s_own(night):
    click(open_page(rows="1"), "label:SN")
    page = open_page(rows="2")
    page = page.text_input(key="labelling-name").input(" Ann O'Neil ").run()
    assert button(page, "undo-label").disabled, "Ann has done nothing"
    page = click(page, "label:VS")
    assert Annotations.open(night).latest()["label_source"].tolist() == ["person:me", "person:Ann O'Neil"]
    assert "others: 1" in texts(page)
    page = page.text_input(key="labelling-name").input("\u202e").run()
    assert not page.exception and "does not print" in page.error[0].value
    assert page.text_input(key="labelling-name").value == "Ann O'Neil"


def test_labels_of_alerts_that_are_not_here_are_named(night):
    Annotations.open(night).add([4242], "SN", "me", "simulated")
    page = open_page()
    assert "candid 4242" in texts(page)


def test_a_damaged_file_is_said_in_the_page_and_left_alone(night):
    page = open_page(rows="1")
    (night / FILE).write_bytes(b"no database at all, but somebody's labels" * 100)
    page = button(page, "label:SN").click().run()
    assert not page.exception
    assert any("annotations" in error.value and "left as it is" in error.value for error in page.error)
    assert (night / FILE).read_bytes().startswith(b"no database")


# --- the queue -------------------------------------------------------------------------------------------------


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
    assert "balanced accuracy **" in texts(page) and "by cross\\-validation" not in texts(page)
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
    assert "two classes" in page.info[0].value
    page = click(page, "retrain")
    assert "Not trained" in page.warning[0].value
    page = page.selectbox(key="choice-queue").select("typical").run()
    assert "1 of 12" in texts(page)


def test_an_encoder_that_ran_nowhere_here_proposes_nothing(night):
    page = open_page(labelling="queue", encoder="no such <b>encoder</b>")
    assert not page.exception
    assert "no such" in texts(page) and not any(b.key.startswith("queue-") for b in page.button)


def test_the_exported_file_is_read_by_ingest(night, tmp_path):
    from ztfexplore.alerts.labels_csv import read_labels

    click(open_page(rows="1,2"), "label:SN")
    (tmp_path / "labels.csv").write_text(annotations.csv(Annotations.open(night).latest()))
    labels = read_labels(tmp_path / "labels.csv")
    assert {label.label_source for label in labels.values()} == {"person:me"} and len(labels) == 2


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
