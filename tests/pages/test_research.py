"""The research page by AppTest: every number is the library's; what is missing, torn or of another version is said."""

from __future__ import annotations

import functools
import re
import shutil
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import html, in_url, open_page, words
from tests.support.research_stub import ARMS, result, run_stub
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.research import answers, report, runner, summaries
from ztfexplore.research.grid import EXPERIMENTS
from ztfexplore.research.reduced import ReducedJob
from ztfexplore.research.results import read_results
from ztfexplore.research.store import Store

PAGE = "pages/research.py"

FIGURES = {"imbalance": 2, "balanced": 2, "augmentations": 3}
FIRST = {"imbalance": "rare_recall", "balanced": "balanced_accuracy", "augmentations": "balanced_accuracy"}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Results of two seeds; not to be changed."""
    folder = tmp_path_factory.mktemp("research") / "results"
    runner.run_missing(list(EXPERIMENTS), ARMS, Store(folder, folder.parent / "locks"), seeds=2, run_one=run_stub)
    return folder


@pytest.fixture
def results(made, tmp_path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(made, tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def show(monkeypatch, tmp_path, demo_catalogue):
    """Opens the page on some results."""
    monkeypatch.setattr("ztfexplore.paths.DATA", tmp_path / "none")

    def opened(folder: Path, through_app: bool = False, catalogue: Path = demo_catalogue, **query: str) -> AppTest:
        monkeypatch.setenv("ZTFEXPLORE_RESEARCH", str(folder))
        monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(catalogue))
        page = open_page(PAGE, through_app, **query)
        assert not page.exception
        return page

    return opened


def summary(folder: Path, question: str) -> pd.DataFrame:
    return summaries.TABLES[question](read_results(Store(folder), question))


def shown_answer(page: AppTest) -> str:
    (text,) = re.findall(r"data-testid='research-answer'>(.*?)</div>", html(page))
    return text.replace("&#x27;", "'")


# --- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", EXPERIMENTS)
@pytest.mark.parametrize("through_app", (False, True), ids=("alone", "through app.py"))
def test_the_answer_its_figures_and_the_command(show, made, question, through_app):
    page = show(made, through_app, question=question)
    found = answers.answer_question(Store(made), question)
    assert shown_answer(page) == found.answer
    (told,) = re.findall(r"data-testid='research-details'>(.*?)</ul>", html(page))
    assert [unescape(line) for line in re.findall(r"<li>(.*?)</li>", told)] == found.details
    assert len(page.get("plotly_chart")) == FIGURES[question]
    assert f"ztfexplore research run {question} --catalogue CATALOGUE" in page.code[0].value
    assert "Labels made by rules" in words(page) and "2 of 5 seeds are behind the answer" in words(page)
    assert not page.error and not page.warning


def test_each_card_has_the_effect_with_its_interval_and_counts(show, made):
    cards = re.findall(
        r"data-testid='research-card'>(.*?)</div></div>|research-card'>(.*?</p></div>)", html(show(made))
    )
    texts = ["".join(card) for card in cards]
    assert len(texts) == 3
    for text, found in zip(texts, answers.all_answers(Store(made)).values(), strict=True):
        low, high = found.interval
        assert f"{found.effect:+.3f} <small>[{low:+.3f}, {high:+.3f}]</small>" in text
        assert f"p {found.p:.3f} · {found.runs} runs · {found.complete_seeds} of 5 seeds" in text


@pytest.mark.parametrize("question", EXPERIMENTS)
def test_every_number_of_the_table_is_the_summary_s(show, made, question):
    """Rounded by hand from the library's frame, row by row."""
    shown = show(made, question=question).dataframe[0].value
    frame = summary(made, question)
    kept = frame["measure"] == FIRST[question]
    if question != "balanced":
        kept &= frame["probe"] == "all"
    kept |= frame["n_seeds"].eq(0) & frame["reason"].ne("")
    frame = frame[kept].reset_index(drop=True)
    assert len(shown) == len(frame) > 10
    for (_, cells), row in zip(shown.iterrows(), frame.to_dict("records"), strict=True):
        if pd.notna(row["mean"]):
            assert cells["mean [95 %]"] == f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        if pd.notna(row["effect"]):
            interval = f"[{row['effect_low']:+.3f}, {row['effect_high']:+.3f}]"
            assert cells["difference [95 %]"] == f"{row['effect']:+.3f} {interval}"
            assert cells["p"] == f"{row['p']:.3f}" and cells["compared with"] == row["reference"]
        assert (cells["seeds"], cells["runs"], cells["note"]) == (row["n_seeds"], row["n_runs"], row["reason"])


def test_a_skipped_condition_has_its_row_and_its_reason(show, made):
    page = show(made, question="imbalance")
    skipped = page.dataframe[0].value.tail(3)
    assert skipped["ratio"].tolist() == ["3:1, d rare", "10:1, d rare", "30:1, d rare"]
    assert set(skipped["note"]) == {"d: 2 objects outside the test part, too few"}
    assert "Skipped, 3 runs: d: 2 objects outside the test part" in words(page)


# --- choosing ------------------------------------------------------------------------------------------------------


def test_a_card_chooses_the_question_and_what_is_shown_is_a_link(show, made):
    page = show(made)
    assert in_url(page, "question") == "imbalance"
    page.button(key="ask-balanced").click().run()
    assert (
        in_url(page, "question") == "balanced"
        and shown_answer(page) == answers.answer_question(Store(made), "balanced").answer
    )
    link = show(made, question="imbalance", measure="knn_purity", view="change")
    assert "The table: k-NN purity" in words(link)
    assert link.dataframe[0].value["mean [95 %]"].tolist() != show(made).dataframe[0].value["mean [95 %]"].tolist()


