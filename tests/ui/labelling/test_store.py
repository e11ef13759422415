"""Names, tallies and saving, as the parts of labelling share them."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.ui.labelling import store


@pytest.fixture
def script(monkeypatch, tmp_path, demo_catalogue):
    """Opens a page that shows the person's name and saves a label on a click, on a copy of the demo."""
    path = tmp_path / "night"
    shutil.copytree(demo_catalogue, path)
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path / "none")

    def page():
        import streamlit as st

        from ztfexplore.ui.app import page
        from ztfexplore.ui.labelling import store

        view = page.choose_catalogue()
        st.text(store.labeller())
        st.button("save", key="save", on_click=store.save_labels, args=(view, [1, 2], "SN"))
        st.button("bad", key="bad", on_click=store.save_labels, args=(view, [1], "  "))
        st.button("name", key="name", on_click=store.rename_labeller, args=("Ann",))
        action = store.undoable_action(view)
        st.button("undo", key="undo", on_click=store.undo_action, args=(view, action))
        st.text("" if action is None else action.text)
        store.show_messages()

    return AppTest.from_function(page, default_timeout=60).run(), path


def test_a_label_is_on_disk_after_the_click_under_the_name_and_an_undo_takes_it_back(script):
    page, path = script
    assert not page.exception and page.text[0].value == store.NOBODY
    page = page.button(key="name").click().run().button(key="save").click().run()
    latest = Annotations.open(path).latest()
    assert latest["label"].tolist() == ["SN", "SN"] and set(latest["who"]) == {"Ann"}
    page = page.button(key="undo").click().run()
    assert not page.exception and Annotations.open(path).latest().empty


def test_what_cannot_be_saved_is_an_error_and_changes_nothing(script):
    page, path = script
    page = page.button(key="bad").click().run()
    assert not page.exception and len(page.error) == 1
    assert Annotations.open(path).latest().empty


def test_a_tally_counts_the_most_frequent_first_and_adds_up_the_rest():
    labels = pd.Series(["SN"] * 3 + ["VS"] * 2 + [None], dtype=object)
    assert store.tally_labels(labels) == "3 SN, 2 VS, 1 unlabelled"
    many = store.tally_labels(pd.Series([f"c{n}" for n in range(9)]))
    assert many.endswith(f"{9 - store.MOST_NAMED} more classes")
    assert store.tally_labels(pd.Series(["<b>"])) == "1 \\<b\\>"
