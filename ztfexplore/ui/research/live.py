"""A reduced version of a research question, run on the page: progress, results as they come, a button that stops it.

The trainings run in a thread of their own: a click elsewhere, or another page, leaves them alone.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ztfexplore.plots import research_reduced
from ztfexplore.research.grid import REAL_OBJECTS, STEPS
from ztfexplore.research.phrases import signed
from ztfexplore.research.reduced import BATCH, MEASURES, ReducedJob
from ztfexplore.research.reduced import STEPS as SHORT
from ztfexplore.research.report import MISSING, QUESTIONS, TITLES, mean_with_interval
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets.charts import chart, download

JOB = "research-job"
EVERY = 1.0  # seconds between two looks at a job
WHAT = (
    f"Two or three of the conditions, one seed, some {SHORT[0]} to {SHORT[-1]} steps instead of {STEPS}, batches of "
    f"{BATCH}: half a minute to two. It shows how the measurement goes, not what comes of it, and is never written to "
    "the results."
)


def show_live(view: View, experiment: str) -> None:
    """The button, and what came of it."""
    job: ReducedJob | None = st.session_state.get(JOB)
    watched = job is not None and not job.is_over
    # Only while there is something to see does the page look again by itself.
    st.fragment(_live, run_every=EVERY if watched else None)(view, experiment, watched)


def _live(view: View, experiment: str, watched: bool) -> None:
    job: ReducedJob | None = st.session_state.get(JOB)
    busy = job is not None and not job.is_over
    if watched and not busy:
        st.rerun()  # the whole page once more: nothing is to be watched from here on
    steps, start, stop = st.columns([1.4, 1.2, 3], vertical_alignment="bottom")
    wanted = steps.select_slider("Steps of each training", SHORT, SHORT[1], key="reduced-steps", disabled=busy)
    name = escape_markdown(view.catalogue.path.name)
    if start.button("Run it reduced", key="reduced-run", disabled=busy, type="primary", width="stretch"):
        st.session_state[JOB] = ReducedJob(experiment, view.catalogue.open(view.catalogue.path), int(wanted)).start()
        st.rerun()
    if busy and stop.button("Stop", key="reduced-stop", icon=":material/stop_circle:"):
        job.stop()  # type: ignore[union-attr]
        job.wait(2)  # type: ignore[union-attr]
        st.rerun()
    if job is None:
        st.caption(f"Nothing is running. It would use the catalogue {name}: its labels, and its test part to test on.")
    else:
        _show(job, experiment)


def _show(job: ReducedJob, experiment: str) -> None:
    where = f"on {job.catalogue.path.name} ({job.steps} steps)"
    if job.experiment != experiment:
        st.caption(escape_markdown(f"This is the reduced run of another question: {QUESTIONS[job.experiment]}"))
    if not job.is_over:
        st.progress(min(job.share, 1.0), text=escape_markdown(f"Reduced run {where}: {job.doing}"))
    elif job.state == "failed":
        st.error(escape_markdown(f"The reduced run {where} ended: {job.problem}."), icon=":material/error:")
    elif job.state == "stopped":
        st.warning(
            escape_markdown(
                f"The reduced run {where} was stopped; {len(job.done)} of {len(job.runs)} conditions were done."
            ),
            icon=":material/stop_circle:",
        )
    if job.done:
        _results(job)


def _results(job: ReducedJob) -> None:
    """What is there so far, marked as what it is."""
    st.markdown(
        f":orange-badge[Reduced, not the published runs] {escape_markdown(job.catalogue.path.name)}, {job.steps} steps"
    )
    table = job.table()
    for row in table[table["reason"] != ""].itertuples():
        st.warning(escape_markdown(f"{row.condition}: not run. {row.reason}."), icon=":material/block:")
    if not table["mean"].notna().any():
        return
    picture, numbers = st.columns([0.45, 0.55])
    with picture:
        measure = MEASURES[job.experiment][0]
        chart(research_reduced.reduced_figure(table, measure), "reduced-chart", f"reduced-{job.experiment}")
    with numbers:
        st.dataframe(readable_reduced(table), hide_index=True, key="reduced-table")
        download(table, "reduced-run.csv", "reduced-csv", "These numbers as CSV")
        base = table["less"].dropna().unique()
        paired = f" Differences are from {base[0]}, paired by object." if len(base) else ""
        st.caption(escape_markdown(f"95 % intervals over tested objects alone: one seed, whole epochs.{paired}"))


def readable_reduced(table: pd.DataFrame) -> pd.DataFrame:
    """A row a condition and measure, with the intervals as text."""
    rows = [
        {
            "condition": row["condition"],
            "measure": TITLES[row["measure"]],
            "mean [95 %]": mean_with_interval(row),
            "difference [95 %]": signed(row) if pd.notna(row["effect"]) else MISSING,
        }
        for row in table[table["mean"].notna()].to_dict("records")
    ]
    return pd.DataFrame(rows)


def explain_reduced() -> None:
    """What the reduced version is, before it is run."""
    st.markdown("#### A reduced version, live")
    st.caption(f"{WHAT} Question 1 needs {REAL_OBJECTS} objects to train on, beside the probe's.")
