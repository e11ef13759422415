"""The research page: three questions, and the measured answer to one of them with its figures and its table."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go
import streamlit as st

from ztfexplore.plots import research as plots_research
from ztfexplore.research.datasets import FEW
from ztfexplore.research.grid import (
    ALL,
    AUGMENTATIONS,
    BALANCED,
    IMBALANCE,
    REAL_ARM,
    SEEDS,
    SIMULATED_ARM,
)
from ztfexplore.research.phrases import signed
from ztfexplore.research.report import ONE_SEED, QUESTIONS, TITLES
from ztfexplore.research.results import LINEAR, PURITY, RARE, UNIFORMITY
from ztfexplore.research.summaries import NOT_YET
from ztfexplore.ui import state
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.research import loaded as research_loaded
from ztfexplore.ui.research import table as research_table
from ztfexplore.ui.research.loaded import LoadedAnswer
from ztfexplore.ui.widgets import choice
from ztfexplore.ui.widgets.charts import chart, download
from ztfexplore.ui.widgets.data_tables import height_of

# In the URL.
QUESTION, MEASURE, LABELS, VIEW = "question", "measure", "labels", "view"
MEASURES = {
    IMBALANCE: (RARE, LINEAR, PURITY, UNIFORMITY),
    BALANCED: (LINEAR, PURITY),
    AUGMENTATIONS: (LINEAR, PURITY),
}
HAVE_PROBE = (RARE, LINEAR)
READ = "research-question"
PROBES = {ALL: "all labels", FEW: f"{FEW} labels per class"}
CHANGE = "change"
VIEWS = {"": "Level", CHANGE: "Change from 1:1"}
SHOWN_ROWS = 14
STYLE = """<style>
.zx-answer {font-size: 1.02rem; line-height: 1.5; max-width: 78rem; margin: .1rem 0}
.zx-details {font-size: .86rem; line-height: 1.45; max-width: 78rem; margin: .2rem 0;
 padding-left: 1.2rem; opacity: .85}
.zx-card .zx-big {font-size: 1.35rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums}
.zx-card .zx-big small {font-size: .95rem; font-weight: 400}
.zx-card p {margin: 0; font-size: .8rem; line-height: 1.35; opacity: .85}
[class*="st-key-ask-"] button {min-height: 3.4rem; align-items: center}
[class*="st-key-ask-"] button p {line-height: 1.25}
</style>"""


def choose_question() -> str:
    """A card for each question with the effect behind its answer; the chosen question is in the URL."""
    # After a visit to another page, the last question is shown again.
    asked = str(state.get(QUESTION) or st.session_state.get(READ))
    chosen = asked if asked in QUESTIONS else next(iter(QUESTIONS))
    st.session_state[READ] = chosen
    state.put(QUESTION, chosen)
    st.html(STYLE)
    st.caption(
        "Three questions, each answered by many short trainings that anyone can repeat. All numbers come from the "
        "table of results; brackets are 95 % intervals over tested objects and seeds. Choose a question."
    )
    for place, (name, question) in zip(st.columns(len(QUESTIONS)), QUESTIONS.items(), strict=True):
        with place.container(border=True):
            st.button(
                question,
                key=f"ask-{name}",
                type="primary" if name == chosen else "secondary",
                width="stretch",
                on_click=_ask,
                args=(name,),
            )
            st.html(_card(research_loaded.load_answer(name)))
    return chosen


def _ask(name: str) -> None:
    state.put(QUESTION, name)
    for other in (MEASURE, LABELS, VIEW):
        state.put(other, None)


def _card(loaded: LoadedAnswer) -> str:
    if loaded.answer is None:
        return "<div class='zx-card'><div class='zx-big'>unreadable</div><p>see below</p></div>"
    one = loaded.answer
    low, high = one.interval or (None, None)
    text = signed({"effect": one.effect, "effect_low": low, "effect_high": high})
    value, bracket, interval = text.partition(" [")
    lines = [f"<div class='zx-big'>{escape(value)} <small>{escape(bracket.strip() + interval)}</small></div>"]
    lines.append(f"<p>{escape(one.effect_of)}</p><p>{escape(_counts(loaded))}</p>")
    return f"<div class='zx-card' data-testid='research-card'>{''.join(lines)}</div>"


def _counts(loaded: LoadedAnswer) -> str:
    one = loaded.answer
    if one is None or not one.runs:
        return NOT_YET
    behind = (
        f"{one.complete_seeds} of {SEEDS} seeds behind this number" if one.complete_seeds else "no complete seed yet"
    )
    p = f"p {one.p:.3f} · " if one.p is not None else ""
    return f"{p}{one.runs} runs · {behind}"


# --- the answer ------------------------------------------------------------------------------------------------------


def show_answer(loaded: LoadedAnswer) -> None:
    """The answer in words, and what one must know before trusting it."""
    if loaded.answer is None:
        st.error(escape_markdown(f"There is no answer: {loaded.problem}."), icon=":material/broken_image:")
        st.caption("Repair the file or delete it: the command below produces again what is missing.")
    else:
        st.html(f"<div class='zx-answer' data-testid='research-answer'>{escape(loaded.answer.answer)}</div>")
        if loaded.answer.complete_seeds == 1:
            st.caption(escape_markdown(ONE_SEED.strip()) + " The answer may change with more seeds.")
        _say_partial(loaded)
    for told in loaded.told:
        st.warning(escape_markdown(told), icon=":material/warning:")


def _say_partial(loaded: LoadedAnswer) -> None:
    """Says which rows are missing, before the figures."""
    if not loaded.has_runs:
        st.info(
            f"The results ({escape_markdown(str(research_loaded.results_folder()))}) hold no usable run of this "
            "question. The command below does the runs. You can stop it at any moment; it continues where it stopped.",
            icon=":material/hourglass_empty:",
        )
        return
    missing, all_rows = research_table.count_waiting(loaded.frame)
    if missing:
        st.info(
            f"Partial: {missing} of the {all_rows} rows of the table have not been run; figures and table mark them.",
            icon=":material/hourglass_top:",
        )


# --- figures ---------------------------------------------------------------------------------------------------------


def choose_measure(experiment: str) -> tuple[str, str, str]:
    """The choices for figures and table, kept in the URL: (measure, labels of the probe, level or change)."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        measure = choice.segmented("Measure", {name: TITLES[name] for name in MEASURES[experiment]}, MEASURE)
        probe, view = ALL, ""
        if measure in HAVE_PROBE and experiment != BALANCED:
            probe = choice.segmented("Linear probe on", PROBES, LABELS)
        if experiment == IMBALANCE:
            view = choice.segmented("Show", VIEWS, VIEW)
    return measure, probe, view


