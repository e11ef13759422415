"""Long work on the data page: errors are results, a result stands where it was asked for, stopped work is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import html, in_url, job_result, notices
from ztfexplore.encoders import encoder
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.data import jobs
from ztfexplore.ui.data.jobs import ADD, ALL, ENCODERS, JobResult


def host(section: str, kind: str) -> None:
    """A section with a button that begins work, which ends in some way."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import StopException

    from ztfexplore.errors import CatalogueError
    from ztfexplore.ui.data import jobs

    jobs.show_stopped_work()
    jobs.show_result(section)
    ends = {
        "fails": CatalogueError("<b>demo</b> is locked"),
        "is too large": MemoryError(),
        "surprises": ZeroDivisionError("by <b>0</b>"),
        "is stopped": StopException(),
    }
    if st.button("begin", key="begin"):
        with jobs.work("encoders", "Embedding"):
            if kind in ends:
                raise ends[kind]
            jobs.tell(jobs.JobResult("encoders", True, "Embedded."))


def opened(section: str = ENCODERS, kind: str = "", result: JobResult | None = None) -> AppTest:
    page = AppTest.from_function(host, args=(section, kind), default_timeout=60)
    if result is not None:
        page.session_state[jobs.RESULT] = result
    page.run()
    assert not page.exception
    return page


def keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


def test_work_that_is_done_is_told_until_it_is_dismissed():
    page = opened().button(key="begin").click().run()
    assert not page.exception and job_result(page).good and len(page.success) == 1
    assert "dismiss-stopped" not in keys(page)
    page = page.button(key="dismiss-result").click().run()
    assert not notices(page)


@pytest.mark.parametrize(("kind", "named"), [("fails", "is locked"), ("is too large", "memory"), ("surprises", "by")])
def test_an_error_is_a_line_and_never_a_traceback(kind, named):
    page = opened(kind=kind).button(key="begin").click().run()
    assert not page.exception and not job_result(page).good
    assert named in notices(page) and "Embedding" in notices(page)
    assert "<b>" not in page.error[0].value.replace("\\<", "") and not html(page)


def test_work_that_a_click_stopped_is_said_by_the_next_run():
    page = opened(kind="is stopped").button(key="begin").click().run()
    page = page.run()
    assert len(page.warning) == 1 and "Embedding" in notices(page) and jobs.RESULT not in page.session_state
    page = page.button(key="dismiss-stopped").click().run()
    assert not page.warning


def test_a_result_is_shown_only_where_it_was_asked_for():
    assert not notices(opened(ALL, result=JobResult(ENCODERS, True, "Embedded.")))


def test_rejects_are_listed_with_their_reasons_and_the_next_step_is_offered():
    lines = pd.DataFrame({"candid": ["1"], "source": ["<b>a</b>"], "reason": ["no cutout: x"]})
    reasons = pd.DataFrame({"reason": ["no cutout"], "rejects": [1]})
    page = opened(ADD, result=JobResult(ADD, True, "3 accepted.", lines, reasons, "mine"))
    assert [table.value["reason"].tolist() for table in page.dataframe] == [["no cutout"], ["no cutout: x"]]
    page = page.button(key="go-embed").click().run()
    assert in_url(page, "section") == ENCODERS and jobs.RESULT not in page.session_state
    assert "go-embed" not in keys(opened(ADD, result=JobResult(ADD, False, "None accepted.")))


def test_an_encoder_that_reports_embeds_the_same_in_pieces(monkeypatch):
    monkeypatch.setattr(jobs, "PIECE", 4)
    shares, plain = [], encoder.load("random")

    class Seen:
        def show(self, share: float, text: str) -> None:
            shares.append(share)

    stamps = [alert.stamp for alert in simulate_alerts(10, seed=2)]
    reporting = jobs.ReportingEncoder(plain, Seen(), 10)
    np.testing.assert_allclose(reporting.embed(stamps), plain.embed(stamps), atol=1e-5)
    assert shares == [0.4, 0.8, 1.0]
    assert (reporting.name, reporting.weights_sha256) == (plain.name, plain.weights_sha256)


def test_a_bar_is_not_drawn_more_often_than_a_person_can_see(monkeypatch):
    drawn, now = [], [0.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])

    class Drawn:
        def progress(self, share: float, text: str) -> None:
            drawn.append(share)

    monkeypatch.setattr(jobs.st, "progress", lambda share, text: Drawn())
    bar = jobs.Bar("Reading")
    for step in range(100):
        now[0] = step / 100
        bar.show(step / 100, "on")
    bar.show(1.7, "done")
    assert 3 <= len(drawn) <= 7 and drawn[-1] == 1.0
