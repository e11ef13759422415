"""Take the pictures of the README: the explore page on the built-in catalogues, light and dark. Needs Chromium.

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
    """Build the catalogues if need be, open an object of each with its neighbours, and save the pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed")
    demo.build(paths.DEMO)
    demo.build_galaxies(paths.GALAXIES)
    frame = Catalogue.open(paths.DEMO).frame()
    supernova = int(frame.loc[(frame["label"] == "SN") & (frame["magnitude"] < 19), "candid"].iloc[0])
    take(chromium, paths.DEMO, supernova, "explore")
    frame = Catalogue.open(paths.GALAXIES).frame()
    inside = frame["x"].between(100, 900) & frame["y"].between(100, 770)
    large = frame[inside & (frame["isophotal_area"] > 150) & (frame["ellipticity"] > 0.4) & (frame["touching"] == 0)]
    take(chromium, paths.GALAXIES, int(large["candid"].iloc[0]), "galaxies")


def take(chromium: str, catalogue: Path, candid: int, name: str) -> None:
    """A picture in each theme, docs/NAME-light.png and docs/NAME-dark.png."""
    with tempfile.TemporaryDirectory() as folder, served(catalogue, Path(folder) / "app.log") as url:
        for theme in ("light", "dark"):
            with browser_page(chromium, dark=theme == "dark") as page:
                open_explore(page, url, f"?candid={candid}")
                wait_for_object(page, candid)
                page.wait_for_timeout(1500)
                page.screenshot(path=ROOT / "docs" / f"{name}-{theme}.png")


if __name__ == "__main__":
    main()
