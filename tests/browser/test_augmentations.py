"""The augmentations page in a real browser: the slider changes the picture, and a link opened cold shows the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.support.browser import READY_MS, browser_page, served
from ztfexplore.catalogue.catalogue import Catalogue

pytestmark = pytest.mark.browser

SAMPLES = '[data-testid="samples"] img'
SOURCES = f"() => Array.from(document.querySelectorAll('{SAMPLES}'), (image) => image.src)"
CHANGED = f"(before) => {{ const now = ({SOURCES})(); return now.length === 9 && now[1] !== before[1]; }}"


def open_page(page: Page, url: str) -> list[str]:
    """Go there and wait until all is drawn; the pictures."""
    page.goto(url)
    page.wait_for_selector('[data-testid="finals"]', timeout=READY_MS)
    return page.evaluate(SOURCES)


def test_the_slider_changes_the_picture_and_a_link_opened_cold_shows_the_same(chromium, demo_catalogue, tmp_path):
    frame = Catalogue.open(demo_catalogue).frame()
    candid, name = str(int(frame["candid"].iloc[8])), frame["object_id"].iloc[8]
    query = f"/augmentations?candid={candid}&augmentation=blur&seed=2&recipe=astronomical&encoders=simclr"
    with served(demo_catalogue, tmp_path / "app.log") as url, browser_page(chromium) as page:
        first = open_page(page, url + query)  # the first page that this server shows
        assert name in page.get_by_test_id("subject").inner_text()
        page.locator(".st-key-moves .main-svg").first.wait_for()
        slider = page.get_by_test_id("stSlider").locator("input")
        slider.focus()
        for _ in range(8):
            slider.press("ArrowRight")
        page.wait_for_url("**strength=2.8**")
        page.wait_for_function(CHANGED, arg=first)
        page.wait_for_timeout(1000)  # the last of the eight
        moved = page.evaluate(SOURCES)
        assert moved[0] == first[0]  # the original
        link = page.url
    with served(demo_catalogue, tmp_path / "again.log") as url, browser_page(chromium) as page:
        again = open_page(page, url + link[link.index("/augmentations") :])
        assert name in page.get_by_test_id("subject").inner_text()
        assert again == moved
        assert page.get_by_test_id("stException").count() == 0
