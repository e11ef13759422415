"""The linear probe page by AppTest: alone, as a cold deep link runs it, and through app.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import html, open_page, words
from tests.support.probes import LABELS, build
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.encoders import encoder
from ztfexplore.probe import store as probe_store

PAGE = "pages/probe.py"
QUICK = {"c": "0.03"}


@pytest.fixture(autouse=True)
def no_other_catalogues(monkeypatch, tmp_path):
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path / "none")


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Path:
    """60 labelled objects and 9 without a label, embedded by 'random'; not to be changed."""
    return build(tmp_path_factory.mktemp("known") / "known", LABELS).path


@pytest.fixture
def show(monkeypatch):
    """Opens the page on a catalogue."""

    def opened(catalogue: Path, through_app: bool = False, **query: str) -> AppTest:
        monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(catalogue))
        return open_page(PAGE, through_app, **query)

    return opened


def choose(page: AppTest, name: str, value: object) -> AppTest:
    (found,) = (box for box in [*page.selectbox, *page.multiselect] if box.label.startswith(name))
    return found.set_value(value).run()


@pytest.mark.parametrize("through_app", (False, True), ids=("alone", "through app.py"))
def test_train_shows_scores_matrix_and_differences_and_puts_it_into_the_link(through_app, show, demo_catalogue):
    page = show(demo_catalogue, through_app)
    assert not page.exception and "What it is" in words(page)
    page.button(key="train").click().run()
    assert not page.exception
    assert page.query_params["probe"] in ("simclr,s-simclr", ["simclr,s-simclr"])
    cards = html(page)
    assert cards.count("data-testid='probe-card'") == 2
    assert (
        "SimCLR" in cards and "over 3 repeats" in cards and "95 % interval" in cards and "seen in training" not in cards
    )
    assert "SimCLR minus S-SimCLR" in words(page)
    assert len(page.get("plotly_chart")) == 3  # the scores, and two matrices
    table = page.dataframe[0].value
    assert table["recall"].tolist()[0] == "balanced accuracy" and len(table) == 6


def test_a_deep_link_shows_the_cell_with_its_stamps_each_a_link(show, known):
    query = {"probe": "random", "of": "random", "true": "SN", "said": "SN", **QUICK}
    page = show(known, **query)
    assert not page.exception
    cell = html(page)
    candids = Catalogue.open(known).frame()["candid"].astype(str).tolist()
    assert "data-testid='gallery'" in cell and "SN → SN" in cell
    linked = [candid for candid in candids if f"candid={candid}'" in cell]
    assert 10 < len(linked) < 20 and cell.count("<img") == len(linked)
    assert "catalogue=known&amp;candid=" in cell


def test_an_empty_cell_and_nonsense_in_the_link_are_no_errors(show, known):
    page = show(known, probe="random", of="random", true="SN", said="nothing <b>x</b>", **QUICK)
    assert not page.exception and "No object in this cell" in words(page)
    nonsense = {"fraction": "nan", "c": "x", "seed": "-3", "features": "smell", "weight": "heavy", "show": "?"}
    for name, value in nonsense.items():
        page = show(known, probe="random", **{name: value})
        assert not page.exception, name


@pytest.mark.parametrize("wanted", ("calibration", "learning", "save"))
def test_the_other_looks(wanted, show, known):
    page = show(known, probe="random", show=wanted, **QUICK)
    assert not page.exception
    if wanted == "calibration":
        assert "Expected calibration error" in words(page)
    if wanted == "learning":
        page.button(key="learn-button").click().run()
        assert not page.exception and "draws of labels" in words(page)
    if wanted == "save":
        assert "**9** alerts without a label predicted" in words(page)
        table = page.dataframe[1].value
        assert table["class"].tolist() == ["AGN", "SN", "VS"] and table["alerts"].tolist() == [0, 9, 0]


def test_a_probe_is_saved_beside_the_catalogue_and_a_bad_name_is_named(show, tmp_path):
    made = build(tmp_path / "c", LABELS)
    page = show(made.path, probe="random", show="save", **QUICK)
    page.text_input(key="name-random").set_value("../evil").run()
    page.button(key="save-random").click().run()
    assert not page.exception and "letters, digits" in words(page)
    page.text_input(key="name-random").set_value("mine").run()
    page.button(key="save-random").click().run()
    assert not page.exception and "Saved as mine" in "".join(element.value for element in page.success)
    (stored,) = probe_store.saved_probes(made)
    assert stored.name == "mine" and stored.probe is not None and stored.probe.classes == ("AGN", "SN", "VS")


def test_an_encoder_that_learned_from_the_labels_is_marked_and_judged_by_others(show, tmp_path, monkeypatch):
    own = encoder.random_encoder(seed=3)
    own.name = "own"
    plain = build(tmp_path / "plain", LABELS)
    from ztfexplore.evaluation.classifiers import Parts

    parts = Parts.of(plain.frame())
    taught = sorted(set(parts.objects[parts.fit].tolist()))
    own.card |= {"name": "own", "trained_on": {"object_ids": taught, "labels_used": True}}
    encoder.save(own, tmp_path / "models" / "own")
    monkeypatch.setattr(encoder, "MODELS", tmp_path / "models")
    made = build(tmp_path / "c", LABELS)
    values = embedding.read_embedding(made, "random").values
    metadata = {"weights_sha256": encoder.load("own").weights_sha256}
    made.write_vectors(embedding.column("own"), np.arange(len(values)), values, metadata)
    page = show(made.path, probe="own,random", **QUICK)
    assert not page.exception
    own_card, random_card = (e.proto.body for e in page.get("html") if "probe-card" in e.proto.body)
    objects = len(set(parts.objects[parts.test].tolist()))
    assert f"the test part: {objects} objects" in own_card and "seen in training" in own_card
    assert f"labels of {len(taught)} of these {len(taught)} objects" in own_card
    assert "class='zx-seen'" not in random_card
    page = show(made.path, probe="own,random", judged="cross-validation", **QUICK)
    own_card = next(e.proto.body for e in page.get("html") if "probe-card" in e.proto.body)
    assert "seen in training" in own_card.split("zx-big")[-2]


def test_metadata_are_marked_as_circular(show, known):
    page = show(known, probe="random", features="both", **QUICK)
    assert not page.exception and "Circular: 60 of 60 labels" in words(page)


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
    assert not page.exception and "simclr has embedded nothing here" in words(page)
    page = show(known, probe="random", fraction="0.001", **QUICK)
    assert not page.exception and "with a label fraction of 0.001" in words(page)


def test_a_baseline_is_embedded_when_it_is_asked_for(show, tmp_path):
    made = build(tmp_path / "c", LABELS)
    page = choose(show(made.path), "Encoders", ["random", "pca"])
    page.button(key="train").click().run()
    assert not page.exception
    assert "pca" in embedding.embedded_by(Catalogue.open(made.path))
    assert html(page).count("data-testid='probe-card'") == 2


def test_no_encoder_chosen_is_said(show, known):
    page = choose(show(known), "Encoders", [])
    assert not page.exception and "choose at least one encoder" in words(page)
    assert page.button(key="train").disabled


def test_settings_that_are_not_trained_yet_are_told_apart(show, known):
    page = show(known, probe="random", **QUICK)
    assert "press Train" not in words(page)
    page = choose(page, "Class weights", "none")
    assert not page.exception and "press Train" in words(page)
    page.button(key="train").click().run()
    assert page.query_params["weight"] in ("none", ["none"]) and "press Train" not in words(page)


def test_text_from_the_data_is_shown_as_text(show, tmp_path):
    from ztfexplore.alerts.labels_csv import Label

    made = build(tmp_path / "c", LABELS)
    evil = "<img src=x onerror=alert(1)>"
    frame = made.frame(["candid", "label"])
    made.relabel(
        {c: Label(evil, None) for c, label in zip(frame["candid"], frame["label"], strict=True) if label == "SN"}
    )
    page = show(made.path, probe="random", of="random", true=evil, said=evil, **QUICK)
    assert not page.exception
    assert "<img src=x" not in html(page) and "&lt;img src=x" in html(page)
    assert "<img src=x" not in "".join(element.value for element in page.markdown)
