"""The results: a card for each encoder, recalls, differences, and below them one more view at a time."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from ztfexplore.catalogue.snapshot import labels_sentence
from ztfexplore.plots import probe as plots_probe
from ztfexplore.probe.comparison import CROSS_VALIDATED, UNSEEN, reproduction_command
from ztfexplore.probe.saved import NO_ENCODER
from ztfexplore.probe.scores import TESTED, Scores, reliability_curve
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.probe import cells, run, save
from ztfexplore.ui.probe.run import ProbeComparison
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import charts, choice
from ztfexplore.ui.widgets.naming import title as encoder_title

EVALUATED_ON, SHOWN = "judged", "show"
CONFUSION, CALIBRATION, LEARNING, SAVE = "confusion", "calibration", "learning", "save"
VIEWS = {
    CONFUSION: "Confusion matrix",
    CALIBRATION: "Calibration",
    LEARNING: "Learning curve",
    SAVE: "Save and predict",
}
BALANCED = "balanced accuracy"
STYLE = """<style>
.zx-probe b.zx-name {font-size: .95rem}
.zx-probe .zx-big {font-size: 1.7rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums}
.zx-probe .zx-big small {font-size: .95rem; font-weight: 400}
.zx-probe p {margin: 0; font-size: .8rem; line-height: 1.35}
.zx-probe .zx-seen {background: #D55E00; color: #fff; border-radius: .3rem; padding: .05rem .45rem; font-size: .75rem;
  font-weight: 600; white-space: nowrap}
.zx-probe .zx-marked {border-left: 3px solid #D55E00; padding-left: .4rem; margin-top: .2rem}
</style>"""


def probe_title(name: str) -> str:
    """A probe's name for people."""
    return "metadata alone" if name == NO_ENCODER else encoder_title(name)


def show_results(view: View, comparison: ProbeComparison) -> None:
    """Show all results of a comparison."""
    for note in comparison.data.notes:
        st.caption(escape_markdown(f"Note: {note}."))
    if any(survey.simulated for survey in view.surveys):
        st.caption(
            "Simulated alerts: the shipped encoders were trained on other alerts of the same simulation, so scores "
            "here are higher than on a real night."
        )
    told = labels_sentence(comparison.data.labels)
    st.caption(f"{told[:1].upper()}{told[1:]}. Those of the test part are always the data's.")
    chosen = _choose_evaluation_set(comparison)
    scored = run.score_probes(comparison, chosen)
    _cards(comparison, chosen, scored)
    _differences(run.paired_differences(comparison, chosen))
    _scores(comparison, chosen, scored)
    wanted = choice.segmented("More", VIEWS, SHOWN, show_label=False)
    if wanted == CONFUSION:
        cells.show_confusion(view, comparison, chosen, probe_title)
    elif wanted == CALIBRATION:
        _calibration(comparison, chosen)
    elif wanted == LEARNING:
        _learning(comparison, chosen)
    else:
        save.show_saving(view, comparison, probe_title)
    with st.expander("Make these figures again"):
        text = reproduction_command(view.catalogue.path, comparison.question, view.snapshot.labels_by)
        st.code(text, language="bash", wrap_lines=True)


def _where(comparison: ProbeComparison, set_name: str) -> str:
    """An evaluation set in words."""
    evaluation_set = comparison.evaluation_sets[set_name]
    where = "the test part" if evaluation_set.name == TESTED else "cross-validation outside the test part"
    return f"{where}, only objects whose labels no encoder here has seen" if evaluation_set.unseen_only else where


def _choose_evaluation_set(comparison: ProbeComparison) -> str:
    """On which objects to score; asked only where an encoder has seen labels."""
    names = list(comparison.evaluation_sets)
    if len(names) == 1:
        return names[0]
    labels = {
        UNSEEN: f"Unseen objects ({comparison.evaluation_sets[UNSEEN].name})",
        CROSS_VALIDATED: "Cross-validation",
    }
    return choice.segmented(
        "Scored on",
        {name: labels[name] for name in names},
        EVALUATED_ON,
        help="An encoder here was trained with labels, so cross-validation is not a fair test of it. The test part is "
        "for reporting: choose settings by the scores outside it.",
    )


# --- cards ----------------------------------------------------------------------------------------------------------


def _cards(comparison: ProbeComparison, chosen: str, scored: Mapping[str, Scores]) -> None:
    """One for each probe: the score on the chosen evaluation set, and on the other one below it."""
    others = [name for name in comparison.evaluation_sets if name != chosen]
    for place, name in zip(st.columns(len(scored)), scored, strict=True):
        with place.container(border=True):
            lines = [f"<b class='zx-name'>{escape(probe_title(name))}</b> {_badge(scored[name])}", _big(scored[name])]
            lines += [f"<p>{escape(_described(comparison, chosen, scored[name]))}</p>"]
            lines += [_beside(comparison, other, name) for other in others]
            if comparison.unseen is None:
                lines.append(_no_unseen(comparison.trained[name].seen is None))
            trained = comparison.trained[name]
            lines.append(f"<p>C = {trained.saved.C:g} · {_fitted_on(comparison)}</p>")
            lines += [f"<p>{escape(note)}</p>" for note in trained.notes]
            st.html(f"{STYLE}<div class='zx-probe' data-testid='probe-card'>{''.join(lines)}</div>")


def _badge(scores: Scores) -> str:
    if scores.seen is None:
        return "<span class='zx-seen'>training unknown</span>"
    return "<span class='zx-seen'>seen in training</span>" if scores.seen else ""


def _big(scores: Scores) -> str:
    return f"<div class='zx-big'>{scores.balanced_accuracy:.3f} <small>{_interval(scores.interval)}</small></div>"


def _interval(interval: tuple[float, float]) -> str:
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]"


