"""Which pages there are. The server runs this file for every visit.

It does not lie beside pages/: Streamlit makes pages of its own of a folder of that name beside the script, and on a
server that has served nobody yet a link to a page would run that page without its navigation.
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
    """Show the page that is asked for, below the names of all."""
    pages = [st.Page(FOLDER / name, title=title, default=name == next(iter(PAGES))) for name, title in PAGES.items()]
    st.navigation(pages, position="top").run()
    preload.start_preload()


if __name__ == "__main__":
    run()