@pytest.mark.parametrize(
    "query", ({"question": "<b>"}, {"measure": "uniformity", "question": "balanced"}, {"labels": "7"})
)
def test_nonsense_in_the_link_is_passed_over(show, made, query):
    page = show(made, **query)
    assert not page.error and len(page.get("plotly_chart")) >= 2


# --- results that are not as they should be ------------------------------------------------------------------------


@pytest.mark.parametrize("question", EXPERIMENTS)
def test_without_results_the_page_says_what_to_do(show, tmp_path, question):
    page = show(tmp_path / "nothing", question=question)
    assert answers.NO_RUN in shown_answer(page) and "hold no usable run of this question" in words(page)
    assert not page.get("plotly_chart") and not page.dataframe and "research run" in page.code[0].value
    assert "No complete seed is behind the answer yet" in words(page)


def test_partial_results_are_said_to_be_partial_and_no_row_is_missing(show, results):
    whole = len(show(results, question="balanced").dataframe[0].value)
    table = pd.read_csv(results / "balanced.csv", dtype=str, keep_default_na=False)
    table[table["labels"] != "25"].to_csv(results / "balanced.csv", index=False)
    page = show(results, question="balanced")  # and the file is read anew
    shown = page.dataframe[0].value
    assert "Partial" in words(page) and len(shown) == whole
    gone = shown[(shown["labels per class"] == "25") & shown["method"].str.startswith("s-simclr")]
    assert len(gone) == 3 and set(gone["note"]) == {"not run yet"} and set(gone["mean [95 %]"]) == {"-"}


def test_one_seed_is_said_to_be_one(show, tmp_path):
    runner.run_missing(["balanced"], ARMS, Store(tmp_path / "one", tmp_path / "locks"), seeds=1, run_one=run_stub)
    page = show(tmp_path / "one", question="balanced")
    assert report.ONE_SEED.strip() in words(page)
    assert "1 of 5 seeds behind this number" in html(page)


def test_rows_of_another_version_are_not_read_and_said_so(show, results):
    path = results / "augmentations.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table["science"] = "99"
    table.to_csv(path, index=False)
    page = show(results, question="augmentations")
    assert "version 99 of the science" in words(page) and answers.NO_RUN in shown_answer(page)


def test_a_torn_table_loses_one_line_and_says_so(show, results):
    path = results / "balanced.csv"
    path.write_bytes(path.read_bytes()[:-40])
    page = show(results, question="balanced")
    assert "balanced.csv" in page.warning[0].value.replace("\\", "") and len(page.get("plotly_chart")) == 2


@pytest.mark.parametrize("spoil", ("bytes", "predictions", "letters", "tested"))
def test_a_spoilt_table_is_named_never_a_traceback(show, results, spoil):
    if spoil == "bytes":
        (results / "balanced.csv").write_bytes(b"\xff\xfe\x00\x01")
    elif spoil == "predictions":
        (results / "balanced-predictions.csv").unlink()
    elif spoil == "tested":
        (results / "tested.csv").write_text("test,candid,object_id,label\n")
    else:
        text = (results / "balanced.csv").read_text()
        (results / "balanced.csv").write_text(re.sub(r",balanced,\d,", ",balanced,many,", text))
    page = show(results, question="balanced")
    assert page.error or page.warning
    assert "balanced" in words(page) and page.button(key="reduced-run")


def test_text_from_the_table_is_shown_as_text(show, results):
    path = results / "imbalance.csv"
    path.write_text(path.read_text().replace("d: 2 objects", "<img src=x onerror=alert(1)> **d**"))
    page = show(results, question="imbalance")
    (note,) = [one.value for one in page.caption if "Skipped" in one.value]
    assert "\\<img" in note and "\\*\\*d" in note


# --- the reduced version -------------------------------------------------------------------------------------------


def quick(run, arm, say):
    say("train")
    return result(run, arm.data)


def finished(page: AppTest) -> AppTest:
    """The page when its job has ended."""
    assert page.session_state["research-job"].wait(60)
    page.run()
    assert not page.exception
    return page


def test_a_reduced_run_is_shown_marked_and_not_kept(show, results, monkeypatch):
    monkeypatch.setattr("ztfexplore.ui.research.live.ReducedJob", functools.partial(ReducedJob, run_one=quick))
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    page = show(results, question="balanced")
    page.button(key="reduced-run").click().run()
    finished(page)
    assert ":orange-badge[" in words(page), "marked as not the published runs"
    shown = page.dataframe[1].value
    assert shown["condition"].nunique() == 3 and set(shown["measure"]) == {"balanced accuracy", "k-NN purity"}
    assert len(page.get("plotly_chart")) == FIGURES["balanced"] + 1
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before
    # Another question does not take it for its own.
    page.button(key="ask-imbalance").click().run()
    assert "belongs to another question" in words(page) and not page.exception


def test_a_catalogue_that_does_not_reach_says_why(show, made, tmp_path):
    page = show(made, question="imbalance")
    page.button(key="reduced-run").click().run()
    assert "objects outside the test part" in words(finished(page))
    Catalogue.create(tmp_path / "empty")
    page = show(made, catalogue=tmp_path / "empty", question="balanced")
    page.button(key="reduced-run").click().run()
    finished(page)
    assert page.error and "The reduced run on empty" in words(page)
