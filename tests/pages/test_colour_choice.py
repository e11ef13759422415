"""What colours the maps beyond columns: predictions, disagreement, anomaly; and links that hold all of it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.support.pages import messages, neighbours, open_page
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.probe import store as probe_store
from ztfexplore.ui.server.published import BYTES


def sent_array(colour: dict, name: str, dtype: str) -> np.ndarray:
    """What the browser fetches for a part of the colours."""
    return np.frombuffer(BYTES.get(colour[name].rpartition("/")[2]), dtype)


@pytest.mark.parametrize("name", ["disagreement", "anomaly"])
def test_scores_colour_the_maps_by_numbers_from_0_to_1(script, name):
    page = open_page(script, colour=name)
    assert not page.exception
    colour = messages(page)["maps"]["colour"]
    values = sent_array(colour, "values", "<f4")
    assert colour["kind"] == "numbers" and name in colour["title"]
    assert len(values) == 150 and np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1


def test_predictions_have_the_colours_of_classes_and_say_whose_they_are(script):
    page = open_page(script, colour="prediction")
    assert not page.exception
    colour = messages(page)["maps"]["colour"]
    labels = {entry["name"]: entry["colour"] for entry in messages(open_page(script))["maps"]["colour"]["entries"]}
    assert "SimCLR" in colour["legend"]
    assert {entry["name"]: entry["colour"] for entry in colour["entries"]}.items() <= labels.items()
    assert sum(entry["count"] for entry in colour["entries"]) == 150


def test_one_class_has_no_prediction_and_says_why(monkeypatch, tmp_path, demo_catalogue):
    path = shutil.copytree(demo_catalogue, tmp_path / "one")
    frame = Catalogue.open(path).frame()
    people = Annotations.open(path)
    people.add(frame["candid"].tolist(), "SN", "me", frame["survey"].tolist())
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    page = open_page("pages/explore.py", colour="prediction")
    assert not page.exception
    assert any("two classes" in warning.value for warning in page.warning)
    assert [entry["name"] for entry in messages(page)["maps"]["colour"]["entries"]] == ["SN"]


def test_a_persons_label_stands_in_every_view_and_new_labels_are_asked_for_anew(monkeypatch, tmp_path, demo_catalogue):
    path = shutil.copytree(demo_catalogue, tmp_path / "mine")
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    frame = Catalogue.open(path).frame()
    page = open_page("pages/explore.py", candid=str(frame["candid"].iloc[4]))
    before, state = neighbours(page)["like"][0]["caption"], messages(page)["panel"]["state"]
    Annotations.open(path).add([int(frame["candid"].iloc[4])], "kilonova", "me", frame["survey"].iloc[4])
    page.run()
    assert before != "kilonova" == neighbours(page)["like"][0]["caption"]
    assert messages(page)["panel"]["state"] != state
    assert "kilonova" in {entry["name"] for entry in messages(page)["maps"]["colour"]["entries"]}


def test_labels_that_cannot_be_read_are_said_and_the_page_goes_on(monkeypatch, tmp_path, demo_catalogue):
    path = shutil.copytree(demo_catalogue, tmp_path / "torn")
    people = Annotations.open(path)
    frame = Catalogue.open(path).frame()
    people.add(frame["candid"].tolist()[:1], "SN", "me", frame["survey"].iloc[0])
    del people
    (path / FILE).write_bytes(b"no labels at all" * 100)
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    page = open_page("pages/explore.py")
    assert not page.exception
    assert page.warning and messages(page)["maps"]["panels"]
    assert (path / FILE).read_bytes().startswith(b"no labels")


def test_a_query_of_several_is_in_the_link(script, demo_catalogue):
    candids = [str(candid) for candid in Catalogue.open(demo_catalogue).frame()["candid"]]
    page = open_page(script, candid=candids[3], like=f"{candids[8]},nonsense,{candids[9]}", unlike=f"{candids[20]},-5")
    assert not page.exception
    panel = messages(page)["panel"]
    assert panel["like"] == [3, 8, 9] and panel["unlike"] == [20]
    found = neighbours(page)
    assert [item["row"] for item in found["like"]] == [3, 8, 9]
    assert not {3, 8, 9, 20} & {item["row"] for item in found["panels"][0]["items"]}


def test_a_saved_probe_is_offered_as_a_colour(monkeypatch, tmp_path, demo_catalogue):
    path = shutil.copytree(demo_catalogue, tmp_path / "probed")
    (path / probe_store.FOLDER).mkdir()
    (path / probe_store.FOLDER / "torn.json").write_text("{")
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(path))
    page = open_page("pages/explore.py", colour="probe:torn")
    assert not page.exception
    assert not any("torn" in option for box in page.selectbox for option in box.options)
