"""How long is a click? From the mouse button to stamps and 24 neighbours painted, against a bare rerun.

Also: from the pointer on a point to its stamp beside it; from a step of the wheel to the map moved, and to its points
drawn again; and from an address to the maps drawn (first paint, warm server). The baseline is the rerun of a Streamlit
page that holds nothing but a button and a line of text, in the same browser and the same run: machines differ, ratios
less so. All times are taken in the page, from the event to the frame after its effect is there.

Usage: python benchmarks/click.py [CATALOGUE] [--clicks 15] [--rows 100000]
       (with --rows: an invented catalogue of that size, see large_catalogue.py, created at CATALOGUE if missing)
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page  # noqa: E402

from benchmarks import _results  # noqa: E402
from benchmarks.large_catalogue import build  # noqa: E402
from tests.support.browser import browser_page, clear_of_others, open_explore, point_on_screen, served  # noqa: E402
from ztfexplore import paths  # noqa: E402
from ztfexplore.catalogue.catalogue import Catalogue  # noqa: E402

BARE = """
import streamlit as st
st.session_state.setdefault("n", 0)
if st.button("go"):
    st.session_state.n += 1
st.html(f'<p id="n">{st.session_state.n}</p>')
"""
# Milliseconds from an event to the frame after a condition holds.
WATCH = """([event, condition]) => {
    window.__took = null;
    const holds = new Function("return " + condition);
    addEventListener(event, () => {
        const start = performance.now();
        const look = () => holds()
            ? requestAnimationFrame(() => setTimeout(() => { window.__took = performance.now() - start; }))
            : requestAnimationFrame(look);
        look();
    }, { capture: true, once: true });
}"""
NEIGHBOURS_PAINTED = """
    document.querySelector('[data-testid="neighbours"]')?.dataset.picked === "%s" &&
    document.querySelector('[data-testid="stamps"]')?.dataset.row === "%s" &&
    document.querySelectorAll('.zx-card img').length === 24 &&
    [...document.querySelectorAll('.zx-card img')].every((image) => image.complete && image.naturalWidth)
"""
STAMP_SHOWN = """(() => {
    const tip = document.querySelector('.zx-tip:not([hidden])');
    return tip && tip.dataset.row === "%s" && tip.querySelector('img').naturalWidth > 0;
})()"""
# The first map shows another part than before: its picture was moved or drawn again.
MAP_MOVED = """(() => {
    const { plot, seen } = window.__ztfexplore.explore.panels[0];
    const range = plot._fullLayout.xaxis.range.join();
    return range !== window.__range || (seen && plot.querySelector('.gl-container canvas').style.transform !== '');
})()"""
MAP_DRAWN = "window.__ztfexplore.explore.panels[0].plot._fullLayout.xaxis.range.join() !== window.__range"
REMEMBER = "() => { window.__range = window.__ztfexplore.explore.panels[0].plot._fullLayout.xaxis.range.join(); }"
WHEEL_PIXELS = 120  # a notch of most mice
WARM_UP = 2
SAMPLE = 20_000  # rows among which to find some that a mouse cannot miss


def took(page: Page) -> float:
    """Seconds that the watched event took."""
    page.wait_for_function("() => window.__took !== null", timeout=60_000)
    return page.evaluate("() => window.__took") / 1000


def press(page: Page) -> None:
    """A short click at the mouse's position."""
    page.mouse.down()
    page.mouse.up()


def time_hover(page: Page, row: int) -> float:
    """Seconds from the pointer's move onto a point until its stamp is beside it."""
    x, y = point_on_screen(page, row, 0)
    page.mouse.move(5, 5)
    page.wait_for_timeout(150)
    page.evaluate(WATCH, ["pointermove", STAMP_SHOWN % row])
    page.mouse.move(x, y)
    return took(page)


def time_click(page: Page, row: int, candid: int) -> float:
    """Seconds from the press on a point until its stamps and its neighbours' pictures are painted."""
    page.evaluate(WATCH, ["pointerdown", " ".join((NEIGHBOURS_PAINTED % (candid, row)).split())])
    press(page)
    return took(page)


