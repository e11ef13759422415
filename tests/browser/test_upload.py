"""Uploading in a real browser: a packet is placed; a file too large or without an alert is refused, with why."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import READY_MS, browser_page, open_explore, served
from tests.support.packets import avro, packet

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(demo_catalogue, tmp_path_factory):
    """The app, showing the demo."""
    with served(demo_catalogue, tmp_path_factory.mktemp("logs") / "app.log") as address:
        yield address


def test_a_packet_is_placed_and_other_files_are_refused(chromium, url, tmp_path):
    (tmp_path / "good.avro").write_bytes(avro(packet(object_id="<b>guest</b>")))
    (tmp_path / "page.avro").write_bytes(b"<html>no alert</html>")
    with (tmp_path / "night.tar.gz").open("wb") as night:
        night.truncate(70 * 1024**2)
    with browser_page(chromium) as page:
        open_explore(page, url)
        page.locator(".st-key-upload button").first.click(timeout=READY_MS)
        chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
        chooser.set_input_files(tmp_path / "night.tar.gz")
        page.get_by_test_id("stAlert").get_by_text("64 MB is the limit").wait_for()
        expect(chooser).to_have_count(1)  # the box was drawn anew, and the one with the large file is gone
        chooser.set_input_files(tmp_path / "page.avro")
        page.get_by_test_id("stAlert").get_by_text("neither Avro").wait_for()
        chooser.set_input_files(tmp_path / "good.avro")
        card = page.get_by_test_id("uploaded-alert-card")
        card.wait_for(timeout=READY_MS)
        assert "<b>guest</b>" in card.inner_text()
        pictures = page.locator(".zx-uploaded-alert-near")
        pictures.nth(23).wait_for()
        expect(pictures).to_have_count(24)
        assert all(pictures.evaluate_all("images => images.map((image) => image.naturalWidth > 0)"))
        page.locator(".zx-uploaded-alert").nth(1).wait_for()  # marked on both maps
        assert page.get_by_test_id("stException").count() == 0
        page.keyboard.press("Escape")
        chosen = page.locator('[class*="st-key-uploaded-alert-near-simclr-"] button').first
        name = chosen.inner_text().split()[0]
        chosen.click()
        page.locator('[data-testid="stamps"]', has_text=name).wait_for()
        assert "candid=" in page.url
        assert card.is_visible(), "the uploaded alert stays"


def test_a_filter_is_in_the_address_and_the_back_button_takes_it_away(chromium, url):
    with browser_page(chromium) as page:
        page.goto(f"{url}/?filter=magnitude:..18;nope:1..2")
        page.get_by_test_id("stAlert").get_by_text("not a column").wait_for(timeout=READY_MS)
        page.get_by_text("magnitude up to 18").wait_for()
        page.locator(".st-key-filters button").first.click()
        high = page.locator(".st-key-filter-magnitude-high input")
        expect(high).to_have_value("18")  # 0 for a moment while the popover opens
        high.fill("17.5")
        high.press("Enter")
        page.get_by_text("magnitude up to 17.5").wait_for()
        expect(page).to_have_url(re.compile("17.5"))
        expect(high, "the box stays open").to_be_visible()
        page.go_back()
        page.get_by_text("magnitude up to 18:").wait_for()
