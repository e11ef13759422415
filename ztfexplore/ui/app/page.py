"""How every page begins. Each must run alone: on a fresh server a deep link may run it without app.py."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import streamlit as st
from filelock import FileLock

from ztfexplore import demo, paths
from ztfexplore.errors import ZtfexploreError
from ztfexplore.registry import LAST
from ztfexplore.ui import state
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View, view

CHOSEN = "chosen-catalogue"
STYLE = """<style>
[data-testid="stMainBlockContainer"] {padding: 2.2rem 1.5rem 1rem; max-width: none}
[data-testid="stHeader"] {height: 2rem; min-height: 2rem}
[data-testid="stMainBlockContainer"] [data-testid="stVerticalBlock"] {gap: .5rem}
.st-key-found button {min-height: 0; padding: .1rem .5rem}
.st-key-found button p {font-size: .8rem}
</style>"""


def begin(title: str, icon: str = "", order: float = LAST) -> None:
    """Set up the page. The first call of every page, and where it declares itself: see `declared`.

    Args:
        title: in the navigation and the browser's tab.
        icon: in the navigation: an emoji, see `PageFile`.
        order: where it stands in the navigation, which is read off the file.
    """
    st.set_page_config(page_title=f"{title} · ztfexplore", page_icon="🔭", layout="wide")
    st.html(STYLE)
    state.arrive(title)


def ensure_catalogue() -> None:
    """If there is no catalogue at all, build the demo, with progress."""
    found = state.catalogues()
    try:
        if not found or (set(found.values()) == {paths.DEMO} and not demo.is_complete(paths.DEMO)):
            _build_demo()
    except ZtfexploreError as error:
        # Not deleted: it may hold people's labels.
        stop(f"The demo cannot be built: {error}", f"mv {paths.DEMO} {paths.DEMO}-old    # then reload this page")


def choose_catalogue() -> View:
    """The chosen catalogue; if it cannot be read, says so and ends the page."""
    found = state.catalogues()
    names = list(found)
    asked = state.get(state.CATALOGUE)
    chosen = asked if asked in names else names[0]
    if asked is not None and asked != chosen:
        st.toast(
            escape_markdown(f"There is no catalogue {asked[:60]!r} here; {chosen!r} is shown instead."),
            icon=":material/error:",
        )
        _put_catalogue(chosen)
    # The box follows the URL by its key. With `index`, every change would make a new box that loses the next change.
    st.session_state[CHOSEN] = chosen
    st.selectbox("Catalogue", names, key=CHOSEN, on_change=lambda: _put_catalogue(st.session_state[CHOSEN]))
    try:
        return view(found[chosen])
    except ZtfexploreError as error:
        stop(str(error))


def _put_catalogue(name: str) -> None:
    state.put(state.CATALOGUE, name)
    state.put(state.CANDID, None)


def stop(message: str, hint: str | None = None) -> NoReturn:
    """Say what is wrong and what to do, then end the page."""
    st.error(message, icon=":material/error:")
    if hint:
        st.code(hint, language="bash")
    st.stop()


def _build_demo() -> None:
    """Only one session builds; the others wait for it."""
    paths.DATA.mkdir(parents=True, exist_ok=True)
    with st.status("Building the demo: simulated alerts, no network needed. This happens once.", expanded=True) as box:
        bar = st.progress(0.0)
        with FileLock(paths.DATA / ".demo.lock"):
            demo.build(Path(paths.DEMO), lambda text, share: bar.progress(min(share, 1.0), text=text))
        box.update(label="The demo is ready", state="complete")
    st.rerun()
