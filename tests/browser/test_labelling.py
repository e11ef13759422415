"""Labelling in a real browser, by keys: saved, there after a reload, and never by what is typed into a box."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect

from tests.support.browser import READY_MS, browser_page, served
from ztfexplore.catalogue.annotations import Annotations

pytestmark = pytest.mark.browser


def test_keys_label_and_digits_in_a_box_do_not(chromium, demo_catalogue, tmp_path):
    path = tmp_path / "night"
    shutil.copytree(demo_catalogue, path)
    people = Annotations.open(path)
    script = "tests/support/labelling_page.py"
    with served(path, tmp_path / "app.log", script) as url, browser_page(chromium) as page:
        page.goto(f"{url}/?rows=1,2")
        page.get_by_text("2 alerts selected").wait_for(timeout=READY_MS)
        name = page.get_by_role("textbox", name="Your name")
        name.fill("Ann ")
        name.press_sequentially("123")
        name.press("Enter")
        page.get_by_text("Ann 123: 0 labels").wait_for()
        name.blur()
        page.keyboard.press("2")
        page.get_by_text("Undo: SN on 2 alerts").wait_for()
        assert people.latest()[["label", "who"]].to_numpy().tolist() == [["SN", "Ann 123"]] * 2
        page.reload()
        page.get_by_text("Undo: SN on 2 alerts").wait_for(timeout=READY_MS)
        expect(name).to_have_value("Ann 123", timeout=READY_MS)
        page.keyboard.press("u")
        page.get_by_text("Nothing to undo").wait_for()
        assert people.latest().empty and len(people.log()) == 4
        page.goto(f"{url}/?labelling=queue")
        page.get_by_text("1 of 12").wait_for(timeout=READY_MS)
        page.keyboard.press("3")
        page.get_by_text("2 of 12").wait_for()
        assert people.latest()["label"].tolist() == ["VS"]
