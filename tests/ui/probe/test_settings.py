"""The settings: a link opens them as they were, another catalogue begins anew, what cannot be trained is said."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import html, in_url, show_only, words
from tests.support.probes import LABELS, QUICK, build
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.ui.probe import settings

LINK = {
    "probe": "random",
    "features": "both",
    "fraction": "0.5",
    "weight": "none",
    "c": "0.1",
    "seed": "7",
}


def test_a_link_fills_every_setting_and_train_leaves_it_as_it_is(show, known):
    page = show(known, **LINK)
    assert not page.exception
    boxes = {box.label: box.value for box in [*page.selectbox, *page.multiselect, *page.number_input]}
    assert boxes["Encoders, up to 3"] == ["random"] and boxes["Features"] == "both"
    assert boxes["Class weights"] == "none" and boxes["Seed"] == 7
    assert 0.1 in boxes.values()  # C
    assert page.select_slider[0].value == 0.5
    page.button(key="train").click().run()
    assert not page.exception
    assert {name: in_url(page, name) for name in LINK} == LINK


def test_an_automatic_c_is_in_the_link_and_the_default_is_not(show, known):
    page = show(known, probe="random")
    page.button(key="train").click().run()
    assert in_url(page, "c") is None and in_url(page, "seed") is None
    (box,) = (box for box in page.selectbox if 0.03 in (box.value,))
    box.select_index(len(box.options) - 1)  # automatic; in one run with the click, since AppTest forgets a None
    page.button(key="train").click().run()
    assert not page.exception and in_url(page, "c") == "auto"


def test_another_catalogue_begins_with_its_own_settings(show, known, tmp_path, monkeypatch):
    page = show(known, **LINK)
    assert in_url(page, "probe") == "random"
    show_only(build(tmp_path / "other", LABELS).path, monkeypatch, tmp_path / "none")
    page.query_params["catalogue"] = "other"
    page.run()
    assert not page.exception
    assert in_url(page, "probe") is None and in_url(page, "c") is None


def choose(page: AppTest, name: str, value: object) -> AppTest:
    (found,) = (box for box in [*page.selectbox, *page.multiselect] if box.label.startswith(name))
    return found.set_value(value).run()


def test_metadata_are_marked_as_circular(show, known):
    page = show(known, probe="random", features="both", **QUICK)
    assert not page.exception and len(page.warning) == 1 and "60 of 60" in words(page)


@pytest.mark.parametrize(
    ("labels", "words"),
    (
        (["SN"] * 30, "a probe needs two classes"),
        (["SN", "VS", "AGN"], "cannot be trained"),
        ([None] * 8, "no object here has a label"),
        ([*(["SN", "VS"] * 3)], "too few"),
    ),
    ids=("one class", "three labels", "no label", "six labels"),
)
def test_too_few_labels_are_said(labels, words, show, tmp_path):
    page = show(build(tmp_path / "c", labels).path)
    assert not page.exception
    page.button(key="train").click().run()
    assert not page.exception and len(page.error) == 1
    assert words in page.error[0].value.replace("\\", "")


def test_an_encoder_without_an_embedding_and_a_fraction_too_small_are_said(show, known):
    page = show(known, probe="simclr")
    assert not page.exception and len(page.error) == 1 and "simclr" in words(page)
    page = show(known, probe="random", fraction="0.001", **QUICK)
    assert not page.exception and len(page.error) == 1 and "0.001" in words(page)


def test_a_baseline_is_embedded_when_it_is_asked_for(show, tmp_path):
    made = build(tmp_path / "c", LABELS)
    page = choose(show(made.path), "Encoders", ["random", "pca"])
    page.button(key="train").click().run()
    assert not page.exception
    assert "pca" in embedding.embedded_by(Catalogue.open(made.path))
    assert html(page).count("data-testid='probe-card'") == 2


def test_no_encoder_chosen_is_said(show, known):
    page = choose(show(known), "Encoders", [])
    assert not page.exception and len(page.warning) == 1
    assert page.button(key="train").disabled


def test_settings_that_are_not_trained_yet_are_told_apart(show, known):
    page = show(known, probe="random", **QUICK)
    assert not page.info
    page = choose(page, "Class weights", "none")
    assert not page.exception and len(page.info) == 1
    page.button(key="train").click().run()
    assert in_url(page, "weight") == "none" and not page.info


@pytest.mark.parametrize(
    "nonsense",
    [{"fraction": "nan"}, {"fraction": "2"}, {"c": "x"}, {"c": "inf"}, {"seed": "-3"}, {"seed": "1e99"},
     {"features": "smell"}, {"weight": "heavy"}, {"probe": ",,"}],
    ids=str,
)  # fmt: skip
def test_a_link_that_makes_no_sense_asks_for_nothing(monkeypatch, nonsense):
    address = {"probe": "random"} | nonsense
    monkeypatch.setattr(settings.state, "get", lambda name: address.get(name))
    assert settings.asked_in_url() is None


@pytest.mark.parametrize("show_", ["?", "<b>", ""])
def test_a_view_that_there_is_not_shows_the_first(show, known, show_):
    assert not show(known, probe="random", show=show_, **QUICK).exception


def test_what_was_asked_comes_back_from_the_link(monkeypatch):
    address: dict = {}
    monkeypatch.setattr(settings.state, "get", address.get)
    monkeypatch.setattr(settings.state, "put", address.__setitem__)
    for fraction, weight, c, seed, features, external in (
        (1.0, "balanced", 0.03, 0, "images", False),
        (0.25, "none", None, 7, "both", True),
        (0.001, "balanced", 123.5, 9999, "metadata", False),
    ):
        asked = settings.Question(("random", "pca"), settings.fit_config(fraction, weight, c, seed), features, external)
        settings.put_in_url(asked)
        assert settings.asked_in_url() == asked
