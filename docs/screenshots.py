"""Take the pictures of the documentation: every page on the built-in catalogues, light and dark. Needs Chromium.

Usage: python docs/screenshots.py [NAME ...]    all of them, or those of SHOTS that are named
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.browser import browser_page, served, wait_for_object  # noqa: E402
from ztfexplore import demo, paths  # noqa: E402
from ztfexplore.catalogue.catalogue import Catalogue  # noqa: E402

WAIT_MS = 180_000
# What nothing on the page announces: fonts, the last frame of a chart, thumbnails.
LAST_MS = 1500


@dataclass(frozen=True)
class Shot:
    """One picture in each theme, docs/NAME-light.png and docs/NAME-dark.png.

    Attributes:
        name: of the picture.
        page: its file in pages/, without the ending; a page that is not there is left out.
        catalogue: what it shows.
        ready: what has to be done or waited for once the page is there; told the query.
        query: what follows the address.
        picked: finds the candid that the query gets, if any.
    """

    name: str
    page: str
    catalogue: Path
    ready: Callable[[Page, dict[str, str]], object]
    query: tuple[tuple[str, str], ...] = ()
    picked: Callable[[Catalogue], int] | None = None


# --- what is picked ------------------------------------------------------------------------------------------------


def a_supernova(catalogue: Catalogue) -> int:
    """A bright one."""
    frame = catalogue.frame()
    return int(frame.loc[(frame["label"] == "SN") & (frame["magnitude"] < 19), "candid"].iloc[0])


def a_large_galaxy(catalogue: Catalogue) -> int:
    """A flat one, well inside the picture, on its own."""
    frame = catalogue.frame()
    inside = frame["x"].between(100, 900) & frame["y"].between(100, 770)
    large = frame[inside & (frame["isophotal_area"] > 150) & (frame["ellipticity"] > 0.4) & (frame["touching"] == 0)]
    return int(large["candid"].iloc[0])


# --- when a page is ready ------------------------------------------------------------------------------------------


def settled(page: Page, query: dict[str, str] | None = None) -> None:
    """Until the script has run, and every chart has been drawn."""
    page.wait_for_timeout(500)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=WAIT_MS)
    page.wait_for_function(
        """() => !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]') &&
            [...document.querySelectorAll('[data-testid="stPlotlyChart"]')].every((one) => one.querySelector('svg'))""",
        timeout=WAIT_MS,
    )


def maps_and_object(page: Page, query: dict[str, str]) -> None:
    """Both maps, the picked object and its neighbours."""
    page.wait_for_selector('.zx-maps[data-ready="true"]', timeout=WAIT_MS)
    wait_for_object(page, int(query["candid"]))


def trained(page: Page, query: dict[str, str]) -> None:
    """A probe that has been trained."""
    settled(page)
    page.locator(".st-key-train button").click(timeout=WAIT_MS)
    page.get_by_test_id("probe-card").first.wait_for(timeout=WAIT_MS)
    settled(page)


# --- the pictures: a line each -------------------------------------------------------------------------------------

SHOTS = (
    Shot("explore", "explore", paths.DEMO, maps_and_object, picked=a_supernova),
    Shot("galaxies", "explore", paths.GALAXIES, maps_and_object, picked=a_large_galaxy),
    Shot("probe", "probe", paths.DEMO, trained),
    Shot("augmentations", "augmentations", paths.DEMO, settled, picked=a_supernova),
    Shot("research", "research", paths.DEMO, settled),
    Shot("data", "data", paths.DEMO, settled, query=(("section", "counts"),)),
)


def main(names: list[str]) -> None:
    """Build the catalogues if need be, and take the pictures of the pages that exist."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed")
    unknown = set(names) - {shot.name for shot in SHOTS}
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(shot.name for shot in SHOTS)}")
    demo.build(paths.DEMO)
    demo.build_galaxies(paths.GALAXIES)
    for shot in SHOTS:
        if (not names or shot.name in names) and (ROOT / "pages" / f"{shot.page}.py").exists():
            take(chromium, shot)
            print(shot.name)


def take(chromium: str, shot: Shot) -> None:
    """Serve the catalogue, open the page, and wait until it is worth a picture."""
    query = dict(shot.query)
    if shot.picked is not None:
        query["candid"] = str(shot.picked(Catalogue.open(shot.catalogue)))
    path = "" if shot.page == "explore" else shot.page
    with tempfile.TemporaryDirectory() as folder, served(shot.catalogue, Path(folder) / "app.log") as url:
        for theme in ("light", "dark"):
            with browser_page(chromium, dark=theme == "dark") as page:
                page.goto(url)  # a cold server that is first asked for another page knows only that one
                page.wait_for_selector('.zx-maps[data-ready="true"]', timeout=WAIT_MS)
                page.goto(f"{url}/{path}?{urlencode(query)}")
                shot.ready(page, query)
                settled(page)
                page.mouse.move(0, 0)
                page.wait_for_timeout(LAST_MS)
                page.screenshot(path=ROOT / "docs" / f"{shot.name}-{theme}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
