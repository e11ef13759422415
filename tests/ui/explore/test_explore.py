"""The parts of the explore page: titles, notes, the alerts that a link asks for, people's labels in every view."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.packets import alerts
from tests.support.pages import in_url, messages, neighbours, show_only, words
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.explore import explore
from ztfexplore.ui.server.view import view as open_view


@pytest.fixture
def own(monkeypatch, tmp_path, demo_catalogue, open_explore) -> Path:
    """A copy of the small catalogue that may be labelled; the page shows it."""
    path = shutil.copytree(demo_catalogue, tmp_path / "own")
    show_only(path, monkeypatch, tmp_path / "none")
    return path


# --- what stands above the maps ----------------------------------------------------------------------------------


def test_a_trustworthiness_that_is_not_known_is_not_shown():
    assert explore.map_title("simclr", 0.987) == "SimCLR · trustworthiness 0.99"
    assert explore.map_title("simclr", float("nan")) == "SimCLR"


def test_simulated_alerts_are_counted_beside_real_ones(catalogue, demo_catalogue):
    catalogue.add(alerts(0, 1, 2))
    assert explore.simulated_note(open_view(catalogue.path)) is None
    ingest(simulate_alerts(4, seed=1), catalogue)
    assert explore.simulated_note(open_view(catalogue.path)).startswith("4 of 7 ")
    assert " of " not in explore.simulated_note(open_view(demo_catalogue)), "all of them"


def test_the_maps_to_show_are_in_the_link(open_explore):
    page = open_explore()
    page.selectbox(key="choice-left").select("s-simclr").run()
    assert in_url(page, "left") == "s-simclr"
    assert [panel["encoder"] for panel in messages(page)["maps"]["panels"]] == ["s-simclr", "s-simclr"]


def test_other_alerts_of_an_object_count_where_there_are_some_and_it_is_asked_for(
    open_explore, monkeypatch, tmp_path, demo_catalogue
):
    from dataclasses import replace

    assert not open_explore().toggle, "every object has one alert"
    path = tmp_path / "twice"
    shutil.copytree(demo_catalogue, path)
    catalogue = Catalogue.open(path)
    name = catalogue.frame()["object_id"].iloc[0]
    catalogue.add([replace(next(simulate_alerts(1, seed=99)), object_id=name)])
    show_only(path, monkeypatch, tmp_path / "none")
    page = open_explore(candid=str(catalogue.frame()["candid"].iloc[0]))
    assert messages(page)["panel"]["same_object"] is False
    page.toggle[0].set_value(True).run()
    assert messages(page)["panel"]["same_object"] is True


# --- what is picked ------------------------------------------------------------------------------------------------


def test_a_query_of_several_is_in_the_link(open_explore, demo_catalogue):
    candids = [str(candid) for candid in Catalogue.open(demo_catalogue).frame()["candid"]]
    like, unlike = f"{candids[8]},nonsense,{candids[3]},{candids[9]}", f"{candids[20]},-5"
    page = open_explore(candid=candids[3], like=like, unlike=unlike)
    assert not page.exception
    panel = messages(page)["panel"]
    assert panel["like"] == [3, 8, 9] and panel["unlike"] == [20]
    found = neighbours(page)
    assert [item["row"] for item in found["like"]] == [3, 8, 9]
    assert not {3, 8, 9, 20} & {item["row"] for item in found["panels"][0]["items"]}
    assert messages(open_explore(like=like))["panel"]["like"] == [], "nothing is picked"


def test_what_the_browser_picked_is_in_the_link(monkeypatch, demo_catalogue):
    shown, address = open_view(demo_catalogue), {}
    monkeypatch.setattr(explore.state, "put", address.__setitem__)
    for found, expected in (
        (([3, 8, 9], [20]), ([3], [8, 9], [20])),
        (([5], []), ([5], [], [])),
        (([], []), ([], [], [])),
    ):
        monkeypatch.setattr(explore, "picked", lambda page, view, found=found: found)
        explore.on_pick(shown)
        wanted = [",".join(shown.key_of(row) for row in rows) or None for rows in expected]
        assert [address[name] for name in ("candid", "like", "unlike")] == wanted
    monkeypatch.setattr(explore, "picked", lambda page, view: None)
    address.clear()
    explore.on_pick(shown)
    assert address == {}, "the browser sent nothing that can be picked"


# --- labels by people ------------------------------------------------------------------------------------------------


def test_a_persons_label_stands_in_every_view_and_new_labels_are_asked_for_anew(own, open_explore):
    frame = Catalogue.open(own).frame()
    page = open_explore(candid=str(frame["candid"].iloc[4]))
    before, state = neighbours(page)["like"][0]["caption"], messages(page)["panel"]["state"]
    Annotations.open(own).add([int(frame["candid"].iloc[4])], "kilonova", "me", frame["survey"].iloc[4])
    page.run()
    assert before != "kilonova" == neighbours(page)["like"][0]["caption"]
    assert messages(page)["panel"]["state"] != state
    assert "kilonova" in {entry["name"] for entry in messages(page)["maps"]["colour"]["entries"]}


def test_labels_that_cannot_be_read_are_said_and_the_page_goes_on(own, open_explore):
    people, frame = Annotations.open(own), Catalogue.open(own).frame()
    people.add(frame["candid"].tolist()[:1], "SN", "me", frame["survey"].iloc[0])
    del people
    (own / FILE).write_bytes(b"no labels at all" * 100)
    page = open_explore()
    assert not page.exception
    assert FILE in words(page) and len(page.warning) == 1 and messages(page)["maps"]["panels"]
    assert (own / FILE).read_bytes().startswith(b"no labels")


# --- before anything is picked -------------------------------------------------------------------------------------


def test_the_welcome_explains_each_encoder_once_and_warns_of_simulations(open_explore, monkeypatch, galaxy_catalogue):
    page = open_explore(left="simclr", right="simclr")
    assert words(page).count("*SimCLR*") == 1 and len(page.info) == 1
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(galaxy_catalogue))
    assert not open_explore().info, "galaxies are real"
