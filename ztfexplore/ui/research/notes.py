"""Below the numbers of the research page: how they were made, the command, and what would change the answer."""

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
    IMBALANCE: "**The simulated arm is easy.** Its test is of the same simulation as its training, and close to its "
    "ceiling with all labels of the probe; the probe on few labels shows more.",
    BALANCED: "**Few labels, many draws.** Which objects were drawn matters where labels are few; each seed "
    "draws anew, so seeds are what narrows it.",
}
AUGMENTATIONS_LIMIT = (
    "**Many comparisons.** Each part is left out and taken alone, and of twenty differences that mean nothing one "
    "stands out. q allows for their number, within one measure and probe; p and the intervals do not."
)


def shell_commands(experiment: str) -> str:
    """What makes the table, and what shows it, for a shell."""
    folder = research_loaded.results_folder()
    where = "" if folder == paths.RESEARCH else f" --results {shlex.quote(str(folder))}"
    return (
        f"ztfexplore research run {experiment} --catalogue CATALOGUE{where}\nztfexplore research show --tables{where}"
    )


def show_method(experiment: str, loaded: LoadedAnswer) -> None:
    """The command beside what would change the answer."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Make it again**")
        st.code(shell_commands(experiment), language="bash", wrap_lines=True)
        st.caption(
            "The first line does the runs that are not in the table, and can be stopped at any moment; the second "
            "prints the answers and tables of this page. CATALOGUE holds the alerts."
        )
        st.caption(escape_markdown(DESIGNS[experiment]))
        for line in [*loaded.tested, *_made_of(loaded)]:
            st.caption(escape_markdown(line))
    with right:
        st.markdown("**What would change the answer**")
        st.markdown("\n".join(f"- {line}" for line in list_limits(experiment, loaded)))
        st.caption("The method, the limits and what others report: docs/research.md.")


def _made_of(loaded: LoadedAnswer) -> list[str]:
    data = ", ".join(f"{arm} {data}" for arm, data in loaded.data.items())
    return [f"Data (hash): {data}." if data else "", *(f"Made with {made}." for made in loaded.versions[:3])]


def list_limits(experiment: str, loaded: LoadedAnswer) -> list[str]:
    """What the answer hangs on, as Markdown; its numbers are those of the results."""
    told = [
        f"**Seeds.** {_seeds(loaded)}: another seed is another draw of weights, batches and of what is trained on.",
        f"**A small corpus.** {_corpus(loaded)}",
        "**Rule-made labels.** The classes of the real alerts follow from catalogues and from the alerts' own metadata "
        "by rules. They are not ground truth, and what learns from labels learns the rules.",
        f"**Short trainings of a small network.** {STEPS} steps on a small crop. Longer trainings, larger networks and "
        "batches may order the methods otherwise; SimCLR gains from all of them."
        + (f" Here {LONGER} times the steps are among the findings above." if experiment == BALANCED else ""),
    ]
    return [*told, LIMITS_OF.get(experiment, AUGMENTATIONS_LIMIT)]


def _seeds(loaded: LoadedAnswer) -> str:
    seeds = loaded.answer.complete_seeds if loaded.answer else 0
    return f"{seeds} of {SEEDS} are behind the answer so far" if seeds else "No whole seed is behind the answer yet"


def _corpus(loaded: LoadedAnswer) -> str:
    tested = ", ".join(f"{count} objects ({arm} stamps)" for arm, count in loaded.objects.items())
    if not tested or loaded.answer is None or loaded.answer.interval is None:
        return "Few objects are tested, and of the rarest class fewest: small differences cannot be told from chance."
    low, high = loaded.answer.interval
    return (
        f"Tested are {escape_markdown(tested)}. The interval of the answer reaches {(high - low) / 2:.3f} to either "
        "side: differences smaller than that cannot be told from chance."
    )
