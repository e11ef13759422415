"""Take the pictures of the README: the pages on the built-in demo, light and dark. Needs Chromium.

Usage: python docs/screenshots.py
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.app import browser_page, open_explore, served, wait_for_object  # noqa: E402
from ztfexplore import demo, paths  # noqa: E402
from ztfexplore.catalogue import Catalogue  # noqa: E402


def main() -> None:
    """Build the demo if need be, open a supernova with its neighbours, and save the pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed")
    demo.build(paths.DEMO)
    frame = Catalogue.open(paths.DEMO).frame()
    candid = int(frame.loc[(frame["label"] == "SN") & (frame["magnitude"] < 19), "candid"].iloc[0])
    with tempfile.TemporaryDirectory() as folder, served(paths.DEMO, Path(folder) / "app.log") as url:
        for theme in ("light", "dark"):
            with browser_page(chromium, dark=theme == "dark") as page:
                open_explore(page, url, f"?candid={candid}")
                wait_for_object(page, candid)
                page.wait_for_timeout(1500)
                page.screenshot(path=ROOT / "docs" / f"explore-{theme}.png")


if __name__ == "__main__":
    main()
