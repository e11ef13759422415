"""Bring in what other pages take seconds to import, while nobody waits for it.

The maps need no torch; the pages with encoders do. Who opens one of them some seconds after the server's first page
finds it there.
"""

from __future__ import annotations

import importlib
import logging
import threading

import streamlit as st

AFTER = 5.0  # seconds after the first page is done: its reader is looking at it
SLOW = ("torch", "torchvision.models", "lightning.pytorch", "galsim")


@st.cache_resource(show_spinner=False)
def start_preload(after: float = AFTER) -> threading.Timer:
    """Once a server: import what is slow in a thread of its own, some seconds from now."""
    timer = threading.Timer(after, _import)
    timer.daemon = True  # a server that is stopped does not wait for it
    timer.start()
    return timer


def _import() -> None:
    for name in SLOW:
        try:
            importlib.import_module(name)
        except Exception as error:  # the page that needs it says so
            logging.getLogger(__name__).warning("%s: cannot be imported ahead of time (%s)", name, error)
            return
