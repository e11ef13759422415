"""What the maps send to the browser: small messages, addresses of all that is large, names that follow the content."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from ztfexplore.display.colours import colouring
from ztfexplore.ui.components.linked_maps import maps
from ztfexplore.ui.components.linked_maps.maps import MapPanel
from ztfexplore.ui.server.published import BYTES
from ztfexplore.ui.server.view import View
from ztfexplore.ui.server.view import view as open_view


@pytest.fixture
def view(demo_catalogue) -> View:
    return open_view(demo_catalogue)


@pytest.fixture
def sent(monkeypatch, view):
    """Mounts the maps and gives the message; coloured by class, of both encoders, unless the test says otherwise."""
    got: list[dict] = []
    monkeypatch.setattr(maps, "component", lambda name, html: lambda key, data: got.append(data))

    def mount(encoders=("simclr", "s-simclr"), column: str = "label", **options) -> dict:
        panels = [MapPanel(name, f"<b>{name}</b>", view.map(name).points) for name in encoders]
        maps.show_maps("explore", view, panels, colouring(view.frame[column], column), **options)
        return json.loads(json.dumps(got[-1]))

    return mount


def fetched(address: str) -> bytes:
    return BYTES.get(address.rpartition("/")[2])


def test_the_points_are_x_of_all_then_y_of_all(sent, view):
    for panel in sent()["panels"]:
        points = np.frombuffer(fetched(panel["points"]), "<f4").reshape(2, len(view.frame)).T
        np.testing.assert_array_equal(points, view.map(panel["encoder"]).points)


def test_a_message_stays_small_and_never_holds_a_row(sent, view):
    text = json.dumps(sent())
    assert len(text) < 4000 and str(view.frame["candid"].iloc[0]) not in text


def test_names_are_one_a_line_and_left_out_where_they_are_too_many(sent, view, monkeypatch):
    assert fetched(sent()["ids"]).decode().split("\n") == view.frame["object_id"].tolist()
    monkeypatch.setattr(maps, "NAMED_OBJECTS", 149)
    assert sent()["ids"] is None


def test_classes_come_as_codes_and_a_legend(sent, view):
    colour = sent(legend="Predicted:")["colour"]
    codes = np.frombuffer(fetched(colour["codes"]), "u1")
    assert [colour["entries"][code]["name"] for code in codes] == view.frame["label"].tolist()
    assert colour["kind"] == "categories" and colour["legend"] == "Predicted:"


def test_numbers_come_with_their_scale_and_gaps(sent, view, monkeypatch):
    frame = view.frame.copy()
    frame.loc[5, "magnitude"] = np.nan
    monkeypatch.setattr(View, "frame", property(lambda self: frame))
    colour = sent(column="magnitude")["colour"]
    values = np.frombuffer(fetched(colour["values"]), "<f4")
    assert np.flatnonzero(np.isnan(values)).tolist() == [5]
    assert colour["kind"] == "numbers" and colour["low"] < np.nanmedian(values) < colour["high"]


def test_what_a_filter_leaves_out_is_a_byte_a_row(sent, view):
    assert sent()["colour"]["shown"] is None
    shown = pd.Series(np.arange(len(view.frame)) % 3 == 0).to_numpy()
    np.testing.assert_array_equal(np.frombuffer(fetched(sent(shown=shown)["colour"]["shown"]), "u1"), shown)


def test_colours_are_drawn_anew_only_if_they_change(sent, view):
    first = sent()
    assert sent()["colour"]["id"] == first["colour"]["id"] and sent()["version"] == first["version"]
    hidden = np.zeros(len(view.frame), bool)
    others = [sent(column="band"), sent(column="magnitude"), sent(shown=hidden), sent(("s-simclr", "simclr"))]
    assert len({message["colour"]["id"] for message in [first, *others]}) == 5
    assert others[-1]["version"] != first["version"], "the maps have changed places"


def test_an_uploaded_alert_has_a_place_on_some_of_the_maps(sent):
    assert sent()["uploaded"] is None
    assert sent(uploaded=[(np.float32(1.5), np.float32(-2.0)), None])["uploaded"] == [[1.5, -2.0], None]


def test_the_table_is_of_the_maps_that_are_shown(sent, view):
    message = sent(("s-simclr",))
    assert len(message["panels"]) == 1 and message["table"] == f"{message['view']}/points.csv?encoder=s-simclr"
    assert message["view"] == f"zx/{view.token}"
