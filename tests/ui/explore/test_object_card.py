"""The parts of an object's card by AppTest: they say all that is known, and names are never HTML."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.support import rubin
from tests.support.packets import CANDID, alert
from ztfexplore.alerts.survey import SURVEYS, Survey
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.schema import to_table
from ztfexplore.sources.lsst.packet import alert_from_packet
from ztfexplore.ui.explore import object_card


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


def record(**changes) -> tuple[pd.Series, Survey]:
    """What the table of a catalogue says of an alert, and its survey."""
    one = alert(CANDID, **changes)
    return to_table([one]).to_pandas().iloc[0], SURVEYS[one.survey]


def test_a_measurement_has_the_digits_and_the_unit_that_it_needs():
    assert [object_card._shown(value) for value in (0.123456, 12.3456, 1234.56, 2000.0, 123456.7)] == [
        "0.1235", "12.35", "1234.6", "2000", "123457",
    ]  # fmt: skip
    units = [object_card._unit(meaning) for meaning in ("size (pixels)", "seeing (arcsec, median)", "score (0 to 1)")]
    assert units == [" pixels", " arcsec", ""]


def test_what_is_missing_is_left_out_of_the_table():
    known = {name for name, _, _ in object_card.facts(*record())}
    bare = {name for name, _, _ in object_card.facts(*record(ra=None, dec=None, mjd=None, magnitude=None))}
    assert {"magnitude", "date", "position"} <= known and bare & {"magnitude", "date", "position"} == set()
    assert {"candid", "band"} <= bare


def test_a_scale_bar_is_the_longest_that_fills_at_most_half_of_the_stamp():
    share = float(re.search(r"width:([\d.]+)%", object_card._scale_bar(63, 1.01, 3))[1])
    assert "30 arcsec" in object_card._scale_bar(63, 1.01, 3) and share == pytest.approx(100 * 30 / 63.63, abs=0.1)
    assert object_card._scale_bar(63, None, 3) == "", "the scale is not known"
    assert object_card._scale_bar(3, 0.001, 3) == "", "no bar is short enough"


@pytest.mark.parametrize("size", [30, 51, 102])
def test_a_rubin_stamp_has_a_bar_of_its_own_scale_its_numbers_and_its_brokers(size):
    cutouts = {name: rubin.cutout(rubin.picture(size=size), angle=30.0) for name in rubin.FIELDS}
    one = alert_from_packet(rubin.packet(cutouts=cutouts), "memory")
    row, survey = to_table([one]).to_pandas().iloc[0], SURVEYS["lsst"]
    shown = object_card.pictures_html(one.stamp, row, survey)
    bar = {30: 2, 51: 5, 102: 5}[size]
    assert f"{bar} arcsec" in shown and f"width:{100 * bar / (0.2 * size):.1f}%" in shown
    assert all(f"{name} stamp" in shown for name in ("science", "template", "difference"))
    facts = {name: value for name, value, _ in object_card.facts(row, survey)}
    assert facts["north angle"] == "30 deg" and facts["pixel scale"] == "0.2 arcsec per pixel"
    assert facts["psfFlux"] == "8130.5 nJy" and facts["reliability"] == "0.75"
    links = object_card.links_html(row, survey)
    for address in ("lsst.fink-portal.org", "lsst.alerce.online/object", "lasair.lsst.ac.uk/objects"):
        assert f"https://{address}/{rubin.OBJECT_ID}" in links


def test_links_carry_the_position_and_a_hostile_name_stays_in_its_quotes():
    links = object_card.links_html(*record(object_id='"><script>x</script>'))
    assert "210.5" in links and "<script>" not in links
    assert object_card.links_html(*record(ra=None)) == ""
