"""The neighbours' message: what each card says, how pure a neighbourhood is, how far two encoders agree."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.support.packets import alerts
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.display.colours import label_colour
from ztfexplore.embeddings import embedding
from ztfexplore.ui.server import neighbour_cards
from ztfexplore.ui.server.neighbour_cards import Query
from ztfexplore.ui.server.view import View
from ztfexplore.ui.server.view import view as open_view

# Eight objects on two lines: 'left' orders them by number, 'right' has the second half nearest to the first.
LEFT = [0, 1, 2, 3, 4, 5, 6, 7]
RIGHT = [0, 7, 6, 5, 4, 3, 2, 1]
LABELS = ["SN", "SN", "VS", None, "SN", "VS", None, "AGN"]


def directions(order: list[int]) -> np.ndarray:
    """Unit vectors (8, 2): the higher its number in the order, the farther from the first."""
    angles = np.array(order) * 0.2
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("f4")


def eight(path, labels: list[str | None]) -> View:
    catalogue = Catalogue.create(path)
    catalogue.add([replace(one, label=label) for one, label in zip(alerts(*range(8)), labels, strict=True)])
    for name, order in (("left", LEFT), ("right", RIGHT)):
        catalogue.write_vectors(embedding.column(name), np.arange(8), directions(order), {"weights_sha256": "0" * 64})
    return open_view(path)


@pytest.fixture(scope="module")
def view(tmp_path_factory) -> View:
    """Not to be changed."""
    return eight(tmp_path_factory.mktemp("eight") / "eight", LABELS)


def asked(view: View, *like: int, unlike: tuple[int, ...] = (), encoders=("left", "right"), k: int = 3) -> dict:
    return neighbour_cards.answer(view, Query(like, unlike, encoders, k=k))


def rows(panel: dict) -> list[int]:
    return [item["row"] for item in panel["items"]]


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


def test_shared_neighbours_are_framed_and_counted(view):
    found = asked(view, 0, k=5)
    left, right = found["panels"]
    assert rows(left) == [1, 2, 3, 4, 5] and rows(right) == [7, 6, 5, 4, 3]
    assert [item["row"] for item in left["items"] if item["shared"]] == [3, 4, 5]
    assert [item["row"] for item in right["items"] if item["shared"]] == [5, 4, 3]
    assert numbers(found["overlap"]) == [3, 5, 0.43], "3 of 5, Jaccard index 3/7"


def test_a_single_encoder_agrees_with_nobody(view):
    found = asked(view, 0, encoders=("left",))
    assert found["overlap"] == "" and not any(item["shared"] for item in found["panels"][0]["items"])


def test_purity_counts_labelled_neighbours_only(view):
    (panel,) = asked(view, 0, encoders=("left",), k=4)["panels"]
    assert numbers(panel["note"]) == [2, 3] and "SN" in panel["note"], "of SN, VS, none, SN"


@pytest.mark.parametrize(
    ("like", "why"),
    [((3,), "what was picked has no class"), ((0, 2), "the picked objects have several classes")],
)
def test_without_one_class_there_is_no_purity(view, like, why):
    assert asked(view, *like, encoders=("left",))["panels"][0]["note"] == "", why


def test_where_no_neighbour_has_a_label_no_share_is_claimed(tmp_path):
    view = eight(tmp_path / "one", ["SN", *[None] * 7])
    note = asked(view, 0, encoders=("left",))["panels"][0]["note"]
    assert note and not numbers(note)


def test_a_card_has_the_class_its_colour_and_its_distance(view):
    found = asked(view, 0, unlike=(7,), encoders=("left",))
    (like,), (unlike,) = found["like"], found["unlike"]
    assert (like["row"], unlike["row"], like["distance"]) == (0, 7, None)
    for item in found["panels"][0]["items"]:
        label = LABELS[item["row"]]
        assert item["caption"] == (label or "unlabelled") and item["colour"] == label_colour(label)
    (panel,) = asked(view, 0, encoders=("left",))["panels"]
    np.testing.assert_allclose([item["distance"] for item in panel["items"]], 1 - np.cos([0.2, 0.4, 0.6]), atol=1e-6)
    assert all(not item["simulated"] and item["image"].startswith("data:image/png") for item in panel["items"])


def test_where_nothing_has_a_class_cards_are_named_and_have_no_colour(tmp_path):
    view = eight(tmp_path / "none", [None] * 8)
    items = asked(view, 0)["panels"][0]["items"]
    assert (
        [item["caption"] for item in items] == [item["object_id"] for item in items] == ["ZTF181", "ZTF182", "ZTF183"]
    )
    assert {item["colour"] for item in items} == {"transparent"}


def test_a_person_s_label_is_on_the_card(tmp_path):
    view = eight(tmp_path / "mine", LABELS)
    Annotations.open(view.catalogue.path).add([1], "kilonova", "me", "ztf")
    assert asked(open_view(view.catalogue.path), 0)["panels"][0]["items"][0]["caption"] == "kilonova"


def test_candids_are_text_that_javascript_does_not_round(demo_catalogue):
    shown = open_view(demo_catalogue)
    message = json.loads(json.dumps(asked(shown, 7, encoders=("simclr",))))
    sent = [message["like"][0]["candid"], *(item["candid"] for item in message["panels"][0]["items"])]
    expected = shown.frame["candid"].iloc[[7, *rows(message["panels"][0])]]
    assert sent == [str(candid) for candid in expected] and int(float(sent[0])) != int(sent[0])


def test_an_alert_that_an_encoder_has_not_seen_has_no_neighbours_in_it_and_says_why(tmp_path):
    view = eight(tmp_path / "late", LABELS)
    view.catalogue.add(alerts(99))
    left, right = (found := asked(open_view(view.catalogue.path), 8))["panels"]
    assert left["items"] == right["items"] == [] and "embed" in left["note"]
    assert found["overlap"] == "" and found["like"][0]["object_id"] == "ZTF1899"
