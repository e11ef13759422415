"""The view in the URL: what goes along from page to page, and what an odd address holds."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def host() -> None:
    """A page that arrives, changes the view as its own address says, and shows what it has."""
    import streamlit as st

    from ztfexplore.ui import state

    state.arrive(st.session_state.get("page", "first"))
    if "drop" in st.session_state:
        state.put(state.CANDID, None)
    st.text(repr(state.picked_key()))
    st.text(repr(state.picked_keys(state.LIKE)))


def run(page: AppTest) -> list[str]:
    page.run()
    assert not page.exception
    return [element.value for element in page.text]


def test_a_picked_alert_and_its_catalogue_go_along_to_another_page():
    page = AppTest.from_function(host)
    page.query_params["candid"], page.query_params["like"] = "2481523242515015006", "1,x,ztf:2,,1.5"
    assert run(page) == ["2481523242515015006", "[1, ('ztf', 2)]"]
    page.query_params.clear()
    page.session_state["page"] = "second"
    assert run(page) == ["2481523242515015006", "[]"], "the query of the first page stays there"


def test_what_was_dropped_does_not_come_back_on_the_next_page():
    page = AppTest.from_function(host)
    page.query_params["candid"] = "7"
    run(page)
    page.session_state["drop"] = True
    assert run(page)[0] == "None"
    del page.session_state["drop"]
    page.session_state["page"] = "second"
    assert run(page)[0] == "None"


def test_an_address_that_names_no_alert_picks_none():
    page = AppTest.from_function(host)
    page.query_params["candid"] = "<script>"
    assert run(page)[0] == "None"
