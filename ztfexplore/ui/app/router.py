"""The list of pages. The server runs this file for every session.

It does not lie beside pages/: Streamlit treats a folder of that name beside the script as pages of its own, and on a
fresh server a link to a page would then run that page without its navigation.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from ztfexplore.registry import attempt
from ztfexplore.ui.app import preload
from ztfexplore.ui.app.declared import PAGES, PageFile


def run() -> None:
    """Show the requested page below the navigation. The first page is the one that opens."""
    shown: list[st.Page] = []
    for page in PAGES.values():
        attempt(f"page {page.name}", partial(_add, shown, page))
    st.navigation(shown, position="top").run()
    preload.start_preload()


def _add(shown: list[st.Page], page: PageFile) -> None:
    """Raises StreamlitAPIException for a script that is not there and for an icon that is none."""
    made = st.Page(page.path, title=page.title, icon=page.icon or None, url_path=page.name, default=not shown)
    shown.append(made)


if __name__ == "__main__":
    run()
