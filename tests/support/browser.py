"""Serve the app and drive it in Chromium as a person would."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support.places import ROOT

READY_MS = 120_000
CLICK_MS = 30_000
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(catalogue: Path, log: Path, script: str = "app.py") -> Iterator[str]:
    """The app (or another script) on a free port, showing a catalogue; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true", f"--server.port={port}"]
    environment = {**os.environ, "ZTFEXPLORE_CATALOGUE": str(catalogue)}
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://localhost:{port}/_stcore/health", log)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(url: str, log: Path, seconds: float = 60) -> None:
    for _ in range(int(seconds * 5)):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the app did not start:\n{log.read_text()}")


@contextmanager
def browser_page(executable: str, dark: bool = False) -> Iterator[Page]:
    """An empty page in a fresh Chromium, 1280x800."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        try:
            yield browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark" if dark else "light")
        finally:
            browser.close()


def open_explore(page: Page, url: str, query: str = "") -> None:
    """Go to the explore page and wait until both maps are drawn."""
    page.goto(f"{url}/{query}")
    page.wait_for_selector('.zx-maps[data-ready="true"]', timeout=READY_MS)
    page.wait_for_selector('[data-testid="neighbours"]', state="attached")


def wait_for_grids(page: Page) -> None:
    """Until points can be found by place."""
    page.wait_for_function("() => window.__ztfexplore.explore.panels[0]?.grid")


def point_on_screen(page: Page, row: int, panel: int) -> tuple[float, float]:
    """Where a row's point is, in pixels of the page."""
    found = page.evaluate(
        """([row, panel]) => {
            const { plot, points: { x, y } } = window.__ztfexplore.explore.panels[panel];
            const layout = plot._fullLayout, box = plot.getBoundingClientRect();
            return [
                box.left + layout._size.l + layout.xaxis.d2p(x[row]),
                box.top + layout._size.t + layout.yaxis.d2p(y[row]),
            ];
        }""",
        [row, panel],
    )
    return found[0], found[1]


def ring_on_screen(page: Page, panel: int) -> tuple[float, float]:
    """The middle of the picked object's ring in a map, in pixels of the page; rings are made anew all the time."""
    found = page.wait_for_function(
        """(panel) => {
            const ring = document.querySelectorAll('.zx-marks')[panel]?.querySelector('.zx-picked');
            const box = ring?.getBoundingClientRect();
            return box && [box.x + box.width / 2, box.y + box.height / 2];
        }""",
        arg=panel,
    ).json_value()
    return found[0], found[1]


def click_point(page: Page, row: int, panel: int) -> None:
    """Move the mouse onto a row's point, wait for its hover, press for 40 ms."""
    x, y = point_on_screen(page, row, panel)
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y, steps=3)
    page.wait_for_timeout(250)
    page.mouse.down()
    page.wait_for_timeout(40)
    page.mouse.up()


def clear_of_others(page: Page, rows: list[int], panel: int, pixels: float = 2) -> list[int]:
    """Those of the rows that the mouse hits even if it is some pixels off, so that a click can mean only them."""
    wait_for_grids(page)
    return page.evaluate(
        """([rows, panel, pixels]) => {
            const { plot, grid, points: { x, y } } = window.__ztfexplore.explore.panels[panel];
            const layout = plot._fullLayout;
            const perPixel = (axis, length) => Math.abs(axis.range[1] - axis.range[0]) / length;
            const dx = perPixel(layout.xaxis, layout._size.w), dy = perPixel(layout.yaxis, layout._size.h);
            const hit = (px, py) => grid.nearest(px, py, 10 * dx, 10 * dy, () => true);
            const around = [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]];
            return rows.filter((row) => around.every(([i, j]) =>
                hit(x[row] + (i * pixels / 2) * dx, y[row] + (j * pixels / 2) * dy) === row));
        }""",
        [rows, panel, pixels],
    )


def wait_for_object(page: Page, candid: int) -> None:
    """Until the object's card and its neighbours in both embeddings are on screen."""
    page.wait_for_selector(f'[data-testid="neighbours"][data-picked="{candid}"]', timeout=CLICK_MS)
    page.locator('[data-testid="object-card"]', has_text=str(candid)).wait_for(timeout=CLICK_MS)


def drag(page: Page, corners: list[tuple[float, float]], panel: int = 0) -> None:
    """Press, move along corners given as shares of a map's size, let go."""
    box = page.locator(".zx-plot").nth(panel).bounding_box()
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def selected(page: Page) -> list[int]:
    """Rows that are selected in the maps."""
    return page.evaluate("() => Array.from(window.__ztfexplore.explore.selection ?? [])")