def _described(comparison: ProbeComparison, set_name: str, scores: Scores) -> str:
    spread = f" ± {scores.spread:.3f} over {scores.repeats} repeats" if scores.spread is not None else ""
    return (
        f"balanced accuracy, 95 % interval{spread} · macro-F1 {scores.macro_f1:.3f} · "
        f"{_where(comparison, set_name)}: {scores.objects} objects, {scores.alerts} alerts"
    )


def _beside(comparison: ProbeComparison, set_name: str, name: str) -> str:
    """The score on the other evaluation set, marked if its labels were seen."""
    scores = run.score_probes(comparison, set_name)[name]
    text = f"{_where(comparison, set_name)}: {scores.balanced_accuracy:.3f} {_interval(scores.interval)}"
    if not scores.seen:
        return f"<p>{escape(text)}, {scores.objects} objects</p>"
    told = f"trained with labels of {scores.seen} of these {scores.objects} objects: not a fair test"
    return f"<p class='zx-marked'><span class='zx-seen'>seen in training</span> {escape(text)}; {told}</p>"


def _no_unseen(unknown: bool) -> str:
    why = (
        "its card is not here, so what it was trained with is unknown"
        if unknown
        else "every labelled object here was seen by an encoder that you chose"
    )
    return f"<p class='zx-marked'>No figure on unseen objects: {why}.</p>"


def _fitted_on(comparison: ProbeComparison) -> str:
    parts = comparison.data.parts
    return f"fitted on {len(set(parts.objects[parts.fit].tolist()))} objects, {len(parts.fit)} alerts"


def _differences(found: pd.DataFrame) -> None:
    """One sentence for each pair."""
    lines = []
    for first, second, difference, low, high in found.itertuples(index=False):
        told = "the interval includes 0: no significant difference" if low <= 0 <= high else "the interval excludes 0"
        text = f"{probe_title(first)} minus {probe_title(second)}: {difference:+.3f} [{low:+.3f}, {high:+.3f}]"
        lines.append(f"**{escape_markdown(text)}** {escape_markdown(f'({told})')}")
    if lines:
        st.caption("Differences in balanced accuracy, paired over the same objects:  \n" + "  \n".join(lines))


# --- charts ---------------------------------------------------------------------------------------------------------


