"""The results: figures that the printed command gives too, calibration, the learning curve, labels seen in training."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.support.pages import html, open_page, words
from tests.support.probes import LABELS, QUICK, build, run_printed, taught
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.evaluation.classifiers import Parts

ASKED = {"probe": "random,noise", "c": "0.1"}
NUMBER = r"[+-]?\d+\.\d{3}"


def shown(page) -> list[tuple[float, ...]]:
    """Balanced accuracy, its interval, macro-F1 and counts, of each card on a page."""
    cards = re.findall(
        rf"zx-big'>({NUMBER}) <small>\[({NUMBER}), ({NUMBER})\].*?macro-F1 ({NUMBER}).*?"
        r": (\d+) objects, (\d+) alerts.*?C = ([\d.]+)",
        html(page),
        re.DOTALL,
    )
    return [tuple(map(float, card)) for card in cards]


def printed(page) -> dict:
    """What the command under 'Make these figures again' says."""
    (command,) = (block.value for block in page.code if "probe compare" in block.value)
    return run_printed(command)


def expected(told: dict) -> list[tuple[float, ...]]:
    """The same of what a command says."""
    found = []
    for probe in told["probes"].values():
        scores = next(iter(probe["scores"].values()))
        figures = (scores["balanced_accuracy"], *scores["interval"], scores["macro_f1"])
        found.append((*(float(f"{figure:.3f}") for figure in figures), scores["objects"], scores["alerts"], probe["C"]))
    return found


def labels_told(page) -> tuple[int, int]:
    """How many labels the page says are people's and the data's."""
    people, data = re.search(r"(\d+) by people, (\d+) by the data \(alerts\)", words(page)).groups()
    return int(people), int(data)


@pytest.mark.parametrize("through_app", (False, True), ids=("alone", "through app.py"))
def test_the_page_and_the_command_that_it_prints_give_the_same_figures(through_app, argued):
    page = open_page("pages/probe.py", through_app, **ASKED)
    assert not page.exception
    told = printed(page)
    assert len(shown(page)) == 2 and shown(page) == expected(told)
    assert labels_told(page) == (told["labels_used"]["people"], told["labels_used"]["data"])
    assert told["labels_used"]["people"] > 6, "people's labels count"
    (difference,) = told["differences"]["cross-validation"]
    assert f"{difference['difference']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]" in words(page)


def test_after_another_label_both_give_other_figures_and_the_same(argued):
    page = open_page("pages/probe.py", **ASKED)
    before = shown(page)
    candids = Catalogue.open(argued).frame(["candid"])["candid"].tolist()
    Annotations.open(argued).add(candids[:60:2], "SN", "Cem", "ztf")
    page.run()
    assert not page.exception and shown(page) != before
    assert shown(page) == expected(printed(page))


def test_where_people_s_labels_cannot_be_read_the_command_asks_for_the_data_s(argued):
    (argued / FILE).write_bytes(b"nonsense" * 100)
    page = open_page("pages/probe.py", **ASKED)
    assert not page.exception and labels_told(page)[0] == 0
    assert any("--labels-by data" in block.value for block in page.code)
    assert shown(page) == expected(printed(page))


def test_calibration_tells_the_error_of_each_probe_and_can_be_saved(show, known):
    page = show(known, probe="random", show="calibration", **QUICK)
    assert re.search(r"0\.\d{3} \(0\.\d{3}", words(page)), "with classes as they are, and weighted equally"
    assert len(page.get("plotly_chart")) == 2 and len(page.get("download_button")) == 2


def test_a_learning_curve_is_computed_when_it_is_asked_for_and_then_kept(show, known):
    page = show(known, probe="random", show="learning", **QUICK)
    assert len(page.get("plotly_chart")) == 1
    page = page.button(key="learn-button").click().run()
    assert not page.exception and len(page.get("plotly_chart")) == 2
    again = show(known, probe="random", show="learning", **QUICK)
    assert len(again.get("plotly_chart")) == 2 and all(button.key != "learn-button" for button in again.button)


def test_an_encoder_that_learned_from_the_labels_is_marked_and_judged_by_others(show, tmp_path, monkeypatch):
    made = build(tmp_path / "c", LABELS)
    parts = Parts.of(made.frame())
    known = sorted(set(parts.objects[parts.fit].tolist()))
    weights = taught(tmp_path / "models", monkeypatch, known)
    values = embedding.read_embedding(made, "random").values
    made.write_vectors(embedding.column("own"), np.arange(len(values)), values, {"weights_sha256": weights})
    page = show(made.path, probe="own,random", **QUICK)
    assert not page.exception
    own_card, random_card = (e.proto.body for e in page.get("html") if "probe-card" in e.proto.body)
    objects = len(set(parts.objects[parts.test].tolist()))
    assert f"the test part: {objects} objects" in own_card and "seen in training" in own_card
    assert f"labels of {len(known)} of these {len(known)} objects" in own_card
    assert "class='zx-seen'" not in random_card
    page = show(made.path, probe="own,random", judged="cross-validation", **QUICK)
    own_card = next(e.proto.body for e in page.get("html") if "probe-card" in e.proto.body)
    assert "seen in training" in own_card.split("zx-big")[-2]
