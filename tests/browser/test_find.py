"""Typing into Find in a real browser, and going on to another alert of the same object."""

from __future__ import annotations

import pytest

from tests.support.browser import browser_page, open_explore, served, wait_for_object
from ztfexplore.catalogue.catalogue import Catalogue

pytestmark = [pytest.mark.browser, pytest.mark.real_data]


def test_find_shows_the_object_and_its_other_alerts_can_be_picked(chromium, real_catalogue, tmp_path):
    frame = Catalogue.open(real_catalogue).frame()
    name = frame["object_id"].value_counts().index[0]
    alerts = frame[frame["object_id"] == name].sort_values("mjd", ascending=False)["candid"].tolist()
    with served(real_catalogue, tmp_path / "app.log") as url, browser_page(chromium) as page:
        open_explore(page, url)
        box = page.locator(".st-key-find input")
        box.fill(name)
        box.press("Enter")
        wait_for_object(page, alerts[0])
        page.locator(".st-key-light-curve .main-svg").first.wait_for()
        page.locator(f".st-key-alert-{alerts[2]} button").click()
        wait_for_object(page, alerts[2])
        assert f"candid={alerts[2]}" in page.url
        box.fill("no such id <b>x</b>")
        box.press("Enter")
        message = page.get_by_test_id("stAlert")
        message.wait_for()
        assert "<b>x</b>" in message.inner_text()
        assert f"candid={alerts[2]}" in page.url
