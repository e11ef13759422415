"""The filter box by AppTest: filters made by hand and in the address, and addresses that hold none."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import in_url, words
from ztfexplore.catalogue.catalogue import Catalogue


def host() -> None:
    """A page with the box and nothing else; how many rows pass as text."""
    import os
    from pathlib import Path

    import streamlit as st

    from ztfexplore.ui.explore import filter_box
    from ztfexplore.ui.server import view as resources

    view = resources.view(Path(os.environ["ZTFEXPLORE_CATALOGUE"]))
    passed = filter_box.show_filter_box(view)
    filter_box.notes(view, passed)
    st.text("all" if passed is None else str(int(passed.sum())))


@pytest.fixture
def frame(demo_catalogue):
    return Catalogue.open(demo_catalogue).frame()


@pytest.fixture
def blank(monkeypatch, demo_catalogue) -> AppTest:
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(demo_catalogue))
    return AppTest.from_function(host, default_timeout=60)


def open_box(blank: AppTest, text: str | None = None) -> AppTest:
    if text is not None:
        blank.query_params["filter"] = text
    return checked(blank.run())


def checked(page: AppTest) -> AppTest:
    assert not page.exception
    return page


def left(page: AppTest) -> str:
    return page.text[0].value


def test_nothing_is_filtered_at_first(blank):
    page = open_box(blank)
    assert left(page) == "all" and not page.warning
    assert "candid" not in page.selectbox(key="filter-add").options


def test_a_range_is_made_narrowed_and_removed(blank, frame):
    page = open_box(blank)
    page = checked(page.selectbox(key="filter-add").select("magnitude").run())
    assert left(page) == str(frame["magnitude"].notna().sum())
    assert in_url(page, "filter") == "magnitude:.."
    page = checked(page.number_input(key="filter-magnitude-high").set_value(18.0).run())
    assert left(page) == str((frame["magnitude"] <= 18).sum())
    assert in_url(page, "filter") == "magnitude:..18"
    assert f"{(frame['magnitude'] <= 18).sum()} of 150" in words(page)
    page = checked(page.number_input(key="filter-magnitude-low").set_value(18.5).run())
    assert left(page) == "0", "backwards leaves nothing, and nothing breaks"
    page = checked(page.button(key="filter-remove-magnitude").click().run())
    assert left(page) == "all" and in_url(page, "filter") is None


def test_kinds_are_chosen(blank, frame):
    page = open_box(blank)
    page = checked(page.selectbox(key="filter-add").select("label").run())
    assert left(page) == "150"
    page = checked(page.multiselect(key="filter-label").set_value(["SN", "AGN"]).run())
    assert left(page) == str(frame["label"].isin(["SN", "AGN"]).sum())
    assert in_url(page, "filter") == "label:SN,AGN"
    page = checked(page.multiselect(key="filter-label").set_value([]).run())
    assert left(page) == "0"


def test_days_are_chosen(blank, frame):
    from ztfexplore.query.filters import day_of_mjd

    page = open_box(blank)
    page = checked(page.selectbox(key="filter-add").select("mjd").run())
    middle = day_of_mjd(frame["mjd"].median())
    import datetime

    page = page.date_input(key="filter-mjd-low").set_value(datetime.date.fromisoformat(middle)).run()
    assert 0 < int(left(checked(page))) < 150
    assert middle in words(page)


def test_an_address_holds_filters_and_the_widgets_follow_it(blank, frame):
    page = open_box(blank, "magnitude:15..19.5;label:SN;object_id:sim")
    asked = frame["magnitude"].between(15, 19.5) & (frame["label"] == "SN")
    assert left(page) == str(asked.sum())
    assert page.number_input(key="filter-magnitude-high").value == 19.5
    assert page.text_input(key="filter-object_id").value == "sim"
    page.query_params["filter"] = "magnitude:15..17"  # the back button
    page = checked(page.run())
    assert page.number_input(key="filter-magnitude-high").value == 17
    page = checked(page.button(key="filter-clear").click().run())
    assert left(page) == "all" and in_url(page, "filter") is None


@pytest.mark.parametrize(
    "bad", ["magnitude", "nope:1..2", "magnitude:a..b", "<img src=x>:1..2", "mjd:2020-99-99..", "candid:5..6"]
)
def test_what_is_no_filter_is_said_and_the_rest_holds(blank, frame, bad):
    page = open_box(blank, f"label:SN;{bad}")
    assert left(page) == str((frame["label"] == "SN").sum())
    (warning,) = page.warning
    assert "<img" not in warning.value.replace("\\<", "")


def test_values_that_are_not_in_the_catalogue_do_no_harm(blank):
    page = open_box(blank, "label:nothing,!;mjd:-1e300..1e300;magnitude:-1e308..1e308")
    assert left(page) == "0"
    assert "nothing" in page.multiselect(key="filter-label").value


def test_missing_values_are_counted(monkeypatch, blank, tmp_path, demo_catalogue):
    import shutil
    from dataclasses import replace

    from ztfexplore.sources.simulation.simulate import simulate_alerts

    shutil.copytree(demo_catalogue, tmp_path / "some")
    faint = [replace(alert, magnitude=None) for alert in simulate_alerts(3, seed=55)]
    Catalogue.open(tmp_path / "some").add(faint)
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(tmp_path / "some"))
    page = open_box(blank, "magnitude:..")
    assert left(page) == "150" and "3 have no magnitude" in words(page)