def time_wheel(page: Page, until: str, step: int) -> float:
    """Seconds from a step of the wheel until the first map has moved, or is drawn again."""
    page.evaluate(REMEMBER)
    page.evaluate(WATCH, ["wheel", " ".join(until.split())])
    page.mouse.wheel(0, step)
    seconds = took(page)
    page.wait_for_function(f"() => {MAP_DRAWN}", timeout=60_000)
    page.wait_for_timeout(300)
    return seconds


def time_bare(page: Page, count: int) -> float:
    """Seconds from the press on the button until the page shows `count`."""
    page.get_by_role("button", name="go").hover()
    page.evaluate(WATCH, ["pointerdown", f"document.querySelector('#n')?.textContent === '{count}'"])
    press(page)
    return took(page)


def time_first_paint(page: Page, url: str) -> float:
    """Seconds from the address to both maps drawn."""
    start = time.perf_counter()
    open_explore(page, url)
    return time.perf_counter() - start


def measure(page: Page, url: str, bare_url: str, candids: list[int], clicks: int) -> dict[str, float]:
    """Hover, click and rerun in turn; medians in seconds and ratios."""
    time_first_paint(page, url)  # warms the server
    first = time_first_paint(page, url)
    other = page.context.browser.new_page()
    other.goto(bare_url)
    other.wait_for_selector("#n")
    sample = random.Random(1).sample(range(len(candids)), min(len(candids), SAMPLE))
    rows = clear_of_others(page, sample, 0)[: clicks + WARM_UP]
    hovers, ours, bare = [], [], []
    for count, row in enumerate(rows, 1):
        page.bring_to_front()
        hovers.append(time_hover(page, row))
        page.wait_for_timeout(200)
        ours.append(time_click(page, row, candids[row]))
        page.wait_for_timeout(700)
        other.bring_to_front()
        bare.append(time_bare(other, count))
    page.bring_to_front()
    wheels = {
        until: [time_wheel(page, until, step) for _ in range(clicks // 2) for step in (-WHEEL_PIXELS, WHEEL_PIXELS)]
        for until in (MAP_MOVED, MAP_DRAWN)
    }
    hovers, ours, bare = (times[WARM_UP:] for times in (hovers, ours, bare))
    return {
        "clicks": len(ours),
        "click_s": round(statistics.median(ours), 3),
        "hover_s": round(statistics.median(hovers), 3),
        "bare_rerun_s": round(statistics.median(bare), 3),
        "click_ratio": round(statistics.median(a / b for a, b in zip(ours, bare, strict=True)), 2),
        "hover_ratio": round(statistics.median(a / b for a, b in zip(hovers, bare, strict=True)), 2),
        "wheel_s": round(statistics.median(wheels[MAP_MOVED]), 3),
        "wheel_drawn_s": round(statistics.median(wheels[MAP_DRAWN]), 3),
        "first_paint_s": round(first, 2),
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalogue", nargs="?", type=Path, default=paths.DEMO)
    parser.add_argument("--clicks", type=int, default=15)
    parser.add_argument("--rows", type=int, help="create an invented catalogue with this many rows")
    _results.add_options(parser)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed")
    if options.rows is not None:
        build(options.catalogue, options.rows)
    candids = Catalogue.open(options.catalogue).frame(["candid"])["candid"].tolist()
    with tempfile.TemporaryDirectory() as folder:
        script, log = Path(folder) / "bare.py", Path(folder) / "app.log"
        script.write_text(BARE, encoding="utf-8")
        with (
            served(options.catalogue, log) as url,
            served(options.catalogue, log, str(script)) as bare_url,
            browser_page(chromium) as page,
        ):
            found = {"objects": len(candids), **measure(page, url, bare_url, candids, options.clicks)}
    _results.write(options, f"{len(candids)} alerts", found)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
