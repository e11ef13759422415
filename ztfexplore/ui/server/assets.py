"""The scripts of our own component, and plotly.js from the installed plotly package, by address.

By address, and not as a part of the component: Streamlit sends a component's code with every message.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "components"
PREFIX = "zx/code"


@cache
def code() -> dict[str, str]:
    """Text of every script by its path in the components' folder ('linked_maps/main.js'), read once per process."""
    paths = sorted(FOLDER.glob("*/*.js"))
    return {f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8") for path in paths}


@cache
def _digest() -> str:
    return hashlib.sha256("".join(code().values()).encode()).hexdigest()[:12]


def script_url(name: str) -> str:
    """The address of one of our scripts, a key of `code`, relative to the app; what it imports is found from there."""
    return f"{PREFIX}/{_digest()}/{name}"


def plotly_url() -> str:
    """The address of plotly.js, relative to the app."""
    return f"{PREFIX}/{version('plotly')}/plotly.js"
