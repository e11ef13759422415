"""Import ahead of time what other pages take seconds to import.

The maps need no torch; the pages with encoders do. Whoever opens one of them some seconds after the server's first
page does not have to wait.
"""

from __future__ import annotations

import importlib
import logging
import threading

import streamlit as st

AFTER = 5.0  # seconds after the first page is done, while its reader looks at it
SLOW = ("torch", "torchvision.models", "lightning.pytorch", "galsim")


@st.cache_resource(show_spinner=False)
def start_preload(after: float = AFTER) -> threading.Timer:
    """Import the slow modules in a thread, some seconds from now; once for each server."""
    timer = threading.Timer(after, _import)
    timer.daemon = True  # stopping the server does not wait for it
    timer.start()
    return timer


def _import() -> None:
    for name in SLOW:
        try:
            importlib.import_module(name)
        except Exception as error:  # the page that needs it reports it
            logging.getLogger(__name__).warning("%s: cannot be imported ahead of time (%s)", name, error)
            return
