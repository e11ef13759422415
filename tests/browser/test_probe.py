"""A linear probe in a real browser: train, click a cell, see its stamps, open one, come back, export."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.support.browser import browser_page, served
from tests.support.packets import CANDID
from tests.support.probes import LABELS, build
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding, projection

pytestmark = pytest.mark.browser
WAIT_MS = 60_000


@pytest.fixture
def known(tmp_path) -> Catalogue:
    """60 labelled objects and 9 without a label, with an embedding and a map."""
    made = build(tmp_path / "known", LABELS)
    projection.project(made, "random")
    assert embedding.embedded_by(made) == ["random"]
    return made


def click_cell(page, name: str, column: float, row: float) -> None:
    """Click into a matrix of three classes, at a share of its width and height."""
    box = page.locator(f".st-key-confusion-{name} .nsewdrag").first
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    x, y = place["x"] + column * place["width"], place["y"] + row * place["height"]
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y, steps=3)
    page.wait_for_timeout(250)  # plotly picks what is hovered
    page.mouse.down()
    page.wait_for_timeout(40)
    page.mouse.up()


def wait_for_cell(page, text: str) -> None:
    """Until the stamps of a cell are announced; what hovers over the matrix says the same, and is none."""
    page.locator('[data-testid="stMarkdown"]', has_text=text).wait_for(timeout=WAIT_MS)


def test_train_click_a_cell_open_a_stamp_and_export(chromium, known, tmp_path):
    frame = known.frame()
    with served(known.path, tmp_path / "app.log") as url, browser_page(chromium) as page:
        page.goto(f"{url}/probe")
        page.locator(".st-key-train button").click(timeout=WAIT_MS)
        page.get_by_test_id("probe-card").wait_for(timeout=WAIT_MS)
        assert "probe=random" in page.url
        page.locator(".st-key-confusion-random .nsewdrag").first.wait_for(timeout=WAIT_MS)
        # Off the centre of the cell: all of it can be clicked.
        click_cell(page, "random", 0.25, 0.1)
        gallery = page.get_by_test_id("gallery")
        gallery.wait_for(timeout=WAIT_MS)
        assert "true=AGN" in page.url and "said=AGN" in page.url
        names = gallery.locator("span:first-of-type").all_inner_texts()
        assert len(names) > 10 and set(names) <= set(frame["object_id"][frame["label"] == "AGN"])
        assert all(gallery.locator("img").evaluate_all("all => all.map(one => one.naturalWidth > 0)"))

        click_cell(page, "random", 0.5, 0.5)
        wait_for_cell(page, "true SN, predicted SN")
        page.reload()
        wait_for_cell(page, "true SN, predicted SN")
        first = page.get_by_test_id("gallery").locator("a").first
        candid = first.get_attribute("href").split("candid=")[1]
        first.click()
        page.locator('[data-testid="object-card"]', has_text=candid).wait_for(timeout=WAIT_MS)
        page.go_back()
        wait_for_cell(page, "true SN, predicted SN")

        page.get_by_text("Save and predict").click()
        for ending in (".csv", ".parquet"):
            button = page.get_by_text("Predictions (CSV)" if ending == ".csv" else "Predictions (Parquet)")
            button.wait_for(timeout=WAIT_MS)
            with page.expect_download(timeout=WAIT_MS) as download:
                button.click()
            saved = tmp_path / f"out{ending}"
            download.value.save_as(saved)
            check(saved)


def check(path: Path) -> None:
    """Nine predictions, of the right alerts to the last digit, with the probability of each class."""
    table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    assert table["candid"].tolist() == [CANDID + i for i in range(60, 69)]
    assert {"object_id", "predicted", "probability_AGN", "probability_SN", "probability_VS", "margin"} <= set(table)
    assert table["predicted"].tolist() == ["SN"] * 9
