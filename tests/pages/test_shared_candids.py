"""Pages where two surveys share candids: the address picks the right alert, or says what it may mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import html, in_url, messages, neighbours, notices, open_page, show_only
from tests.support.surveys import two_surveys
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue

EXPLORE, LABELLING, AUGMENTATIONS = "pages/explore.py", "tests/support/labelling_page.py", "pages/augmentations.py"


@pytest.fixture
def both(monkeypatch, tmp_path) -> Path:
    """The only catalogue that the pages find."""
    path = two_surveys(tmp_path / "both").path
    show_only(path, monkeypatch, tmp_path / "none")
    return path


@pytest.fixture
def candid(both) -> int:
    """Of rows 3 (simulated) and 33 (ZTF)."""
    frame = Catalogue.open(both).frame(["survey", "candid"])
    assert frame["candid"].iloc[3] == frame["candid"].iloc[33]
    return int(frame["candid"].iloc[3])


@pytest.mark.parametrize("through_app", (False, True), ids=("alone", "through app.py"))
def test_the_address_picks_the_alert_of_the_survey_that_it_names(both, candid, through_app):
    for survey, row in (("simulated", 3), ("ztf", 33)):
        page = open_page(EXPLORE, through_app, candid=f"{survey}:{candid}")
        assert not page.exception and messages(page)["panel"]["like"] == [row]
        name = Catalogue.open(both).frame()["object_id"].iloc[row]
        assert messages(page)["stamps"]["name"] == name
        assert neighbours(page)["like"][0]["object_id"] == name


def test_an_old_address_with_a_bare_shared_candid_names_both(both, candid):
    page = open_page(EXPLORE, candid=str(candid))
    assert not page.exception and messages(page)["panel"]["like"] == []
    assert f"simulated:{candid}" in notices(page) and f"ztf:{candid}" in notices(page)


def test_an_old_address_with_a_candid_of_one_survey_still_opens(both):
    alone = Catalogue.open(both).frame()["candid"].iloc[29]
    for text in (str(alone), f"simulated:{alone}"):
        assert messages(open_page(EXPLORE, candid=text))["panel"]["like"] == [29]


def test_several_alerts_to_be_near_to_and_far_from_are_those_of_their_surveys(both, candid):
    other = Catalogue.open(both).frame()["candid"].iloc[4]
    page = open_page(EXPLORE, candid=f"ztf:{candid}", like=f"simulated:{candid},{other}", unlike=f"ztf:{other}")
    assert messages(page)["panel"]["like"] == [33, 3], "a bare shared candid is nobody's"
    assert messages(page)["panel"]["unlike"] == [34]


def test_what_is_found_by_a_shared_candid_is_offered_twice_and_picked_with_its_survey(both, candid):
    page = open_page(EXPLORE)
    page.text_input(key="find").set_value(str(candid)).run()
    page.button(key="found-33").click().run()
    assert in_url(page, "candid") == f"ztf:{candid}" and messages(page)["panel"]["like"] == [33]
    page.text_input(key="find").set_value(f"simulated:{candid}").run()
    assert in_url(page, "candid") == f"simulated:{candid}" and messages(page)["panel"]["like"] == [3]


def test_a_label_goes_to_the_survey_s_alert_that_is_picked(both, candid):
    page = open_page(LABELLING, candid=f"ztf:{candid}", encoder="random")
    (button,) = (found for found in page.button if found.key.startswith("label-") and found.key.endswith("-SN"))
    button.click().run()
    latest = Annotations.open(both).latest()
    assert list(zip(latest["survey"], latest["candid"], strict=True)) == [("ztf", candid)]


def test_the_augmentations_page_shows_the_same_alert(both, candid):
    for survey, row in (("simulated", 3), ("ztf", 33)):
        page = open_page(AUGMENTATIONS, candid=f"{survey}:{candid}")
        assert not page.exception and Catalogue.open(both).frame()["object_id"].iloc[row] in html(page)
