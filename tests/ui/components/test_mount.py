"""How components are mounted: every style is in them, their script by address, names that follow the content."""

from __future__ import annotations

import streamlit as st

from tests.support.places import PACKAGE
from ztfexplore.ui.components import mount
from ztfexplore.ui.server.assets import script_url

COMPONENTS = PACKAGE / "ui" / "components"


def test_every_style_of_the_components_is_sent_and_no_script_is(monkeypatch):
    sent: dict = {}
    monkeypatch.setattr(st.components.v2, "component", lambda name, **parts: sent.update(parts, name=name))
    mount.component.clear()
    try:
        mount.component("test", "<p></p>")
    finally:
        mount.component.clear()
    styles = [path.read_text(encoding="utf-8") for path in COMPONENTS.rglob("*.css")]
    assert len(styles) >= 2 and all(style in sent["css"] for style in styles)
    assert len(sent["js"]) < 1000, "Streamlit sends it with every message: the rest has an address"
    assert sent["html"] == "<p></p>" and sent["name"] == "test"


def test_a_message_says_what_it_is_whose_it_is_and_where_to_ask():
    message = mount.message("maps", "explore", "zx/abc")
    assert message == {
        "role": "maps",
        "page": "explore",
        "view": "zx/abc",
        "script": script_url("linked_maps/main.js"),
    }


def test_a_digest_is_that_of_the_content():
    assert mount.digest("a", 1) == mount.digest("a", 1) != mount.digest("a", 2)
    assert mount.digest("a", "b") != mount.digest("ab")
