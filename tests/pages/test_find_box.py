"""The Find box, the light curve and the other alerts by AppTest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.catalogues import embed_and_project
from tests.support.packets import alert
from tests.support.pages import messages, neighbours, open_page
from ztfexplore.catalogue.catalogue import Catalogue

CANDID = 2481523242515015006


@pytest.fixture
def object_of_three(script, monkeypatch, tmp_path, demo_catalogue) -> str:
    """The page's script, on a catalogue in which one object has three alerts and another stands beside it."""
    import shutil

    path = tmp_path / "three"
    shutil.copytree(demo_catalogue, path)
    catalogue = Catalogue.open(path)
    several = [replace(alert(CANDID + n), object_id="ZTF18three", mjd=59000.0 + n, label="SN") for n in range(3)]
    catalogue.add([*several, replace(alert(CANDID + 9), object_id="<b>beside</b>", dec=-12.25 + 2 / 3600)])
    embed_and_project(catalogue)
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    return script


def type_in(page, text: str):
    return page.text_input(key="find").input(text).run()


def picked(page) -> str | None:
    return neighbours(page)["like"][0]["candid"] if messages(page)["panel"]["like"] else None


def test_an_id_and_a_candid_pick_the_object(script, demo_catalogue):
    frame = Catalogue.open(demo_catalogue).frame()
    page = open_page(script)
    for row, text in ((4, frame["object_id"].iloc[4]), (5, str(frame["candid"].iloc[5]))):
        page = type_in(page, text)
        assert not page.exception
        assert picked(page) == str(frame["candid"].iloc[row])
        assert page.query_params["candid"] in (picked(page), [picked(page)])
        assert messages(page)["stamps"]["name"] == frame["object_id"].iloc[row]
        assert page.text_input(key="find").value == ""


def test_what_was_found_is_not_picked_again(script, demo_catalogue):
    frame = Catalogue.open(demo_catalogue).frame()
    page = type_in(open_page(script), frame["object_id"].iloc[4])
    page.query_params["candid"] = str(frame["candid"].iloc[7])  # as a later click does
    assert picked(page.run()) == str(frame["candid"].iloc[7])


def test_several_hits_are_a_list_to_pick_from(object_of_three):
    page = type_in(open_page(object_of_three), "210.5 -12.25")
    assert not page.exception
    assert picked(page) is None
    labels = {button.key: button.label for button in page.button if button.key.startswith("found-")}
    assert len(labels) == 2
    assert any("ZTF18three" in label and "SN" in label and "arcsec" in label for label in labels.values())
    assert not any("<b>" in label for label in labels.values()), "names are text"
    page = page.button(key=next(key for key, label in labels.items() if "three" in label)).click().run()
    assert picked(page) == str(CANDID + 2), "the newest of alerts that are equally near, or the nearest"


def test_at_most_twenty_are_shown_and_the_total_is_said(script):
    page = type_in(open_page(script), "SIM3")
    assert len([button for button in page.button if button.key.startswith("found-")]) == 20
    assert any("150 objects" in caption.value for caption in page.caption)


@pytest.mark.parametrize("text", ["no such id", "400 10", "<b>bold</b>", "![x](http://example.org/x.png)", "9" * 40])
def test_no_hit_is_said_and_never_html(script, text):
    page = type_in(open_page(script), text)
    assert not page.exception
    assert len(page.warning) == 1
    assert "<b>" not in page.warning[0].value.replace("\\<", "") and "![" not in page.warning[0].value
    assert picked(page) is None
    assert not type_in(page, "").warning


def test_a_deep_link_wins_over_an_empty_box(object_of_three):
    page = open_page(object_of_three, candid=str(CANDID))
    assert picked(page) == str(CANDID)
    assert len(page.get("plotly_chart")) == 1
    others = [button for button in page.button if button.key.startswith("alert-")]
    assert [button.key for button in others] == [f"alert-{CANDID + 2}", f"alert-{CANDID + 1}"]
    assert "18" in others[0].label and "SN" in others[0].label
    assert picked(others[1].click().run()) == str(CANDID + 1)


def test_galaxies_have_no_light_curve(script, monkeypatch, galaxy_catalogue):
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(galaxy_catalogue))
    candid = int(Catalogue.open(galaxy_catalogue).frame()["candid"].iloc[3])
    page = open_page(script, candid=str(candid))
    assert not page.exception and not page.get("plotly_chart")
    assert "position" in type_in(page, "153.05 41.03").warning[0].value
