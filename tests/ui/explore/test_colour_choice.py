"""The box that chooses what colours the maps: what it offers, and what a link asks for that cannot be shown."""

from __future__ import annotations

import shutil

from tests.support.pages import in_url, messages, show_only
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.probe import store as probe_store
from ztfexplore.ui.explore import colour_choice
from ztfexplore.ui.explore.colour_mode import COLOURS

BOX = "choice-colour"


def coloured(page) -> dict:
    assert not page.exception
    return messages(page)["maps"]["colour"]


def test_the_box_offers_columns_and_modes_and_explains_each(open_explore):
    box = open_explore().selectbox(key=BOX)
    assert {"label", "magnitude", "probe prediction", "neighbour disagreement", "anomaly score"} <= set(box.options)
    assert all(mode.explanation in box.help.lower() for mode in COLOURS.values())


def test_choosing_a_colour_puts_it_into_the_link(open_explore):
    page = open_explore()
    page.selectbox(key=BOX).select("mjd").run()
    assert in_url(page, "colour") == "mjd"
    assert coloured(page)["kind"] == "numbers"


def test_the_legend_says_whose_predictions_colour_the_maps(open_explore):
    assert coloured(open_explore())["legend"] == ""
    assert "S-SimCLR" in coloured(open_explore(colour="prediction", left="s-simclr"))["legend"]


def test_disagreement_is_offered_only_for_two_encoders(open_explore):
    page = open_explore(left="simclr", right="simclr", colour="disagreement")
    assert "neighbour disagreement" not in page.selectbox(key=BOX).options
    assert coloured(page)["kind"] == "categories", "the link asks for what is not offered: the first colour"


def test_a_colour_that_cannot_be_computed_is_said_and_classes_are_shown(
    open_explore, monkeypatch, tmp_path, demo_catalogue
):
    path = shutil.copytree(demo_catalogue, tmp_path / "one")
    frame = Catalogue.open(path).frame()
    Annotations.open(path).add(frame["candid"].tolist(), "SN", "me", frame["survey"].tolist())
    show_only(path, monkeypatch, tmp_path / "none")
    page = open_explore(colour="prediction")
    assert [entry["name"] for entry in coloured(page)["entries"]] == ["SN"], "one class trains no probe"
    (warning,) = page.warning
    assert colour_choice._title("prediction") in warning.value


def test_a_torn_saved_probe_is_not_offered(open_explore, monkeypatch, tmp_path, demo_catalogue):
    path = shutil.copytree(demo_catalogue, tmp_path / "probed")
    (path / probe_store.FOLDER).mkdir()
    (path / probe_store.FOLDER / "torn.json").write_text("{")
    show_only(path, monkeypatch, tmp_path / "none")
    page = open_explore(colour="probe:torn")
    assert not page.exception
    assert not any("torn" in option for option in page.selectbox(key=BOX).options)
