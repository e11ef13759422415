"""The settings of the linear probe page: a link opens them as they were, and leaving a catalogue forgets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import in_url, open_page, show_only
from tests.support.probes import LABELS, build

PAGE = "pages/probe.py"
LINK = {
    "probe": "random",
    "features": "both",
    "fraction": "0.5",
    "weight": "none",
    "c": "0.1",
    "seed": "7",
}


@pytest.fixture
def known(tmp_path, monkeypatch) -> Path:
    path = build(tmp_path / "known", LABELS).path
    show_only(path, monkeypatch, tmp_path / "none")
    return path


def test_a_link_fills_every_setting_and_train_leaves_it_as_it_is(known):
    page = open_page(PAGE, **LINK)
    assert not page.exception
    boxes = {box.label: box.value for box in [*page.selectbox, *page.multiselect, *page.number_input]}
    assert boxes["Encoders, up to 3"] == ["random"] and boxes["Features"] == "both"
    assert boxes["Class weights"] == "none" and boxes["Seed"] == 7
    assert 0.1 in boxes.values()  # C
    assert page.select_slider[0].value == 0.5
    page.button(key="train").click().run()
    assert not page.exception
    assert {name: in_url(page, name) for name in LINK} == LINK


def test_an_automatic_c_is_in_the_link_and_the_default_is_not(known):
    page = open_page(PAGE, probe="random")
    page.button(key="train").click().run()
    assert in_url(page, "c") is None and in_url(page, "seed") is None
    (box,) = (box for box in page.selectbox if 0.03 in (box.value,))
    box.select_index(len(box.options) - 1)  # automatic; in one run with the click, since AppTest forgets a None
    page.button(key="train").click().run()
    assert not page.exception and in_url(page, "c") == "auto"


def test_another_catalogue_begins_with_its_own_settings(known, tmp_path, monkeypatch):
    page = open_page(PAGE, **LINK)
    assert in_url(page, "probe") == "random"
    show_only(build(tmp_path / "other", LABELS).path, monkeypatch, tmp_path / "none")
    page.query_params["catalogue"] = "other"
    page.run()
    assert not page.exception
    assert in_url(page, "probe") is None and in_url(page, "c") is None
