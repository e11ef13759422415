"""The maps when something changes under them: encoders, pages, the theme, the network, a message that gets lost."""

from __future__ import annotations

import re

import pytest

from tests.support.browser import (
    clear_of_others,
    click_point,
    drag,
    open_explore,
    selected,
    wait_for_grids,
    wait_for_object,
)

pytestmark = pytest.mark.browser
STORE = "window.__ztfexplore.explore"


def choose(page, box: str, option: str) -> None:
    page.get_by_role("combobox", name=box).click()
    page.get_by_role("option", name=option, exact=True).click()


def open_maps(page, url, query: str = "") -> None:
    open_explore(page, url, query)
    wait_for_grids(page)


def redrawn(page, encoders: list[str]) -> None:
    page.wait_for_function(
        f"names => {STORE}.panels.every(p => p.grid) && {STORE}.root.dataset.ready === 'true' &&"
        f" {STORE}.maps.panels.map(p => p.encoder).join() === names.join()",
        arg=encoders,
    )


def go_to(page, title: str) -> None:
    page.get_by_test_id("stTopNav").get_by_role("link", name=title, exact=True).click()


def listeners(page) -> dict[str, int]:
    """How many listeners the window and a plot have, by what they listen to."""
    client = page.context.new_cdp_session(page)
    window = client.send("Runtime.evaluate", {"expression": "window"})["result"]["objectId"]
    found = [each["type"] for each in client.send("DOMDebugger.getEventListeners", {"objectId": window})["listeners"]]
    plot = page.evaluate(f"() => {STORE}.panels[0].plot._ev.listeners('plotly_afterplot').length")
    return {"pointerup": found.count("pointerup"), "resize": found.count("resize"), "plot": plot}


def test_a_selection_stays_with_other_encoders_and_other_pages_until_it_is_cleared(page, url):
    open_maps(page, url)
    page.locator('[data-tool="box"]').click()
    drag(page, [(0.1, 0.1), (0.8, 0.9)])
    rows = selected(page)
    assert len(rows) > 5
    page.get_by_text(f"{len(rows):,} alerts selected").wait_for()
    choose(page, "Left map", "S-SimCLR")
    redrawn(page, ["s-simclr", "s-simclr"])
    assert selected(page) == rows and page.locator(".zx-dimmed").count() == 2
    go_to(page, "Augmentations")
    page.wait_for_url("**/augmentations**")
    go_to(page, "Explore")
    page.wait_for_selector('.zx-maps[data-ready="true"]')
    page.get_by_text(f"{len(rows):,} alerts selected").wait_for()
    assert selected(page) == rows and page.locator(".zx-dimmed").count() == 2
    page.locator(".st-key-selection-clear button").click()
    page.wait_for_function("() => document.querySelectorAll('.zx-dimmed').length === 0")
    assert selected(page) == []


def test_a_hidden_class_stays_hidden_with_other_encoders_and_cannot_be_selected(page, url, frame):
    open_maps(page, url)
    page.locator(".zx-entry", has_text="bogus").click()
    choose(page, "Left map", "S-SimCLR")
    redrawn(page, ["s-simclr", "s-simclr"])
    assert page.locator(".zx-entry", has_text="bogus").get_attribute("aria-pressed") == "false"
    shown = page.evaluate(f"() => {STORE}.panels.map(p => p.plot.data.find(t => t.name === 'bogus').visible)")
    assert shown == [False, False]
    page.locator('[data-tool="lasso"]').click()
    drag(page, [(0.05, 0.02), (0.98, 0.02), (0.98, 0.92), (0.05, 0.92)])
    rows = selected(page)
    assert len(rows) > 20 and "bogus" not in set(frame["label"].iloc[rows])


