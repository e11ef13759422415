"""The Find box: what it picks, what it lists, and what it says when nothing is found."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from tests.support.packets import CANDID, alert
from tests.support.pages import in_url, messages, neighbours, show_only
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.ui.explore import find_box


@pytest.fixture
def open_three(open_explore, monkeypatch, tmp_path, demo_catalogue):
    """Opens the page on a catalogue in which one object has three alerts and another stands beside it."""
    catalogue = Catalogue.open(shutil.copytree(demo_catalogue, tmp_path / "three"))
    several = [replace(alert(CANDID + n), object_id="ZTF18three", mjd=59000.0 + n, label="SN") for n in range(3)]
    catalogue.add([*several, replace(alert(CANDID + 9), object_id="<b>beside</b>", dec=-12.25 + 2 / 3600)])
    show_only(catalogue.path, monkeypatch, tmp_path / "none")
    return open_explore


def type_in(page, text: str):
    page = page.text_input(key="find").input(text).run()
    assert not page.exception
    return page


def picked(page) -> list[int]:
    return messages(page)["panel"]["like"]


def found(page) -> dict[str, str]:
    """Labels of the buttons that pick what was found, by key."""
    return {button.key: button.label for button in page.button if button.key.startswith("found-")}


def test_an_id_and_a_candid_pick_the_object(open_explore, demo_catalogue):
    frame = Catalogue.open(demo_catalogue).frame()
    page = open_explore()
    for row, text in ((4, frame["object_id"].iloc[4]), (5, str(frame["candid"].iloc[5]))):
        page = type_in(page, text)
        assert picked(page) == [row] and in_url(page, "candid") == str(frame["candid"].iloc[row])
        assert neighbours(page)["like"][0]["candid"] == str(frame["candid"].iloc[row])
        assert messages(page)["stamps"]["name"] == frame["object_id"].iloc[row]
        assert page.text_input(key="find").value == ""


def test_what_was_found_is_not_picked_again(open_explore, demo_catalogue):
    frame = Catalogue.open(demo_catalogue).frame()
    page = type_in(open_explore(), frame["object_id"].iloc[4])
    page.query_params["candid"] = str(frame["candid"].iloc[7])  # as a later click does
    assert picked(page.run()) == [7]


def test_several_hits_are_a_list_to_pick_from(open_three):
    page = type_in(open_three(), "210.5 -12.25")
    assert picked(page) == []
    labels = found(page)
    assert len(labels) == 2
    assert any("ZTF18three" in label and "SN" in label and "arcsec" in label for label in labels.values())
    assert not any("<b>" in label for label in labels.values()), "names are text"
    page = page.button(key=next(key for key, label in labels.items() if "three" in label)).click().run()
    assert in_url(page, "candid") == str(CANDID + 2), "the newest of alerts that are equally near"


def test_a_list_belongs_to_the_catalogue_that_was_searched(open_three, demo_catalogue, monkeypatch):
    page = type_in(open_three(), "210.5 -12.25")
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(demo_catalogue))
    page.query_params["catalogue"] = "demo"
    assert not found(page.run())


def test_a_long_list_is_cut_and_the_total_is_said(open_explore):
    page = type_in(open_explore(), "SIM3")
    assert len(found(page)) == find_box.MOST_SHOWN
    assert any("150" in caption.value for caption in page.caption)


@pytest.mark.parametrize("text", ["no such id", "400 10", "<b>bold</b>", "![x](http://example.org/x.png)", "9" * 40])
def test_no_hit_is_said_and_never_html(open_explore, text):
    page = type_in(open_explore(), text)
    assert len(page.warning) == 1
    assert "<b>" not in page.warning[0].value.replace("\\<", "") and "![" not in page.warning[0].value
    assert picked(page) == [] and not found(page)
    assert not type_in(page, "").warning


def test_a_deep_link_wins_over_an_empty_box(open_three):
    assert neighbours(open_three(candid=str(CANDID)))["like"][0]["candid"] == str(CANDID)


def test_galaxies_without_a_place_on_the_sky_cannot_be_found_by_one(open_explore, monkeypatch, galaxy_catalogue):
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(galaxy_catalogue))
    page = type_in(open_explore(), "153.05 41.03")
    assert len(page.warning) == 1 and "position" in page.warning[0].value
