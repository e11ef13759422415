"""Choices that are a part of the URL: the URL wins while it makes sense, a click wins over it, defaults stay out."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import in_url


def host() -> None:
    import streamlit as st

    from ztfexplore.ui.widgets import choice

    fruit = choice.select("Fruit", ["apple", "pear", "fig"], "fruit", "pear", str.upper)
    view = choice.segmented("View", {"map": "Map", "list": "List"}, "view", show_label=False)
    st.text(f"{fruit} {view}")


@pytest.fixture
def blank() -> AppTest:
    return AppTest.from_function(host)


def chosen(page: AppTest) -> str:
    assert not page.exception
    return page.text[0].value


def click(page: AppTest, option: str) -> AppTest:
    return page.get("button_group")[0].set_value(option).run()


def test_without_a_url_the_defaults_hold_and_stay_out_of_it(blank):
    page = blank.run()
    assert chosen(page) == "pear map"
    assert in_url(page, "fruit") is None and in_url(page, "view") is None
    assert page.selectbox(key="choice-fruit").options == ["APPLE", "PEAR", "FIG"]


def test_the_url_chooses_and_the_boxes_follow_it(blank):
    blank.query_params["fruit"], blank.query_params["view"] = "fig", "list"
    page = blank.run()
    assert chosen(page) == "fig list" and page.selectbox(key="choice-fruit").value == "fig"
    page.query_params["fruit"] = "apple"  # a step back
    assert chosen(page.run()) == "apple list" and page.selectbox(key="choice-fruit").value == "apple"


@pytest.mark.parametrize("nonsense", ["<b>fig</b>", "FIG", "", "0"])
def test_a_url_that_names_no_option_loses_to_the_default(blank, nonsense):
    blank.query_params["fruit"], blank.query_params["view"] = nonsense, nonsense
    assert chosen(blank.run()) == "pear map"


def test_a_click_wins_over_the_url_and_is_in_it(blank):
    blank.query_params["fruit"], blank.query_params["view"] = "fig", "list"
    page = blank.run().selectbox(key="choice-fruit").select("apple").run()
    assert chosen(page) == "apple list" and in_url(page, "fruit") == "apple"
    page = click(page, "map")
    assert chosen(page) == "apple map" and in_url(page, "view") is None, "the first is the default"
    assert in_url(click(page, "list"), "view") == "list"


def test_two_quick_choices_both_count(blank):
    page = blank.run()
    for fruit in ("fig", "apple", "fig"):
        page = page.selectbox(key="choice-fruit").select(fruit).run()
        assert chosen(page).startswith(fruit)
