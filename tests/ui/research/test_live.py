"""A reduced run on the page: what is shown while it works, when it fails, when it is stopped, and of its results."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import words
from ztfexplore.research.results import LINEAR
from ztfexplore.ui.research import live

ROW = {"condition": "SimCLR", "measure": LINEAR, "mean": 0.5, "low": 0.4, "high": 0.6, "effect": float("nan")}


def host(path: str) -> None:
    """A page with the reduced version of the second question and nothing else."""
    from pathlib import Path

    from ztfexplore.ui.research import live
    from ztfexplore.ui.server.view import view

    live.show_live(view(Path(path)), "balanced")


class Job(SimpleNamespace):
    """A job in some state, without its trainings."""

    def stop(self) -> None:
        self.is_over, self.state = True, "stopped"

    def wait(self, seconds: float) -> bool:
        return True

    def table(self) -> pd.DataFrame:
        nothing = {"reason": "d: <b>2</b> objects", "mean": float("nan"), "condition": "rare", "reference": None}
        return pd.DataFrame([nothing])


@pytest.fixture
def opened(demo_catalogue):
    """Opens the page with a job in some state; None for none."""

    def opener(state: str | None = None, **changes: object) -> AppTest:
        page = AppTest.from_function(host, args=(str(demo_catalogue),), default_timeout=60)
        if state is not None:
            known = {"experiment": "balanced", "catalogue": SimpleNamespace(path=Path("demo")), "steps": 50}
            known |= {"state": state, "is_over": state != "running", "done": [], "runs": [1, 2, 3], "problem": ""}
            page.session_state[live.JOB] = Job(**known | {"share": 0.4, "doing": "training"} | changes)
        page.run()
        assert not page.exception
        return page

    return opener


def test_before_the_first_run_there_is_a_button_and_nothing_to_stop(opened):
    page = opened()
    assert not page.button(key="reduced-run").disabled
    assert all(button.key != "reduced-stop" for button in page.button) and "demo" in words(page)


def test_while_it_runs_no_second_one_can_be_started_and_it_can_be_stopped(opened):
    page = opened("running")
    assert page.button(key="reduced-run").disabled and page.select_slider(key="reduced-steps").disabled
    assert [bar.proto.value for bar in page.get("progress")] == [40]
    page = page.button(key="reduced-stop").click().run()
    assert not page.exception and len(page.warning) == 1 and "0 of 3" in words(page)
    assert not page.button(key="reduced-run").disabled


def test_a_failure_is_a_line_and_text_from_the_data_stays_text(opened):
    page = opened("failed", problem="<b>demo</b>: too few objects")
    assert len(page.error) == 1 and "too few objects" in words(page)
    assert "<b>" not in page.error[0].value.replace("\\<", "")


def test_conditions_that_were_not_run_say_why(opened):
    page = opened("done", done=[1])
    assert len(page.warning) == 1 and "<b>" not in page.warning[0].value.replace("\\<", "")
    assert not page.dataframe and not page.get("plotly_chart")


def test_a_run_of_another_question_says_so(opened):
    own, other = opened("done"), opened("done", experiment="imbalance")
    assert len(other.caption) == len(own.caption) + 1


def test_intervals_are_text_and_rows_without_numbers_are_left_out():
    other = ROW | {"condition": "S-SimCLR", "effect": 0.1, "effect_low": -0.1, "effect_high": 0.3}
    none = {"condition": "rare", "measure": LINEAR, "mean": float("nan"), "effect": float("nan")}
    shown = live.readable_reduced(pd.DataFrame([ROW, other, none]))
    assert shown["condition"].tolist() == ["SimCLR", "S-SimCLR"]
    assert shown["mean [95 %]"].tolist() == ["0.500 [0.400, 0.600]"] * 2
    assert shown["difference [95 %]"].tolist() == ["-", "+0.100 [-0.100, +0.300]"]
