"""Parts of a page that the browser draws: their registration with Streamlit, and what their messages share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ztfexplore.ui.server.assets import script_url

_HERE = Path(__file__).parent
# Streamlit sends this with every message; the rest is fetched only once.
_ENTRY = """export default function (component) {
  if (!component.data) return;
  const main = import(new URL(component.data.script, document.baseURI).href);
  main.then(({ mount }) => mount(component)).catch((error) => {
    const root = component.parentElement.querySelector(".zx-legend");
    if (root) root.textContent = `The maps cannot be drawn, reload the page: ${error.message}`;
  });
  return () => main.then(({ unmount }) => unmount(component), () => {});
}"""


@st.cache_resource(show_spinner=False)
def component(name: str, html: str) -> Callable[..., Any]:
    """The registered component with this name and content; the styles are read once per process."""
    css = "".join(path.read_text(encoding="utf-8") for path in sorted(_HERE.glob("*/*.css")))
    return st.components.v2.component(name, html=html, css=css, js=_ENTRY, isolate_styles=False)


def message(role: str, page: str, view_url: str) -> dict[str, Any]:
    """What every message contains.

    Args:
        role: 'maps', 'stamps' or 'panel', see linked_maps/main.js.
        page: the name that mounts of one page share.
        view_url: prefix of the addresses of queries about the rows.
    """
    return {"role": role, "page": page, "script": script_url("linked_maps/main.js"), "view": view_url}


def digest(*parts: object) -> str:
    """A short name for a content."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
