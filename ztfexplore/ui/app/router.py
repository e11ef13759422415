"""The list of pages. The server runs this file for every session.

It does not lie beside pages/: Streamlit treats a folder of that name beside the script as pages of its own, and on a
fresh server a link to a page would then run that page without its navigation.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ztfexplore.ui.app import preload

FOLDER = Path(__file__).resolve().parents[3] / "pages"
# Title by file; the first is the one that opens.
PAGES = {
    "explore.py": "Explore",
    "probe.py": "Linear probe",
    "augmentations.py": "Augmentations",
    "research.py": "Research",
    "data.py": "Data",
}


def run() -> None:
    """Show the requested page below the navigation."""
    pages = [st.Page(FOLDER / name, title=title, default=name == next(iter(PAGES))) for name, title in PAGES.items()]
    st.navigation(pages, position="top").run()
    preload.start_preload()


if __name__ == "__main__":
    run()
