"""The data page in a real browser: a packet is uploaded into a new catalogue and counted; hostile names are text."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.browser import browser_page, served
from tests.support.packets import CANDID, avro, packet
from ztfexplore.catalogue.catalogue import Catalogue

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
HOSTILE = "<img src=x onerror=window.hacked=1>"


@pytest.fixture
def data(monkeypatch, tmp_path, demo_catalogue) -> Path:
    """The server's own folder of catalogues."""
    folder = tmp_path / "data"
    shutil.copytree(demo_catalogue, folder / "demo")
    monkeypatch.setenv("ZTFEXPLORE_DATA", str(folder))
    return folder


def settled(page: Page) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=WAIT_MS)


def choose(page: Page, name: str) -> None:
    """Pick a catalogue."""
    settled(page)
    page.locator(".st-key-chosen-catalogue input").click()
    page.get_by_role("option", name=name, exact=True).click()


def ingest(page: Page, name: str, content: bytes, said: str) -> None:
    """Upload one file, press the button, wait for what is said."""
    with page.expect_response(lambda answer: "upload_file" in answer.url and answer.request.method == "PUT"):
        page.locator("input[type=file]").first.set_input_files({"name": name, "mimeType": "", "buffer": content})
    page.wait_for_timeout(1000)  # the page is told after the file is there
    settled(page)
    button = page.locator(".st-key-ingest button:not([disabled])")
    button.wait_for(timeout=WAIT_MS)
    button.click()
    page.get_by_test_id("stAlert").filter(has_text=said).wait_for(timeout=WAIT_MS)
    settled(page)


def test_an_uploaded_packet_is_counted_and_hostile_names_are_text(chromium, data, tmp_path):
    with served(data / "demo", tmp_path / "app.log") as url, browser_page(chromium) as page:
        page.goto(f"{url}/data?section=add")
        name = page.get_by_label("Its name")
        name.wait_for(timeout=WAIT_MS)
        name.fill("mine")
        name.press("Enter")
        # What is no alert makes no catalogue; the form stays as it was.
        ingest(page, f"{HOSTILE}.avro", b"<script>window.hacked=1</script>", "Nothing was accepted")
        assert not (data / "mine").exists()
        ingest(page, f"{HOSTILE}.avro", avro(packet(CANDID, f"ZTF{HOSTILE}")), "1 accepted")
        frame = Catalogue.open(data / "mine").frame()
        assert frame["candid"].tolist() == [CANDID]
        assert frame["object_id"].tolist() == [f"ZTF{HOSTILE}"]
        assert "catalogue=mine" in page.url
        page.get_by_role("radio", name="Counts").click()
        page.get_by_text("1 alert", exact=False).first.wait_for(timeout=WAIT_MS)
        for section in ("Provenance", "Rejects", "Encoders", "All catalogues"):
            page.get_by_role("radio", name=section).click()
            page.wait_for_timeout(300)
            settled(page)
            assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate("window.hacked") is None
        assert page.locator("img[src=x]").count() == 0
        # Choosing goes on working, choice after choice, and each is a link.
        for other in ("demo", "mine", "demo"):
            choose(page, other)
            page.wait_for_url(f"**catalogue={other}*")
