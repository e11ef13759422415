"""Labelling by a click: one object, many at once, several people; what a button is about, and what is saved."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.labelling import button, click, held, open_page, texts, toasts
from ztfexplore.catalogue import annotations
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.ui.labelling import panel


def test_a_label_is_shown_with_its_source_and_with_that_of_the_data_if_it_differs():
    record = {"label": "SN", "label_source": "person:me", "label_given": "VS", "label_source_given": "VSX match"}
    text = panel._label_of(pd.Series(record))
    assert text.index("**SN**") < text.index("**VS**") and "VSX match" in text
    same = {"label": "VS", "label_source": "VSX match", "label_given": "VS", "label_source_given": "VSX match"}
    assert panel._label_of(pd.Series(same)).count("**VS**") == 1


def test_markup_in_a_class_is_text():
    assert "**\\<b\\>**" in panel._with_source("<b>", None)
    assert panel._with_source(None, None) == "unlabelled"


def test_only_a_person_s_label_can_be_removed():
    frame = pd.DataFrame({"label_source": ["TNS", None, "person:Ann"]}, dtype=object)
    assert [panel._has_person(frame, [row]) for row in range(3)] == [False, False, True]
    assert panel._has_person(frame, [0, 2])


# --- one object ------------------------------------------------------------------------------------------------


def test_nothing_selected_says_how_to_begin(night):
    page = open_page()
    assert not page.exception
    assert texts(page) and not any(button.key.startswith("label-") for button in page.button)


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


def submit(page):
    """Label with the class that was typed in."""
    (button,) = (found for found in page.button if found.key.startswith("FormSubmitter:new-class"))
    return button.click().run()


def test_every_class_has_its_key_and_a_new_one_comes_last(night):
    page = open_page(rows="1,2")
    keys = [b.proto.shortcut for b in page.button if b.key.startswith(("label-", "remove-"))]
    assert keys == ["1", "2", "3", "4", "5", "0"]
    page.text_input(key="new-class-name").input("a <b>kilonova</b>")
    page = submit(page)
    assert not page.exception
    assert held(night) == ["a <b>kilonova</b>"] * 2
    names = [button.label for button in page.button if button.key.startswith("label-")]
    assert names[5] == "a \\<b\\>kilonova\\</b\\>" and "<b>" not in texts(page).replace("\\<", "")


@pytest.mark.parametrize("name", ["", "   ", "unlabelled", "x\u202ey"])
def test_what_is_no_class_is_said_and_not_saved(night, name):
    page = open_page(rows="1")
    page.text_input(key="new-class-name").input(name)
    page = submit(page)
    assert not page.exception
    assert len(page.error) == 1
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
    assert "12 alerts" in texts(page) and "me: 12 " in texts(page)
    assert click(page, "undo-label") and held(night) == []


def is_asked(page) -> bool:
    """Whether the page asks before it labels many."""
    return any(button.key == "sure" for button in page.button)


def test_more_than_fifty_are_asked_about_first(night):
    rows = ",".join(map(str, range(80)))
    page = click(open_page(rows=rows), "label:SN")
    assert held(night) == [] and is_asked(page) and "80 " in texts(page)
    page = click(page, "not-sure")
    assert held(night) == [] and not is_asked(page)
    page = click(click(page, "label:VS"), "sure")
    assert held(night) == ["VS"] * 80
    page = click(page, "label:AGN")
    assert is_asked(page) and texts(page).count("80 ") > 1, "it says how many already have a person's label"
    # Another selection is not what the question was about.
    page.query_params["rows"] = "1,2"
    page = page.run()
    assert not is_asked(page)
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
    assert not page.exception and len(page.error) == 1
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
    assert any(FILE in error.value.replace("\\", "") for error in page.error)
    assert (night / FILE).read_bytes().startswith(b"no database")


def test_the_exported_file_is_read_by_ingest(night, tmp_path):
    from ztfexplore.alerts.labels_csv import read_labels

    click(open_page(rows="1,2"), "label:SN")
    (tmp_path / "labels.csv").write_text(annotations.csv(Annotations.open(night).latest()))
    labels = read_labels(tmp_path / "labels.csv")
    assert {label.label_source for label in labels.values()} == {"person:me"} and len(labels) == 2
