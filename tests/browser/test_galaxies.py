"""A real mouse on the galaxies: click one, see it in colour with its measurements, and its neighbours in colour."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.browser import browser_page, clear_of_others, click_point, open_explore, served, wait_for_object
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.neighbours import NeighbourIndex

pytestmark = pytest.mark.browser


def test_a_click_on_a_galaxy_shows_it_and_galaxies_alike_in_colour(chromium, galaxy_catalogue, tmp_path):
    catalogue = Catalogue.open(galaxy_catalogue)
    frame = catalogue.frame()
    names = sorted(embedding.embedded_by(catalogue), key=str)
    with served(galaxy_catalogue, tmp_path / "app.log") as url, browser_page(chromium) as page:
        open_explore(page, url)
        large = frame.index[frame["isophotal_area"] > 100].tolist()
        row = clear_of_others(page, large, 0)[0]
        click_point(page, row, 0)
        wait_for_object(page, int(frame["candid"].iloc[row]))
        card = page.locator('[data-testid="object-card"]')
        assert "ellipticity" in card.inner_text() and card.locator("a").count() == 0
        stamps = page.locator('[data-testid="stamps"]')
        stamps.locator("canvas").nth(3).wait_for()
        assert frame["object_id"].iloc[row] in stamps.inner_text()
        expect(stamps.locator("canvas")).to_have_count(4)
        composite = stamps.locator("canvas").first.bounding_box()
        assert composite["width"] == pytest.approx(composite["height"], rel=0.02)
        for side, name in enumerate(names):
            cards = page.locator(".zx-side").nth(side).locator(".zx-card")
            found = NeighbourIndex.of(frame, embedding.read_embedding(catalogue, name).values).query(row, 12)
            shown = cards.evaluate_all("cards => cards.map(c => c.dataset.candid)")
            assert shown == [str(candid) for candid in frame["candid"].iloc[found.rows]]
            page.wait_for_function("[...document.querySelectorAll('.zx-card img')].every(i => i.naturalWidth === 33)")
            assert cards.locator("b").first.inner_text() == frame["object_id"].iloc[found.rows[0]]
