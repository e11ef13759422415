"""How long is a click? From the mouse button to the object and its 24 neighbours painted, against a bare rerun.

The yardstick is the rerun of a Streamlit page that holds nothing but a button and a line of text, in the same
browser and the same run: machines differ, ratios less so.

Usage: python benchmarks/click.py [CATALOGUE] [--clicks 15]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page  # noqa: E402

from tests.browser.app import (  # noqa: E402
    browser_page,
    clear_of_others,
    open_explore,
    point_on_screen,
    served,
)
from ztfexplore import paths  # noqa: E402
from ztfexplore.catalogue import Catalogue  # noqa: E402

BARE = """
import streamlit as st
st.session_state.setdefault("n", 0)
if st.button("go"):
    st.session_state.n += 1
st.html(f'<p id="n">{st.session_state.n}</p>')
"""


FEWEST = 5  # two to warm up, three to measure


def clear_rows(page: Page, count: int, wanted: int) -> list[int]:
    """Rows whose points stand alone: rather few of them than any that a mouse could miss; a dense map has few."""
    rows: list[int] = []
    for pixels in (5, 4, 3, 2):
        rows = clear_of_others(page, list(range(count)), 0, pixels)
        if len(rows) >= FEWEST:
            break
    return rows[:wanted]


def time_click(page: Page, row: int, candid: int) -> float:
    """Seconds from the press on a point until its neighbours' pictures are painted."""
    x, y = point_on_screen(page, row, 0)
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y, steps=3)
    page.wait_for_timeout(250)
    start = time.perf_counter()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(f'[data-testid="neighbours"][data-picked="{candid}"]')
    page.wait_for_function("[...document.querySelectorAll('.zx-card img')].every(i => i.complete && i.naturalWidth)")
    return time.perf_counter() - start


def time_bare(page: Page, count: int) -> float:
    """Seconds from the press on the button until the page shows `count`."""
    button = page.get_by_role("button", name="go")
    button.hover()
    start = time.perf_counter()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("(n) => document.querySelector('#n')?.textContent === n", arg=str(count))
    return time.perf_counter() - start


def main() -> None:
    """Click in turn, print medians and the ratio as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalogue", nargs="?", type=Path, default=paths.DEMO)
    parser.add_argument("--clicks", type=int, default=15)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed")
    candids = Catalogue.open(options.catalogue).frame(["candid"])["candid"].tolist()
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        script, log = Path(folder) / "bare.py", Path(folder) / "app.log"
        script.write_text(BARE, encoding="utf-8")
        with (
            served(options.catalogue, log) as url,
            served(options.catalogue, log, str(script)) as bare_url,
            browser_page(chromium) as page,
        ):
            other = page.context.browser.new_page()
            other.goto(bare_url)
            other.wait_for_selector("#n")
            open_explore(page, url)
            rows = clear_rows(page, min(len(candids), 3000), options.clicks + 2)
            for count, row in enumerate(rows, 1):
                page.bring_to_front()
                ours.append(time_click(page, row, candids[row]))
                other.bring_to_front()
                bare.append(time_bare(other, count))
    ours, bare = ours[2:], bare[2:]  # the first two warm the caches
    result = {
        "objects": len(candids),
        "clicks": len(ours),
        "click_s": round(statistics.median(ours), 3),
        "bare_rerun_s": round(statistics.median(bare), 3),
        "ratio": round(statistics.median(a / b for a, b in zip(ours, bare, strict=True)), 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
