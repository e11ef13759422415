"""Wheel, drag and keys move a map at once, and its points are drawn again only when it rests."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.support.browser import (
    clear_of_others,
    click_point,
    drag,
    open_explore,
    point_on_screen,
    ring_on_screen,
    wait_for_grids,
    wait_for_object,
)

pytestmark = pytest.mark.browser

RANGES = """() => window.__ztfexplore.explore.panels.map(
    ({ plot: { _fullLayout: { xaxis, yaxis } } }) => [...xaxis.range, ...yaxis.range])"""
# Where the browser shows the point of a row in the picture of the last drawing, moved as it is now.
IN_PICTURE = """([row, panel]) => {
    const { plot, points: { x, y } } = window.__ztfexplore.explore.panels[panel];
    const { xaxis, yaxis, _size } = plot._fullLayout;
    const canvas = plot.querySelector('.gl-container canvas');
    const box = canvas.getBoundingClientRect();
    return [
        box.left + (_size.l + xaxis.d2p(x[row])) * box.width / canvas.offsetWidth,
        box.top + (_size.t + yaxis.d2p(y[row])) * box.height / canvas.offsetHeight,
    ];
}"""
# Hold back the drawing, and count how often it was asked for.
HOLD = """() => {
    const relayout = window.Plotly.relayout;
    window.__asked = [];
    window.Plotly.relayout = (...what) => window.__asked.push(what);
    window.__release = () => {
        window.Plotly.relayout = relayout;
        window.__asked.forEach((what) => relayout(...what));
    };
}"""
ROW = 40


@pytest.fixture
def picked(page, url, frame) -> Page:
    """The page with an object picked."""
    candid = frame["candid"].iloc[ROW]
    open_explore(page, url, f"?candid={candid}")
    wait_for_object(page, int(candid))
    wait_for_grids(page)
    return page


def off(one, other) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def wait_until_drawn(page: Page) -> None:
    page.wait_for_function(
        """() => window.__ztfexplore.explore.panels.every(({ seen, plot }) => seen === null ||
            Math.abs(seen.x[0] - plot._fullLayout.xaxis.range[0]) < 1e-9 * Math.abs(seen.x[0]) + 1e-12)"""
    )
    page.wait_for_timeout(300)  # what plotly does after


def test_the_wheel_moves_the_picture_with_its_rings_before_the_points_are_drawn_again(picked):
    before, other = point_on_screen(picked, ROW, 0), point_on_screen(picked, ROW, 1)
    picked.evaluate(HOLD)
    pointer = (before[0] + 30, before[1] + 20)
    picked.mouse.move(*pointer)
    picked.mouse.wheel(0, -240)
    picked.wait_for_function("() => window.__asked.length")  # it has come to rest
    moved = ring_on_screen(picked, 0)
    assert off(moved, before) > 10, "the wheel did not zoom"
    # Away from the pointer, which stays where it is.
    factor = [(moved[i] - pointer[i]) / (before[i] - pointer[i]) for i in (0, 1)]
    assert factor[0] == pytest.approx(factor[1], rel=0.05) and factor[0] > 1.2
    assert off(picked.evaluate(IN_PICTURE, [ROW, 0]), moved) < 1.5
    assert off(ring_on_screen(picked, 1), other) < 1.5  # the other map stays
    picked.evaluate("() => window.__release()")
    wait_until_drawn(picked)
    assert off(point_on_screen(picked, ROW, 0), moved) < 1.5
    assert off(picked.evaluate(IN_PICTURE, [ROW, 0]), moved) < 1.5
    assert off(ring_on_screen(picked, 0), moved) < 1.5


def test_many_steps_of_the_wheel_are_drawn_once(picked):
    before = picked.evaluate(RANGES)
    picked.evaluate(HOLD)
    picked.evaluate(
        """() => {
            const plot = document.querySelector('.zx-plot'), box = plot.getBoundingClientRect();
            const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
            for (let i = 0; i < 5; i++)
                plot.dispatchEvent(new WheelEvent('wheel', { deltaY: -50, bubbles: true, cancelable: true, ...at }));
        }"""
    )
    picked.wait_for_function("() => window.__asked.length")
    picked.wait_for_timeout(500)
    assert picked.evaluate("() => window.__asked.length") == 1
    picked.evaluate("() => window.__release()")
    wait_until_drawn(picked)
    after = picked.evaluate(RANGES)
    factor = (before[0][1] - before[0][0]) / (after[0][1] - after[0][0])
    assert factor == pytest.approx(np.exp(5 * 50 * 0.0018), rel=1e-6)


def test_everything_asked_for_while_the_map_still_moves_is_everything(picked):
    before = point_on_screen(picked, ROW, 0)
    picked.evaluate(
        """() => {
            const plot = document.querySelector('.zx-plot'), box = plot.getBoundingClientRect();
            const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
            plot.dispatchEvent(new WheelEvent('wheel', { deltaY: -200, bubbles: true, cancelable: true, ...at }));
            return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
                document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'f', bubbles: true }));
                setTimeout(done, 800);
            })));
        }"""
    )
    assert off(picked.evaluate(IN_PICTURE, [ROW, 0]), before) < 1.5
    assert off(ring_on_screen(picked, 0), before) < 1.5


def test_dragging_moves_the_points_with_the_mouse_and_picks_nothing(picked):
    address, before = picked.url, point_on_screen(picked, ROW, 1)
    box = picked.locator(".zx-plot").nth(1).bounding_box()
    drag(picked, [(0.5, 0.5), (0.6, 0.45)], panel=1)
    wait_until_drawn(picked)
    expected = (before[0] + 0.1 * box["width"], before[1] - 0.05 * box["height"])
    assert off(point_on_screen(picked, ROW, 1), expected) < 1.5
    assert off(picked.evaluate(IN_PICTURE, [ROW, 1]), expected) < 1.5
    assert picked.url == address


def test_a_click_while_the_map_still_moves_means_what_is_seen(picked, frame):
    picked.evaluate(HOLD)
    box = picked.locator(".zx-plot").nth(0).bounding_box()
    drag(picked, [(0.5, 0.5), (0.45, 0.55)])
    row = next(row for row in clear_of_others(picked, list(range(len(frame))), 0, 4) if row != ROW)
    x, y = picked.evaluate(IN_PICTURE, [row, 0])
    assert off(point_on_screen(picked, row, 0), (x, y)) > 10
    assert box["x"] < x < box["x"] + box["width"] and box["y"] < y < box["y"] + box["height"]
    picked.mouse.click(x, y)
    wait_for_object(picked, int(frame["candid"].iloc[row]))


def test_keys_zoom_both_maps_around_the_picked_object_and_f_or_a_double_click_shows_everything(picked):
    whole = picked.evaluate(RANGES)
    before = [point_on_screen(picked, ROW, panel) for panel in (0, 1)]
    picked.keyboard.press("+")
    wait_until_drawn(picked)
    near = picked.evaluate(RANGES)
    for panel in (0, 1):
        assert near[panel][1] - near[panel][0] == pytest.approx((whole[panel][1] - whole[panel][0]) / 1.5)
        assert off(point_on_screen(picked, ROW, panel), before[panel]) < 1.5
    picked.keyboard.press("f")
    wait_until_drawn(picked)
    assert picked.evaluate(RANGES) == whole
    picked.keyboard.press("-")
    wait_until_drawn(picked)
    assert picked.evaluate(RANGES) != whole
    picked.locator(".zx-plot").nth(0).dblclick(position={"x": 40, "y": 30})
    wait_until_drawn(picked)
    assert picked.evaluate(RANGES)[0] == whole[0]
    assert picked.evaluate(RANGES)[1] != whole[1]


def test_other_colours_keep_what_is_seen(picked):
    picked.keyboard.press("+")
    wait_until_drawn(picked)
    near = picked.evaluate(RANGES)
    picked.evaluate("() => document.querySelectorAll('.gl-canvas').forEach((canvas) => { canvas.dataset.old = '1'; })")
    colour = picked.evaluate("() => window.__ztfexplore.explore.drawn")
    picked.get_by_role("combobox", name="Colour by").click()
    picked.get_by_role("option", name="magnitude", exact=True).click()
    picked.wait_for_function("(was) => window.__ztfexplore.explore.drawn !== was", arg=colour)
    picked.wait_for_timeout(500)
    assert picked.evaluate(RANGES) == near
    # Neither are there new WebGL contexts, of which a browser has few.
    assert picked.evaluate("() => [...document.querySelectorAll('.gl-canvas')].every((canvas) => canvas.dataset.old)")


def test_what_is_clicked_after_a_zoom_is_the_point_under_the_mouse(picked, frame):
    for _ in range(2):
        picked.keyboard.press("+")
    wait_until_drawn(picked)
    box = picked.locator(".zx-plot").nth(0).bounding_box()
    inside = [
        row
        for row in clear_of_others(picked, list(range(len(frame))), 0)
        if row != ROW and box["x"] + 40 < point_on_screen(picked, row, 0)[0] < box["x"] + box["width"] - 40
        and box["y"] + 40 < point_on_screen(picked, row, 0)[1] < box["y"] + box["height"] - 40
    ]  # fmt: skip
    click_point(picked, inside[0], 0)
    wait_for_object(picked, int(frame["candid"].iloc[inside[0]]))


def test_a_press_on_the_map_takes_the_keys_from_a_box(picked):
    whole = picked.evaluate(RANGES)
    box = picked.get_by_placeholder("id, candid, RA Dec")
    box.click()
    picked.keyboard.press("f")
    assert box.input_value() == "f"
    box.fill("")
    picked.locator(".zx-plot").nth(0).click(position={"x": 30, "y": 20})
    picked.keyboard.press("+")
    wait_until_drawn(picked)
    assert picked.evaluate(RANGES) != whole
    assert box.input_value() == ""


def test_zooming_on_few_objects_does_not_hold_the_rest_back(picked, frame):
    """With all classes but one hidden everything is small; with all of them back it is not too large to zoom."""
    labels = frame["label"].dropna().unique().tolist()
    for name in labels[1:]:
        picked.locator(".zx-entry", has_text=name).click()
    picked.keyboard.press("+")
    wait_until_drawn(picked)
    for name in labels[1:]:
        picked.locator(".zx-entry", has_text=name).click()
    picked.keyboard.press("f")
    wait_until_drawn(picked)
    whole = picked.evaluate(RANGES)
    for _ in range(2):
        picked.keyboard.press("-")
    wait_until_drawn(picked)
    after = picked.evaluate(RANGES)
    assert after[0][1] - after[0][0] == pytest.approx((whole[0][1] - whole[0][0]) * 1.5**2)
