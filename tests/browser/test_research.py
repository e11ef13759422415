"""The research page in a real browser: cards, figures, the CSV; a reduced run that a click elsewhere leaves alone."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.browser import browser_page, served
from tests.support.research_stub import ARMS, run_stub
from ztfexplore.research import answers, runner, summaries
from ztfexplore.research.results import read_results
from ztfexplore.research.store import Store

pytestmark = pytest.mark.browser
WAIT_MS = 90_000
RUN_MS = 400_000  # three short trainings, beside whatever else the machine does


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results of one question; of the others there are none yet."""
    folder = tmp_path / "results"
    runner.run_missing(["balanced"], ARMS, Store(folder, tmp_path / "locks"), seeds=2, run_one=run_stub)
    monkeypatch.setenv("ZTFEXPLORE_RESEARCH", str(folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return folder


def test_read_an_answer_take_its_numbers_and_run_a_reduced_version(chromium, results, demo_catalogue, tmp_path):
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    with served(demo_catalogue, tmp_path / "app.log") as url, browser_page(chromium) as page:
        page.goto(f"{url}/research")
        page.get_by_text(answers.NO_RUN).wait_for(timeout=WAIT_MS)
        page.locator(".st-key-ask-balanced button").click()
        page.locator('[data-testid="research-answer"]', has_text="linear probe").wait_for(timeout=WAIT_MS)
        assert "question=balanced" in page.url
        page.locator(".js-plotly-plot .errorbars").first.wait_for(state="attached", timeout=WAIT_MS)
        # Nothing is wider than the screen.
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        with page.expect_download() as started:
            page.get_by_role("button", name="All measures as CSV").click()
        saved = pd.read_csv(started.value.path())
        assert len(saved) == len(summaries.balanced_table(read_results(Store(results), "balanced")))
        assert {"effect_low", "n_runs", "reason"} <= set(saved.columns)

        page.locator(".st-key-reduced-run button").click()
        page.locator(".st-key-reduced-stop button").wait_for(timeout=WAIT_MS)
        page.get_by_role("link", name="Data", exact=True).click()  # elsewhere, and back
        page.get_by_test_id("stDataFrame").first.wait_for(timeout=WAIT_MS)
        page.get_by_role("link", name="Research", exact=True).click()
        page.get_by_text("Reduced, not the published runs").first.wait_for(timeout=WAIT_MS)
        assert "question=balanced" in page.url
        page.wait_for_function("() => !document.querySelector('.st-key-reduced-stop')", timeout=RUN_MS)
        page.locator(".st-key-reduced-chart .errorbars").nth(2).wait_for(state="attached", timeout=WAIT_MS)
        assert page.get_by_test_id("stException").count() == 0
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


def test_a_reduced_run_stops_when_told(chromium, results, demo_catalogue, tmp_path):
    with served(demo_catalogue, tmp_path / "app.log") as url, browser_page(chromium) as page:
        page.goto(f"{url}/research?question=augmentations")
        page.locator(".st-key-reduced-run button").click(timeout=WAIT_MS)
        page.locator(".st-key-reduced-stop button").click(timeout=WAIT_MS)
        page.get_by_text("was stopped").wait_for(timeout=WAIT_MS)
        assert page.locator(".st-key-reduced-run button").is_enabled()
        assert page.get_by_test_id("stException").count() == 0
