"""The grids of neighbours: what they ask the browser to fetch, and what the browser sends of picks and selections."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from ztfexplore.ui.components.linked_maps import neighbours
from ztfexplore.ui.server.published import BYTES
from ztfexplore.ui.server.view import view as open_view

PAGE = "explore"


@pytest.fixture
def view(demo_catalogue):
    return open_view(demo_catalogue)


@pytest.fixture
def send(monkeypatch, view):
    """Puts a message of the browser's into the session."""

    def put(name: str, content: object) -> None:
        monkeypatch.setattr(neighbours.st, "session_state", {neighbours.panel_key(PAGE): {name: content}})

    return put


def rows(*numbers: int) -> str:
    return base64.b64encode(np.array(numbers, "<u4").tobytes()).decode()


def test_a_pick_comes_through_and_rows_that_are_not_there_do_not(send, view):
    like = [3, -1, 150, True, "4", 2.0, None, [5], 149]
    send("pick", {"version": view.token, "like": like, "unlike": [8, 10**30]})
    assert neighbours.picked(PAGE, view) == ([3, 149], [8])


def test_dropping_what_was_picked_is_an_empty_pick(send, view):
    send("pick", {"version": view.token, "like": [], "unlike": []})
    assert neighbours.picked(PAGE, view) == ([], [])


@pytest.mark.parametrize("like", [None, "12", 7, {"0": 1}])
def test_a_pick_that_is_no_list_picks_nothing(send, view, like):
    send("pick", {"version": view.token, "like": like})
    assert neighbours.picked(PAGE, view) == ([], [])


@pytest.mark.parametrize("sent", [None, "pick", ["pick"], 3, {}, {"version": None, "like": [1]}])
def test_what_is_no_message_is_passed_over(send, view, sent):
    for name in ("pick", "selected"):
        send(name, sent)
    assert neighbours.picked(PAGE, view) is None and neighbours.selection(PAGE, view) is None


def test_rows_of_another_version_of_the_catalogue_are_passed_over(send, view):
    send("pick", {"version": "another", "like": [1]})
    assert neighbours.picked(PAGE, view) is None
    send("selected", {"version": "another", "rows": rows(1), "name": "1"})
    assert neighbours.selection(PAGE, view) is None


def test_nothing_was_sent_yet(monkeypatch, view):
    monkeypatch.setattr(neighbours.st, "session_state", {})
    assert neighbours.picked(PAGE, view) is None and neighbours.selection(PAGE, view) is None


def test_a_selection_comes_in_order_once_each_and_with_its_name(send, view):
    send("selected", {"version": view.token, "rows": rows(7, 1, 7, 2**32 - 1, 150), "name": "17" * 100})
    found, name = neighbours.selection(PAGE, view)
    assert found.tolist() == [1, 7] and found.dtype == np.int64
    assert name == ("17" * 100)[: len(name)] and len(name) == 40


def test_a_selection_of_nothing_is_a_selection(send, view):
    send("selected", {"version": view.token, "name": "2"})
    found, name = neighbours.selection(PAGE, view)
    assert found.tolist() == [] and name == "2"


@pytest.mark.parametrize("sent", ["not base64!", "AQAAAP8=", 12, None, "é"])
def test_rows_that_cannot_be_read_select_nothing(send, view, sent):
    send("selected", {"version": view.token, "rows": sent, "name": "3"})
    assert neighbours.selection(PAGE, view) is None


# --- what is sent to it ----------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch, view):
    """Mounts the grids and gives the message."""
    got: list[dict] = []
    monkeypatch.setattr(neighbours, "component", lambda name, html: lambda key, data, **calls: got.append(data))

    def mount(selected: tuple[int, ...] = (), state: str = "labels", same_object: bool = False) -> dict:
        neighbours.show_neighbours(
            PAGE,
            view,
            ([np.int64(3), 8], [20]),
            [("simclr", "SimCLR")],
            same_object=same_object,
            selected=(np.array(selected, np.int64), "5"),
            state=state,
            on_pick=lambda: None,
            on_select=lambda: None,
        )
        return json.loads(json.dumps(got[-1]))

    return mount


def test_the_browser_is_told_what_to_ask_for(sent, view):
    message = sent()
    assert (message["like"], message["unlike"], message["encoders"]) == ([3, 8], [20], ["simclr"])
    assert message["headings"] == ["SimCLR"] and message["view"] == f"zx/{view.token}"


def test_it_asks_anew_only_if_the_answer_would_be_another(sent):
    first = sent()["state"]
    assert sent(selected=(1, 2))["state"] == first
    assert len({first, sent(state="other labels")["state"], sent(same_object=True)["state"]}) == 3


def test_selected_rows_come_by_address_with_their_name(sent):
    assert sent()["selected"] == {"rows": None, "name": "5"}
    address = sent(selected=(7, 149))["selected"]["rows"]
    assert np.frombuffer(BYTES.get(address.rpartition("/")[2]), "<u4").tolist() == [7, 149]
