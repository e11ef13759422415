"""The linear probe page by AppTest: alone, as a cold deep link runs it, and through app.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import html, in_url, open_page, show_only, words
from tests.support.probes import LABELS, QUICK, build
from ztfexplore.catalogue.catalogue import Catalogue

PAGE = "pages/probe.py"


@pytest.fixture
def known(tmp_path, monkeypatch) -> Path:
    """60 labelled objects and 9 without a label, embedded by 'random'; the only catalogue that the page finds."""
    path = build(tmp_path / "known", LABELS).path
    show_only(path, monkeypatch, tmp_path / "none")
    return path


@pytest.mark.parametrize("through_app", (False, True), ids=("alone", "through app.py"))
def test_train_shows_scores_matrix_and_differences_and_puts_it_into_the_link(
    through_app, demo_catalogue, monkeypatch, tmp_path
):
    show_only(demo_catalogue, monkeypatch, tmp_path / "none")
    page = open_page(PAGE, through_app)
    assert not page.exception and len(page.markdown) == 3, "it explains itself"
    page.button(key="train").click().run()
    assert not page.exception
    assert in_url(page, "probe") == "simclr,s-simclr"
    cards = html(page)
    assert cards.count("data-testid='probe-card'") == 2
    assert (
        "SimCLR" in cards and "over 3 repeats" in cards and "95 % interval" in cards and "seen in training" not in cards
    )
    assert "SimCLR minus S-SimCLR" in words(page)
    assert len(page.get("plotly_chart")) == 3  # the scores, and two matrices
    table = page.dataframe[0].value
    assert table["recall"].tolist()[0] == "balanced accuracy" and len(table) == 6


def test_a_deep_link_shows_the_cell_with_its_stamps_each_a_link(known):
    query = {"probe": "random", "of": "random", "true": "SN", "said": "SN", **QUICK}
    page = open_page(PAGE, **query)
    assert not page.exception
    cell = html(page)
    candids = Catalogue.open(known).frame()["candid"].astype(str).tolist()
    assert "data-testid='gallery'" in cell and "SN → SN" in cell
    linked = [candid for candid in candids if f"candid={candid}'" in cell]
    assert 10 < len(linked) < 20 and cell.count("<img") == len(linked)
    assert "catalogue=known&amp;candid=" in cell


def test_text_from_the_data_is_shown_as_text(monkeypatch, tmp_path):
    from ztfexplore.alerts.labels_csv import Label

    made = build(tmp_path / "c", LABELS)
    evil = "<img src=x onerror=alert(1)>"
    frame = made.frame(["candid", "label"])
    made.relabel(
        {c: Label(evil, None) for c, label in zip(frame["candid"], frame["label"], strict=True) if label == "SN"}
    )
    show_only(made.path, monkeypatch, tmp_path / "none")
    page = open_page(PAGE, probe="random", of="random", true=evil, said=evil, **QUICK)
    assert not page.exception
    assert "<img src=x" not in html(page) and "&lt;img src=x" in html(page)
    assert "<img src=x" not in "".join(element.value for element in page.markdown)
