"""Below the numbers of the research page: how they were made, the command, and what could change the answer."""

from __future__ import annotations

import shlex

import streamlit as st

from ztfexplore import paths
from ztfexplore.research.grid import BALANCED, IMBALANCE, LONGER, SEEDS, STEPS
from ztfexplore.research.report import DESIGNS
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.research import loaded as research_loaded
from ztfexplore.ui.research.loaded import LoadedAnswer

LIMITS_OF = {
    IMBALANCE: "**The simulated arm is easy.** Test and training come from the same simulation, and with all labels "
    "of the probe the score is close to its ceiling; the probe on few labels is more sensitive.",
    BALANCED: "**Few labels, many draws.** With few labels it matters which objects were drawn. Each seed draws "
    "new ones, so more seeds narrow the intervals.",
}
AUGMENTATIONS_LIMIT = (
    "**Many comparisons.** Each part is left out and tested alone, and of twenty differences without meaning about "
    "one looks significant. q is corrected for their number within one measure and probe; p and the intervals are not."
)


def shell_commands(experiment: str) -> str:
    """The shell commands that make the table and show it."""
    folder = research_loaded.results_folder()
    where = "" if folder == paths.RESEARCH else f" --results {shlex.quote(str(folder))}"
    return (
        f"ztfexplore research run {experiment} --catalogue CATALOGUE{where}\nztfexplore research show --tables{where}"
    )


def show_method(experiment: str, loaded: LoadedAnswer) -> None:
    """The command, next to what could change the answer."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Reproduce it**")
        st.code(shell_commands(experiment), language="bash", wrap_lines=True)
        st.caption(
            "The first command carries out the runs that are not in the table; it can be stopped at any moment. The "
            "second prints the answers and tables of this page. CATALOGUE is the path of the catalogue of alerts."
        )
        st.caption(escape_markdown(DESIGNS[experiment]))
        for line in [*loaded.tested, *_made_of(loaded)]:
            st.caption(escape_markdown(line))
    with right:
        st.markdown("**What could change the answer**")
        st.markdown("\n".join(f"- {line}" for line in list_limits(experiment, loaded)))
        st.caption("The method, the limits and what others report: docs/research.md.")


def _made_of(loaded: LoadedAnswer) -> list[str]:
    data = ", ".join(f"{arm} {data}" for arm, data in loaded.data.items())
    return [f"Data (hash): {data}." if data else "", *(f"Made with {made}." for made in loaded.versions[:3])]


def list_limits(experiment: str, loaded: LoadedAnswer) -> list[str]:
    """What the answer depends on, as Markdown; the numbers are those of the results."""
    told = [
        f"**Seeds.** {_seeds(loaded)}: another seed means other weights, batches and training data.",
        f"**A small data set.** {_corpus(loaded)}",
        "**Labels made by rules.** The classes of the real alerts were derived by rules from catalogues and from the "
        "alerts' own metadata. They are not ground truth, and a method that learns from labels learns the rules.",
        f"**Short trainings of a small network.** {STEPS} steps on a small crop. Longer trainings, larger networks and "
        "larger batches may rank the methods differently; SimCLR benefits from all of them."
        + (f" Trainings with {LONGER} times the steps are among the findings above." if experiment == BALANCED else ""),
    ]
    return [*told, LIMITS_OF.get(experiment, AUGMENTATIONS_LIMIT)]


def _seeds(loaded: LoadedAnswer) -> str:
    seeds = loaded.answer.complete_seeds if loaded.answer else 0
    return (
        f"{seeds} of {SEEDS} seeds are behind the answer so far"
        if seeds
        else "No complete seed is behind the answer yet"
    )


def _corpus(loaded: LoadedAnswer) -> str:
    tested = ", ".join(f"{count} objects ({arm} stamps)" for arm, count in loaded.objects.items())
    if not tested or loaded.answer is None or loaded.answer.interval is None:
        return (
            "Few objects are tested, fewest of the rarest class: small differences cannot be distinguished from chance."
        )
    low, high = loaded.answer.interval
    return (
        f"The test uses {escape_markdown(tested)}. The interval of the answer extends {(high - low) / 2:.3f} to either "
        "side: smaller differences cannot be distinguished from chance."
    )