def test_changing_encoders_and_pages_leaves_no_listeners_behind(page, url):
    open_maps(page, url)
    before = listeners(page)
    choose(page, "Left map", "S-SimCLR")
    redrawn(page, ["s-simclr", "s-simclr"])
    choose(page, "Left map", "SimCLR")
    redrawn(page, ["simclr", "s-simclr"])
    assert listeners(page) == before
    for _ in range(2):
        go_to(page, "Augmentations")
        page.wait_for_url("**/augmentations**")
        page.wait_for_function(f"() => {STORE}.root === null")
        go_to(page, "Explore")
        page.wait_for_selector('.zx-maps[data-ready="true"]')
    assert listeners(page) == before


def test_the_axes_follow_the_theme(page, url):
    open_maps(page, url)
    colour = f"() => {STORE}.panels[1].plot._fullLayout.xaxis.title.font.color"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"light => ({colour})() !== light", arg=light)


def test_maps_that_cannot_be_fetched_say_so_and_can_be_tried_again(page, url):
    page.route(re.compile("/zx/bytes"), lambda route: route.abort())
    page.goto(url)
    page.get_by_text("The maps cannot be drawn: the server does not answer").wait_for()
    page.unroute(re.compile("/zx/bytes"))
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector('.zx-maps[data-ready="true"]')
    assert page.locator(".zx-problem").count() == 0


def test_neighbours_and_stamps_that_cannot_be_fetched_say_so_and_can_be_tried_again(page, url, frame):
    open_maps(page, url)
    lost = re.compile("/zx/.*/(near|pixels)")
    page.route(lost, lambda route: route.abort())
    row = clear_of_others(page, list(range(len(frame))), 0)[4]
    click_point(page, row, 0)
    page.get_by_text("No neighbours: the server does not answer").wait_for()
    page.get_by_text("No stamps: the server does not answer").wait_for()
    page.unroute(lost)
    click_point(page, row, 0)
    wait_for_object(page, int(frame["candid"].iloc[row]))
    page.locator('[data-testid="stamps"] canvas').first.wait_for()
    page.wait_for_function("() => document.querySelectorAll('.zx-problem').length === 0")


def test_a_pick_that_was_lost_on_the_way_is_sent_again(page, url, frame):
    """As by a server that starts anew: otherwise the card below would stay another object's."""
    open_maps(page, url, f"?candid={frame['candid'].iloc[9]}")
    wait_for_object(page, int(frame["candid"].iloc[9]))
    page.evaluate(
        f"() => {{ const {{ sender }} = {STORE}, {{ trigger }} = sender;"
        " sender.trigger = () => (sender.trigger = trigger); }"
    )
    row = next(row for row in clear_of_others(page, list(range(len(frame))), 0) if row != 9)
    click_point(page, row, 0)
    wait_for_object(page, int(frame["candid"].iloc[row]))
    assert f"candid={frame['candid'].iloc[row]}" in page.url


def test_escape_while_drawing_keeps_what_was_selected(page, url):
    open_maps(page, url)
    page.locator('[data-tool="box"]').click()
    drag(page, [(0.3, 0.3), (1.3, 1.2)])  # past the edge: up to it
    rows = selected(page)
    outside = page.evaluate(
        f"""() => {{
            const {{ plot, points: {{ x, y }} }} = {STORE}.panels[0], {{ xaxis, yaxis }} = plot._fullLayout;
            const [left, high] = [xaxis.p2d(0.4 * xaxis._length), yaxis.p2d(0.4 * yaxis._length)];
            const inside = (row) => x[row] > left && y[row] < high;
            return Array.from(x.keys()).filter(inside).filter((row) => !{STORE}.selection.includes(row)).length;
        }}"""
    )
    assert len(rows) > 2 and outside == 0
    box = page.locator(".zx-plot").first.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 200, steps=4)
    page.keyboard.press("Escape")
    page.mouse.move(box["x"] + 250, box["y"] + 220)
    page.mouse.up()
    assert selected(page) == rows
    assert not page.locator(".zx-outline path").first.get_attribute("d")
