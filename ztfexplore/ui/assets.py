"""plotly.js for the maps, from the installed plotly package, served by Streamlit's static folder."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import plotly

STATIC = Path(__file__).resolve().parents[2] / "static"


def plotly_url() -> str:
    """The address of plotly.js, relative to the app; put into the static folder on first use.

    A file of its own, and not a part of the component, since Streamlit sends a component's code with every message.
    """
    name = f"plotly-{version('plotly')}.min.js"
    target = STATIC / name
    if not target.exists():
        STATIC.mkdir(exist_ok=True)
        partial = target.with_suffix(".partial")
        shutil.copyfile(Path(plotly.__file__).parent / "package_data" / "plotly.min.js", partial)
        partial.replace(target)
    return f"app/static/{name}"
