"""A reduced version of a research question, run on the page: progress, results as they arrive, a button to stop it.

The trainings run in their own thread: clicking elsewhere or opening another page does not stop them.
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
EVERY = 1.0  # seconds between two updates of a running job
WHAT = (
    f"Two or three of the conditions, one seed, {SHORT[0]} to {SHORT[-1]} steps instead of {STEPS}, batches of "
    f"{BATCH}: it takes half a minute to two minutes. It shows how the measurement works, not its outcome, and is "
    "never added to the results."
)


def show_live(view: View, experiment: str) -> None:
    """The button that starts a reduced run, and its progress and results."""
    job: ReducedJob | None = st.session_state.get(JOB)
    watched = job is not None and not job.is_over
    # The page updates itself only while a job is running.
    st.fragment(_live, run_every=EVERY if watched else None)(view, experiment, watched)


def _live(view: View, experiment: str, watched: bool) -> None:
    job: ReducedJob | None = st.session_state.get(JOB)
    busy = job is not None and not job.is_over
    if watched and not busy:
        st.rerun()  # rerun the whole page, which then stops updating itself
    steps, start, stop = st.columns([1.4, 1.2, 3], vertical_alignment="bottom")
    wanted = steps.select_slider("Steps of each training", SHORT, SHORT[1], key="reduced-steps", disabled=busy)
    name = escape_markdown(view.catalogue.path.name)
    if start.button("Run reduced version", key="reduced-run", disabled=busy, type="primary", width="stretch"):
        st.session_state[JOB] = ReducedJob(experiment, view.catalogue.open(view.catalogue.path), int(wanted)).start()
        st.rerun()
    if job is not None and busy and stop.button("Stop", key="reduced-stop", icon=":material/stop_circle:"):
        job.stop()
        job.wait(2)
        st.rerun()
    if job is None:
        st.caption(
            f"Nothing is running. A run would use the catalogue {name}: its labels, and its test part for testing."
        )
    else:
        _show(job, experiment)


def _show(job: ReducedJob, experiment: str) -> None:
    where = f"on {job.catalogue.path.name} ({job.steps} steps)"
    if job.experiment != experiment:
        st.caption(escape_markdown(f"This reduced run belongs to another question: {QUESTIONS[job.experiment]}"))
    if not job.is_over:
        st.progress(min(job.share, 1.0), text=escape_markdown(f"Reduced run {where}: {job.doing}"))
    elif job.state == "failed":
        st.error(escape_markdown(f"The reduced run {where} failed: {job.problem}."), icon=":material/error:")
    elif job.state == "stopped":
        st.warning(
            escape_markdown(
                f"The reduced run {where} was stopped; {len(job.done)} of {len(job.runs)} conditions were finished."
            ),
            icon=":material/stop_circle:",
        )
    if job.done:
        _results(job)


def _results(job: ReducedJob) -> None:
    """The results so far, marked as those of a reduced run."""
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
        base = table["reference"].dropna().unique()
        paired = f" Differences are from {base[0]}, paired by object." if len(base) else ""
        st.caption(
            escape_markdown(f"95 % intervals over tested objects alone, as there is one seed; whole epochs.{paired}")
        )


def readable_reduced(table: pd.DataFrame) -> pd.DataFrame:
    """One row per condition and measure, with the intervals as text."""
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
    """The heading and the explanation of the reduced version."""
    st.markdown("#### Reduced version, live")
    st.caption(f"{WHAT} Question 1 needs {REAL_OBJECTS} objects for training, in addition to those of the probe.")
