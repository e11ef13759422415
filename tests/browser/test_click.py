"""A real mouse in a real browser on the real alerts: click a point, see the object and its neighbours in both."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.support.browser import (
    browser_page,
    clear_of_others,
    click_point,
    open_explore,
    point_on_screen,
    ring_on_screen,
    served,
    wait_for_object,
)
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.neighbours import NeighbourIndex

pytestmark = [pytest.mark.browser, pytest.mark.real_data]


@pytest.fixture(scope="module")
def url(real_catalogue, tmp_path_factory):
    with served(real_catalogue, tmp_path_factory.mktemp("logs") / "app.log") as address:
        yield address


@pytest.fixture(scope="module")
def frame(real_catalogue) -> pd.DataFrame:
    return Catalogue.open(real_catalogue).frame()


@pytest.fixture
def page(chromium):
    with browser_page(chromium) as opened:
        yield opened


def twins(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """Rows of pairs whose candids are different integers but the same float."""
    rows = frame["candid"].sort_values()
    pairs = zip(rows.index[:-1], rows.index[1:], rows.to_numpy()[:-1], rows.to_numpy()[1:], strict=True)
    return [(int(i), int(j)) for i, j, a, b in pairs if float(a) == float(b)]


def shown(page, side: int) -> list[str]:
    """Candids of the neighbours on screen in one embedding, in order."""
    return (
        page.locator(".zx-side").nth(side).locator(".zx-card").evaluate_all("cards => cards.map(c => c.dataset.candid)")
    )


def expected(real_catalogue, frame: pd.DataFrame, encoder: str, row: int) -> list[str]:
    values = embedding.read_embedding(Catalogue.open(real_catalogue), encoder).values
    found = NeighbourIndex(values, frame["object_id"].to_numpy()).query(row, 12)
    return [str(candid) for candid in frame["candid"].iloc[found.rows]]


def assert_object_on_screen(page, real_catalogue, frame, row):
    candid = int(frame["candid"].iloc[row])
    wait_for_object(page, candid)
    stamps = page.locator('[data-testid="stamps"]')
    stamps.locator("canvas").nth(2).wait_for()
    assert frame["object_id"].iloc[row] in stamps.inner_text()
    expect(stamps.locator("canvas")).to_have_count(3)
    for side, encoder in enumerate(("simclr", "s-simclr")):
        assert shown(page, side) == expected(real_catalogue, frame, encoder, row)
    assert f"candid={candid}" in page.url


def test_click_on_a_point_shows_the_object_and_its_neighbours_in_both(page, url, frame, real_catalogue):
    """In either map; among the objects two whose candids a float or JavaScript cannot tell apart."""
    open_explore(page, url)
    for panel in (0, 1):
        clear = set(clear_of_others(page, list(range(len(frame))), panel))
        pair = next(((i, j) for i, j in twins(frame) if i in clear and j in clear), None)
        assert pair is not None, "no pair of twins can be clicked"
        assert float(frame["candid"].iloc[pair[0]]) == float(frame["candid"].iloc[pair[1]])
        for row in pair:
            click_point(page, row, panel)
            assert_object_on_screen(page, real_catalogue, frame, row)


def test_the_picked_object_is_marked_in_both_maps(page, url, frame):
    open_explore(page, url)
    row = clear_of_others(page, list(range(len(frame))), 0)[0]
    click_point(page, row, 0)
    wait_for_object(page, int(frame["candid"].iloc[row]))
    for panel in (0, 1):
        layer = page.locator(".zx-marks").nth(panel)
        expect(layer.locator(".zx-near")).to_have_count(12)
        ring, point = ring_on_screen(page, panel), point_on_screen(page, row, panel)
        assert abs(ring[0] - point[0]) < 1.5 and abs(ring[1] - point[1]) < 1.5


def test_the_marks_stay_with_the_points_when_the_map_is_zoomed(page, url, frame):
    open_explore(page, url, f"?candid={frame['candid'].iloc[40]}")
    wait_for_object(page, int(frame["candid"].iloc[40]))
    before = point_on_screen(page, 40, 0)
    page.mouse.move(before[0] + 30, before[1] + 20)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(1500)
    after = point_on_screen(page, 40, 0)
    assert abs(after[0] - before[0]) + abs(after[1] - before[1]) > 2, "the wheel did not zoom"
    ring = ring_on_screen(page, 0)
    assert abs(ring[0] - after[0]) < 1.5 and abs(ring[1] - after[1]) < 1.5


def test_a_neighbour_can_become_the_query(page, url, frame, real_catalogue):
    open_explore(page, url, f"?candid={frame['candid'].iloc[5]}")
    assert_object_on_screen(page, real_catalogue, frame, 5)
    card = page.locator(".zx-side").nth(1).locator(".zx-card").nth(3)
    candid = int(card.get_attribute("data-candid"))
    card.click()
    row = int(frame.index[frame["candid"] == candid][0])
    assert_object_on_screen(page, real_catalogue, frame, row)


def test_a_cold_deep_link_opens_the_same_object(chromium, real_catalogue, frame, tmp_path):
    """On a server that has served nobody yet, straight to the page and not through app.py's root."""
    row = twins(frame)[0][0]
    with served(real_catalogue, tmp_path / "cold.log") as address, browser_page(chromium) as page:
        page.goto(f"{address}/explore?candid={frame['candid'].iloc[row]}")
        assert_object_on_screen(page, real_catalogue, frame, row)


def test_the_legend_hides_a_class_in_both_maps(page, url):
    open_explore(page, url)
    page.locator(".zx-entry", has_text=re.compile("asteroid")).click()
    hidden = page.evaluate(
        "() => window.__ztfexplore.explore.panels.map(p => p.plot.data.find(t => t.name === 'asteroid').visible)"
    )
    assert hidden == [False, False]


def test_links_lead_to_the_objects_pages(page, url, frame):
    open_explore(page, url, f"?candid={frame['candid'].iloc[0]}")
    wait_for_object(page, int(frame["candid"].iloc[0]))
    links = page.locator('[data-testid="object-card"] a')
    assert links.all_inner_texts() == ["ALeRCE", "Fink", "SIMBAD", "TNS"]
    assert frame["object_id"].iloc[0] in links.first.get_attribute("href")


def test_nothing_is_fetched_from_elsewhere(page, url):
    """The app needs no network: whatever the browser asks for comes from this server."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_explore(page, url)
    assert [address for address in asked if not address.startswith((url, "data:", "blob:"))] == []
