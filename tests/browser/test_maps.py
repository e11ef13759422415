"""What a person does in the maps with mouse and keyboard: hover, box, lasso, label, walk, ask for more like this."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.browser import (
    clear_of_others,
    click_point,
    drag,
    open_explore,
    point_on_screen,
    selected,
    wait_for_grids,
    wait_for_object,
)
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue

pytestmark = pytest.mark.browser


def test_hover_shows_the_stamp_in_both_maps_at_once(page, url, frame):
    open_explore(page, url)
    for panel in (0, 1):
        row = clear_of_others(page, list(range(len(frame))), panel)[3]
        x, y = point_on_screen(page, row, panel)
        page.mouse.move(x - 20, y - 20)
        page.mouse.move(x, y)
        tips = page.locator(".zx-tip:not([hidden])")
        tips.first.wait_for()
        expect(tips).to_have_count(2)
        for tip in tips.all():
            assert frame["object_id"].iloc[row] in tip.inner_text()
            assert frame["label"].iloc[row] in tip.inner_text()
            page.wait_for_function("image => image.naturalWidth > 100", arg=tip.locator("img").element_handle())
        expect(page.locator(".zx-hovered")).to_have_count(2)
    page.mouse.move(5, 5)
    page.wait_for_function("() => document.querySelectorAll('.zx-tip:not([hidden])').length === 0")


def test_what_lies_under_the_pointer_is_the_nearest_of_all(page, url):
    """The grid of cells against a look at every point, zoomed or not."""
    open_explore(page, url)
    wait_for_grids(page)
    wrong = page.evaluate(
        """() => {
            let wrong = 0;
            for (const { grid, points: { x, y } } of window.__ztfexplore.explore.panels) {
                for (let i = 0; i < 3000; i++) {
                    const row = Math.floor(Math.random() * x.length);
                    const spread = Math.random() * 3;
                    const [px, py] = [x[row] + spread * (Math.random() - 0.5), y[row] + spread * (Math.random() - 0.5)];
                    const [rx, ry] = [Math.random() * 2 + 0.01, Math.random() * 2 + 0.01];
                    let best = null, closest = 1;
                    x.forEach((_, j) => {
                        const d = ((x[j] - px) / rx) ** 2 + ((y[j] - py) / ry) ** 2;
                        if (d < closest) [closest, best] = [d, j];
                    });
                    if (grid.nearest(px, py, rx, ry, () => true) !== best) wrong++;
                }
            }
            return wrong;
        }"""
    )
    assert wrong == 0


def test_a_box_selects_in_both_maps_and_python_hears_of_it(page, url, frame, path):
    from ztfexplore.embeddings import projection

    open_explore(page, url)
    wait_for_grids(page)
    page.locator('[data-tool="box"]').click()
    drag(page, [(0.2, 0.2), (0.7, 0.8)])
    rows = selected(page)
    layout = page.evaluate(
        """() => {
            const { xaxis, yaxis, _size } = window.__ztfexplore.explore.panels[0].plot._fullLayout;
            const box = document.querySelector('.zx-plot').getBoundingClientRect().toJSON();
            return { x: xaxis.range, y: yaxis.range, size: _size, box };
        }"""
    )
    size, box = layout["size"], layout["box"]
    (x0, x1), (y0, y1) = layout["x"], layout["y"]
    left, right = ((share * box["width"] - size["l"]) / size["w"] * (x1 - x0) + x0 for share in (0.2, 0.7))
    high, low = (y1 - (share * box["height"] - size["t"]) / size["h"] * (y1 - y0) for share in (0.2, 0.8))
    points = projection.read_map(Catalogue.open(path), "simclr").points
    inside = (points[:, 0] > left) & (points[:, 0] < right) & (points[:, 1] > low) & (points[:, 1] < high)
    assert 5 < inside.sum() < len(frame)
    assert len(set(rows) ^ set(np.flatnonzero(inside).tolist())) <= 2  # a pixel more or less at the edge
    expect(page.locator(".zx-dimmed")).to_have_count(2)
    page.get_by_text(f"{len(rows):,} selected").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelectorAll('.zx-dimmed').length === 0")
    page.get_by_text(f"{len(rows):,} selected").wait_for(state="detached")


def test_a_class_that_is_hidden_is_no_longer_selected(page, url, frame):
    open_explore(page, url)
    wait_for_grids(page)
    page.locator('[data-tool="box"]').click()
    drag(page, [(0.03, 0.03), (0.97, 0.95)])
    everything = selected(page)
    labels = frame["label"].iloc[everything]
    page.get_by_text(f"{len(everything):,} selected").wait_for()
    page.locator(".zx-entry", has_text="asteroid").click()
    kept = int((labels != "asteroid").sum())
    assert 0 < kept < len(everything)
    page.get_by_text(f"{kept:,} selected").wait_for()
    assert "asteroid" not in set(frame["label"].iloc[selected(page)])


def test_lasso_then_label_then_reload_and_the_labels_are_there(page, url, frame, path):
    open_explore(page, url)
    wait_for_grids(page)
    page.locator('[data-tool="lasso"]').click()
    drag(page, [(0.1, 0.1), (0.6, 0.08), (0.65, 0.5), (0.5, 0.9), (0.1, 0.85), (0.1, 0.1)], panel=1)
    rows = selected(page)[:]
    assert 2 < len(rows) <= 150
    page.get_by_text(f"{len(rows):,} alerts selected").wait_for()
    page.keyboard.press("l")
    assert "st-key-label-" in page.evaluate("() => document.activeElement.closest('[class*=st-key-label-]').className")
    page.locator('[class*="st-key-label-"] button', has_text="bogus").click()
    if len(rows) > 50:
        page.locator(".st-key-sure button").click()
    page.wait_for_function(
        "(n) => window.__ztfexplore.explore.colour.entries.find((entry) => entry.name === 'bogus').count >= n",
        arg=len(rows),
    )
    latest = Annotations.open(path).latest()
    assert set(latest["candid"]) == set(frame["candid"].iloc[rows]) and set(latest["label"]) == {"bogus"}
    open_explore(page, url, f"?candid={frame['candid'].iloc[rows[0]]}")
    wait_for_object(page, int(frame["candid"].iloc[rows[0]]))
    assert "bogus" in page.locator('[data-testid="stamps"]').first.inner_text()
    assert "person:" in page.locator(".st-key-labelling").inner_text()


def test_a_neighbour_then_back(page, url, frame):
    open_explore(page, url)
    row = clear_of_others(page, list(range(len(frame))), 0)[5]
    first = int(frame["candid"].iloc[row])
    click_point(page, row, 0)
    wait_for_object(page, first)
    card = page.locator(".zx-card").nth(2)
    second = int(card.get_attribute("data-candid"))
    card.click()
    wait_for_object(page, second)
    page.wait_for_url(f"**candid={second}**")
    page.go_back()
    wait_for_object(page, first)
    assert f"candid={first}" in page.url


def test_arrows_walk_the_neighbours_and_escape_lets_go(page, url, frame):
    open_explore(page, url, f"?candid={frame['candid'].iloc[9]}")
    wait_for_object(page, int(frame["candid"].iloc[9]))
    focused = "() => document.activeElement.dataset.candid"
    cards = page.locator(".zx-card").evaluate_all("cards => cards.map(c => c.dataset.candid)")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == cards[0]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == cards[1]
    expect(page.locator(".zx-hovered")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) not in cards[:2]
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == cards[1]
    page.keyboard.press("Enter")
    wait_for_object(page, int(cards[1]))
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.search.includes('candid')")
    page.get_by_text("Click a point").first.wait_for()


def test_more_like_this_and_not_like_that(page, url, frame):
    open_explore(page, url, f"?candid={frame['candid'].iloc[9]}")
    wait_for_object(page, int(frame["candid"].iloc[9]))
    before = page.locator(".zx-card").evaluate_all("cards => cards.map(c => c.dataset.candid)")
    cell = page.locator(".zx-cell").nth(4)
    cell.hover()
    cell.locator(".zx-extra").first.click()
    page.wait_for_url("**like=**")
    expect(page.locator(".zx-chip-like")).to_have_count(2)
    after = page.locator(".zx-card").evaluate_all("cards => cards.map(c => c.dataset.candid)")
    assert before[4] not in after and str(frame["candid"].iloc[9]) not in after
    page.locator(".zx-card").nth(7).click(modifiers=["Alt"])
    page.wait_for_url("**unlike=**")
    expect(page.locator(".zx-chip-unlike")).to_have_count(1)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.locator(".zx-chip-unlike").wait_for()
    expect(page.locator(".zx-chip-like")).to_have_count(2)
    page.locator(".zx-chip-unlike").click()
    page.locator(".zx-chip-unlike").wait_for(state="detached")


def test_a_click_on_what_is_picked_already_changes_nothing(page, url, frame):
    open_explore(page, url)
    row = clear_of_others(page, list(range(len(frame))), 0)[5]
    for _ in range(2):
        click_point(page, row, 0)
        wait_for_object(page, int(frame["candid"].iloc[row]))
    page.wait_for_timeout(800)
    assert page.locator('[data-testid="object-card"]').evaluate("card => getComputedStyle(card).opacity") == "1"
