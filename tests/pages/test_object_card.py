"""The parts of an object's card by AppTest: together they say what the whole card says, and names are never HTML."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.packets import CANDID, alert
from ztfexplore.catalogue.catalogue import Catalogue

NAME = "<img src=x onerror=alert(1)>"


def host() -> None:
    """The whole card of the last row, and its parts."""
    import os
    from pathlib import Path

    import streamlit as st

    from ztfexplore.ui.explore import object_card, object_history
    from ztfexplore.ui.server import view as resources

    view = resources.view(Path(os.environ["ZTFEXPLORE_CATALOGUE"]))
    row = len(view.frame) - 1
    if os.environ["ZTFEXPLORE_PART"] == "whole":
        history = object_card.show_object_card(view, row)
    else:
        history = object_history.read_history(view, row)
        object_card.heading(view, row)
        st.text("stamps")
        object_card.about(view, row, history)
    object_card.more(view, row, history)


@pytest.fixture
def opened(monkeypatch, tmp_path, demo_catalogue):
    """Opens the card of an alert, the whole or its parts, and gives its HTML and the page."""

    def opener(part: str, **changes):
        path = tmp_path / f"card-{part}-{len(changes)}"
        shutil.copytree(demo_catalogue, path)
        Catalogue.open(path).add([alert(CANDID, **changes)])
        monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
        monkeypatch.setenv("ZTFEXPLORE_PART", part)
        page = AppTest.from_function(host, default_timeout=60).run()
        assert not page.exception
        return "".join(element.proto.body for element in page.get("html")), page

    return opener


def test_the_parts_say_what_the_whole_says(opened):
    whole, _ = opened("whole", label="SN")
    parts, page = opened("parts", label="SN")
    for text in (f"<h3>ZTF18{CANDID}</h3>", ">SN</b>", str(CANDID), "ALeRCE", "14:02:00.0 -12:15:00.0", "real-bogus"):
        assert text in whole and text in parts, text
    assert "science stamp" in whole and "science stamp" not in parts, "the browser draws them"
    assert "30 arcsec" in whole
    assert len(page.get("plotly_chart")) == 1


def test_names_are_never_html(opened):
    shown, _ = opened("parts", object_id=NAME, label="<b>x</b>")
    assert "<img src=x" not in shown and "&lt;img src=x" in shown
    assert "<b>x</b>" not in shown


def test_what_has_no_history_shows_all_at_once(opened):
    shown, page = opened("parts", history=(), object_id="alone")
    assert "real-bogus" in shown and "object-measurements" not in shown
    assert not page.get("plotly_chart")


def test_an_uploaded_alert_has_a_whole_card():
    def visiting() -> None:
        from tests.support.packets import CANDID, alert
        from ztfexplore.ui.explore import object_card

        object_card.show_uploaded_card(alert(CANDID, object_id="<i>guest</i>", label=None, ra=None, dec=None))

    page = AppTest.from_function(visiting, default_timeout=60).run()
    assert not page.exception
    (shown,) = [element.proto.body for element in page.get("html")]
    assert "&lt;i&gt;guest" in shown and "science stamp" in shown and str(CANDID) in shown
    assert "ALeRCE" not in shown, "nowhere on the sky, no page about it"