def show_figures(experiment: str, loaded: LoadedAnswer, measure: str, probe: str, view: str) -> None:
    """The figures of a question, with intervals; a missing value is marked where it would be."""
    if experiment == IMBALANCE:
        for place, arm in zip(st.columns(2), (SIMULATED_ARM, REAL_ARM), strict=True):
            with place:
                st.markdown(f"**{'Simulated stamps' if arm == SIMULATED_ARM else 'Real ZTF alerts'}**")
                made = plots_research.imbalance_figure(loaded.frame, arm, measure, probe, view == CHANGE)
                _chart(made, f"research-{experiment}-{arm}-{measure}")
    elif experiment == BALANCED:
        for place, difference in zip(st.columns(2), (False, True), strict=True):
            with place:
                st.markdown(
                    "**Difference from SimCLR, paired by seed and object**" if difference else "**Each method**"
                )
                name = f"research-{experiment}-{measure}{'-difference' if difference else ''}"
                _chart(plots_research.balanced_figure(loaded.frame, measure, difference), name)
    else:
        _augmentations(loaded, measure, probe)


def _augmentations(loaded: LoadedAnswer, measure: str, probe: str) -> None:
    st.markdown("**The full sets**")
    _chart(plots_research.full_sets_figure(loaded.frame, measure, probe), f"research-sets-{measure}")
    for place, which in zip(st.columns(2), ("simclr", "astronomical"), strict=True):
        with place:
            st.markdown("**SimCLR's own set, part by part**" if which == "simclr" else "**The astronomical set**")
            made = plots_research.augmentations_figure(loaded.frame, which, measure, probe)
            _chart(made, f"research-{which}-{measure}")


def _chart(figure: go.Figure, name: str) -> None:
    if not figure.data:  # only marks of missing values: a scale would mean nothing
        figure.update_xaxes(zeroline=False, showticklabels=name.startswith("research-imbalance"))
    chart(figure, name, name)


def show_details(loaded: LoadedAnswer) -> None:
    """Further findings from the table, in words."""
    if loaded.answer is None or not loaded.answer.details:
        return
    lines = "".join(f"<li>{escape(line)}</li>" for line in loaded.answer.details)
    with st.expander("Further findings", icon=":material/format_list_bulleted:"):
        st.html(f"<ul class='zx-details' data-testid='research-details'>{lines}</ul>")


# --- the table -------------------------------------------------------------------------------------------------------


def show_table(experiment: str, loaded: LoadedAnswer, measure: str, probe: str) -> None:
    """The numbers behind the figures, and the runs that were skipped with their reasons; all measures as CSV."""
    rows = research_table.rows_of_measure(loaded.frame, experiment, measure, None if experiment == BALANCED else probe)
    shown = research_table.readable_summary(rows, experiment)
    st.markdown(f"**The table: {escape_markdown(TITLES[measure])}**")
    st.dataframe(
        shown,
        hide_index=True,
        height=height_of(len(shown), SHOWN_ROWS),
        column_config={
            "augmentations": st.column_config.TextColumn(width="medium"),
            "ratio": st.column_config.TextColumn(width=130),
            "seeds": st.column_config.NumberColumn(width="small"),
            "runs": st.column_config.NumberColumn(width="small"),
            "p": st.column_config.TextColumn(
                help="p-value for no difference; not corrected for the number of comparisons."
            ),
            "q": st.column_config.TextColumn(
                help="p corrected for the number of parts compared (Benjamini & Hochberg 1995)."
            ),
            "compared with": st.column_config.TextColumn(help="The condition that is subtracted in the difference."),
            "note": st.column_config.TextColumn(width="medium", help="Why there is no number."),
        },
    )
    for reason, count in (loaded.answer.skipped if loaded.answer else {}).items():
        runs = "1 run" if count == 1 else f"{count} runs"
        st.caption(escape_markdown(f"Skipped, {runs}: {reason}."))
    download(loaded.frame, f"research-{experiment}.csv", f"csv-{experiment}", "All measures as CSV")
