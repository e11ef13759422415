"""The parts of an object's card by AppTest: they say all that is known, and names are never HTML."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.packets import CANDID, alert
from ztfexplore.catalogue.catalogue import Catalogue


def host() -> None:
    """The parts of the card of the last row, but the stamps, which the browser draws."""
    import os
    from pathlib import Path

    from ztfexplore.ui.explore import object_card, object_history
    from ztfexplore.ui.server import view as resources

    view = resources.view(Path(os.environ["ZTFEXPLORE_CATALOGUE"]))
    row = len(view.frame) - 1
    history = object_history.read_history(view, row)
    object_card.about(view, row, history)
    object_card.more(view, row, history)


@pytest.fixture
def opened(monkeypatch, tmp_path, demo_catalogue):
    """Opens the card of an alert, and gives its HTML and the page."""

    def opener(**changes):
        path = tmp_path / "card"
        shutil.copytree(demo_catalogue, path)
        Catalogue.open(path).add([alert(CANDID, **changes)])
        monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
        page = AppTest.from_function(host, default_timeout=60).run()
        assert not page.exception
        return "".join(element.proto.body for element in page.get("html")), page

    return opener


def test_the_card_says_what_is_known(opened):
    shown, page = opened(label="SN")
    for text in (str(CANDID), "ALeRCE", "14:02:00.0 -12:15:00.0", "real-bogus"):
        assert text in shown, text
    assert "science stamp" not in shown, "the browser draws them"
    assert len(page.get("plotly_chart")) == 1


def test_what_has_no_history_shows_all_at_once(opened):
    shown, page = opened(history=(), object_id="alone")
    assert "real-bogus" in shown and "object-measurements" not in shown
    assert not page.get("plotly_chart")


def test_an_uploaded_alert_has_a_whole_card():
    def visiting() -> None:
        from tests.support.packets import CANDID, alert
        from ztfexplore.ui.explore import object_card

        object_card.show_uploaded_card(alert(CANDID, object_id="<i>guest</i>", label="<b>x</b>", ra=None, dec=None))

    page = AppTest.from_function(visiting, default_timeout=60).run()
    assert not page.exception
    (shown,) = [element.proto.body for element in page.get("html")]
    assert "&lt;i&gt;guest" in shown and "&lt;b&gt;x" in shown
    assert "science stamp" in shown and str(CANDID) in shown
    assert "ALeRCE" not in shown, "nowhere on the sky, no page about it"
