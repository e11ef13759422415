"""The probe page on labels by the data and by people: what it shows is what the command that it prints says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.pages import html, open_page, show_only, words
from tests.support.probes import argue, run_printed
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import DATA, Snapshot

PAGE = "pages/probe.py"
ASKED = {"probe": "random,noise", "c": "0.1"}
NUMBER = r"[+-]?\d+\.\d{3}"


@pytest.fixture
def argued(monkeypatch, tmp_path) -> Path:
    """The only catalogue that the page finds; a test may change it."""
    path = argue(tmp_path / "argued")
    show_only(path, monkeypatch, tmp_path / "none")
    return path


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
    page = open_page(PAGE, through_app, **ASKED)
    assert not page.exception
    told = printed(page)
    assert len(shown(page)) == 2 and shown(page) == expected(told)
    assert labels_told(page) == (told["labels_used"]["people"], told["labels_used"]["data"])
    assert told["labels_used"]["people"] > 6, "people's labels count"
    (difference,) = told["differences"]["cross-validation"]
    assert f"{difference['difference']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]" in words(page)


def test_after_another_label_both_give_other_figures_and_the_same(argued):
    page = open_page(PAGE, **ASKED)
    before = shown(page)
    candids = Catalogue.open(argued).frame(["candid"])["candid"].tolist()
    Annotations.open(argued).add(candids[:60:2], "SN", "Cem", "ztf")
    page.run()
    assert not page.exception and shown(page) != before
    assert shown(page) == expected(printed(page))


def test_where_people_s_labels_cannot_be_read_the_command_asks_for_the_data_s(argued):
    (argued / FILE).write_bytes(b"nonsense" * 100)
    page = open_page(PAGE, **ASKED)
    assert not page.exception and labels_told(page)[0] == 0
    assert any("--labels-by data" in block.value for block in page.code)
    assert shown(page) == expected(printed(page))


def test_a_probe_saved_on_the_page_says_whose_labels_it_was_fitted_on(argued):
    from ztfexplore.probe import store

    page = open_page(PAGE, **ASKED, show="save")
    page.button(key="save-random").click().run()
    assert not page.exception
    (saved,) = store.saved_probes(Catalogue.open(argued))
    assert saved.probe.labels_used["people"] > 6
    assert sum(saved.probe.labels_used.values()) == sum(saved.probe.alerts_by_class.values())
    assert Snapshot.open(argued, DATA).labels_used() == {"people": 0, "data": 60}