def _scores(comparison: ProbeComparison, chosen: str, scored: Mapping[str, Scores]) -> None:
    """Recall of each class and balanced accuracy, as a chart and a table."""
    counts, rows = comparison.evaluation_sets[chosen].counts, []
    for name, scores in scored.items():
        rows.append((probe_title(name), BALANCED, scores.balanced_accuracy, *scores.interval, scores.objects))
        rows += [(probe_title(name), label, *recall, counts[label]) for label, recall in scores.recall.items()]
    table = pd.DataFrame(rows, columns=["encoder", "score", "value", "low", "high", "objects"])
    chart, numbers = st.columns([0.55, 0.45])
    with chart:
        charts.chart(plots_probe.scores_figure(table, list(dict.fromkeys(table["score"]))), "scores", "probe-scores")
    with numbers:
        st.dataframe(
            _wide(table),
            width="stretch",
            hide_index=True,
            column_config=_widths(table),
        )
        charts.download(table, "probe-scores.csv", "scores-csv")


def _widths(table: pd.DataFrame) -> dict[str, ColumnConfig | str | None]:
    """Widths of the columns (pixels), so that three encoders fit."""
    widths = {"recall": 122, "objects": 58, **dict.fromkeys(table["encoder"], 118)}
    return {name: st.column_config.Column(width=width) for name, width in widths.items()}


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    """One row per score, one column per encoder: value and interval."""
    values = table[["value", "low", "high"]].itertuples(index=False)
    texts = table.assign(text=[f"{value:.2f} [{low:.2f}, {high:.2f}]" for value, low, high in values])
    wide = texts.pivot(index="score", columns="encoder", values="text")
    wide = wide.loc[list(dict.fromkeys(table["score"])), list(dict.fromkeys(table["encoder"]))]
    wide.insert(0, "objects", table.groupby("score")["objects"].max())
    return wide.rename_axis("recall").reset_index()


def _calibration(comparison: ProbeComparison, chosen: str) -> None:
    curves, errors = {}, []
    for name, trained in comparison.trained.items():
        objects = run.predictions_by_object(comparison, chosen, name)
        curve, error, balanced = reliability_curve(objects, trained.saved.classes)
        curves[probe_title(name)] = curve
        errors.append(f"{probe_title(name)} {error:.3f} ({balanced:.3f} with classes weighted equally)")
    charts.chart(plots_probe.reliability_figure(curves), "calibration", "probe-calibration")
    st.caption(
        escape_markdown(
            f"Expected calibration error: {'; '.join(errors)}. {_calibration_note(comparison, chosen)} Below the "
            "diagonal a probe is overconfident. The bars count objects."
        )
    )
    told = [curve.assign(encoder=name) for name, curve in curves.items()]
    charts.download(pd.concat(told), "probe-calibration.csv", "calibration-csv")


def _calibration_note(comparison: ProbeComparison, chosen: str) -> str:
    balanced = comparison.question.config.class_weight == "balanced"
    weights = " A probe with balanced weights assumes that all classes are equally frequent." if balanced else ""
    return f"Scored on {_where(comparison, chosen)}, in the first repeat.{weights}"


def _learning(comparison: ProbeComparison, chosen: str) -> None:
    wanted = st.session_state.get("learn") == comparison.key
    if run.learning_curve(comparison, chosen, False) is None and not wanted:
        st.button(
            "Compute the learning curve",
            on_click=lambda: st.session_state.update(learn=comparison.key),
            help="Ten draws of labels at each size; about ten seconds per encoder on 1,000 labels.",
            key="learn-button",
        )
        return
    table = run.learning_curve(comparison, chosen, True)
    if table is None:
        return
    table = table.assign(encoder=table["encoder"].map(probe_title))
    classes = len(next(iter(comparison.trained.values())).saved.classes)
    charts.chart(plots_probe.learning_figure(table, classes), "learning", "probe-learning-curve")
    seen = [probe_title(name) for name, one in comparison.trained.items() if one.saved.labels_seen_in_training]
    warning = f" {', '.join(seen)}: the encoder itself was trained with more labels than this axis counts." * bool(seen)
    automatic = " C is fixed at 0.03 here: a few labels are too few to choose it by."
    st.caption(
        escape_markdown(
            f"Mean and standard deviation of {int(table['draws'].max())} draws of labels; one alert per object; a "
            f"class with fewer objects gives all it has. Scored on {_where(comparison, chosen)}.{warning}"
            + automatic
            * (comparison.question.config.C is None)
        )
    )
    charts.download(table, "probe-learning-curve.csv", "learning-csv")
