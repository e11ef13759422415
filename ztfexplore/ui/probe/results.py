"""What was found: a card for each encoder, recalls, differences, and below them one more look at a time."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd
import streamlit as st

from ztfexplore.plots import probe as plots_probe
from ztfexplore.probe.compare import commands
from ztfexplore.probe.judge import TESTED, Jury, Verdict, reliability
from ztfexplore.probe.saved import NO_ENCODER
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.probe import cells, run, save
from ztfexplore.ui.probe.run import CROSS_VALIDATED, UNSEEN, Answer
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import charts, choice
from ztfexplore.ui.widgets.naming import title as encoder_title

JUDGED, SHOW = "judged", "show"
CONFUSION, CALIBRATION, LEARNING, SAVE = "confusion", "calibration", "learning", "save"
SHOWS = {
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


def title(name: str) -> str:
    """A probe's name for people."""
    return "metadata alone" if name == NO_ENCODER else encoder_title(name)


def show(view: View, answer: Answer) -> None:
    """Everything about an answer."""
    for note in answer.ground.notes:
        st.caption(escape_markdown(f"Note: {note}."))
    if any(survey.simulated for survey in view.surveys):
        st.caption(
            "Simulated alerts: the shipped encoders were trained on others of the same simulation, so that scores here "
            "are higher than on a real night."
        )
    chosen = _choose_jury(answer)
    scored = run.verdicts(answer, chosen)
    _cards(answer, chosen, scored)
    _differences(run.differences(answer, chosen))
    _scores(answer, chosen, scored)
    wanted = choice.segmented("More", SHOWS, SHOW, show_label=False)
    if wanted == CONFUSION:
        cells.show(view, answer, chosen, title)
    elif wanted == CALIBRATION:
        _calibration(answer, chosen)
    elif wanted == LEARNING:
        _learning(answer, chosen)
    else:
        save.show(view, answer, title)
    with st.expander("Make these figures again"):
        text, language = commands(view.catalogue.path, answer.question)
        st.code(text, language=language)


def jury_name(jury: Jury) -> str:
    """What a jury is, in words."""
    where = "the test part" if jury.name == TESTED else "cross-validation outside the test part"
    return f"{where}, only objects whose labels no encoder here has seen" if jury.unseen_only else where


def _choose_jury(answer: Answer) -> str:
    """Which objects judge; asked only where an encoder has seen labels."""
    names = list(answer.juries)
    if len(names) == 1:
        return names[0]
    labels = {UNSEEN: f"Unseen objects ({answer.juries[UNSEEN].name})", CROSS_VALIDATED: "Cross-validation"}
    return choice.segmented(
        "Judged by",
        {name: labels[name] for name in names},
        JUDGED,
        help="An encoder here was trained with labels, so that its cross-validation is no test of it. The test part is "
        "for reporting: choose settings by what is outside of it.",
    )


# --- cards ----------------------------------------------------------------------------------------------------------


def _cards(answer: Answer, chosen: str, scored: Mapping[str, Verdict]) -> None:
    """One for each probe: the score by the chosen jury, and by the other below it."""
    others = [name for name in answer.juries if name != chosen]
    for place, name in zip(st.columns(len(scored)), scored, strict=True):
        with place.container(border=True):
            lines = [f"<b class='zx-name'>{escape(title(name))}</b> {_badge(scored[name])}", _big(scored[name])]
            lines += [f"<p>{escape(_described(answer, chosen, scored[name]))}</p>"]
            lines += [_beside(answer, other, name) for other in others]
            if answer.honest is None:
                lines.append(_no_honest(answer.trained[name].seen is None))
            trained = answer.trained[name]
            lines.append(f"<p>C = {trained.saved.regularisation:g} · {_fitted_on(answer)}</p>")
            lines += [f"<p>{escape(note)}</p>" for note in trained.notes]
            st.html(f"{STYLE}<div class='zx-probe' data-testid='probe-card'>{''.join(lines)}</div>")


def _badge(verdict: Verdict) -> str:
    if verdict.seen is None:
        return "<span class='zx-seen'>training unknown</span>"
    return "<span class='zx-seen'>seen in training</span>" if verdict.seen else ""


def _big(verdict: Verdict) -> str:
    return f"<div class='zx-big'>{verdict.balanced_accuracy:.3f} <small>{_interval(verdict.interval)}</small></div>"


def _interval(interval: tuple[float, float]) -> str:
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]"


def _described(answer: Answer, jury: str, verdict: Verdict) -> str:
    spread = f" ± {verdict.spread:.3f} over {verdict.repeats} repeats" if verdict.spread is not None else ""
    return (
        f"balanced accuracy, 95 % interval{spread} · macro-F1 {verdict.macro_f1:.3f} · "
        f"{jury_name(answer.juries[jury])}: {verdict.objects} objects, {verdict.alerts} alerts"
    )


def _beside(answer: Answer, jury: str, name: str) -> str:
    """The score by the other jury, marked if its labels were seen."""
    verdict = run.verdicts(answer, jury)[name]
    text = f"{jury_name(answer.juries[jury])}: {verdict.balanced_accuracy:.3f} {_interval(verdict.interval)}"
    if not verdict.seen:
        return f"<p>{escape(text)}, {verdict.objects} objects</p>"
    told = f"trained with labels of {verdict.seen} of these {verdict.objects} objects: no test of it"
    return f"<p class='zx-marked'><span class='zx-seen'>seen in training</span> {escape(text)}; {told}</p>"


def _no_honest(unknown: bool) -> str:
    why = (
        "its card is not here: what it was trained with is not known"
        if unknown
        else "no labelled object here is unseen by all encoders chosen"
    )
    return f"<p class='zx-marked'>No honest figure: {why}.</p>"


def _fitted_on(answer: Answer) -> str:
    parts = answer.ground.parts
    return f"fitted on {len(set(parts.objects[parts.fit].tolist()))} objects, {len(parts.fit)} alerts"


def _differences(found: pd.DataFrame) -> None:
    """Each pair in a sentence."""
    lines = []
    for first, second, difference, low, high in found.itertuples(index=False):
        told = "the interval includes 0: no difference shown" if low <= 0 <= high else "the interval leaves 0 out"
        text = f"{title(first)} less {title(second)}: {difference:+.3f} [{low:+.3f}, {high:+.3f}]"
        lines.append(f"**{escape_markdown(text)}** {escape_markdown(f'({told})')}")
    if lines:
        st.caption("Differences of balanced accuracy, paired over the same objects:  \n" + "  \n".join(lines))


# --- charts ---------------------------------------------------------------------------------------------------------


def _scores(answer: Answer, chosen: str, scored: Mapping[str, Verdict]) -> None:
    """Recall of each class and balanced accuracy, as a chart and a table."""
    counts, rows = answer.juries[chosen].counts, []
    for name, verdict in scored.items():
        rows.append((title(name), BALANCED, verdict.balanced_accuracy, *verdict.interval, verdict.objects))
        rows += [(title(name), label, *recall, counts[label]) for label, recall in verdict.recall.items()]
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


def _widths(table: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Of the columns (pixels), so that three encoders fit."""
    names = dict.fromkeys(table["encoder"], 118)
    return {name: {"width": width} for name, width in {"recall": 122, "objects": 58, **names}.items()}


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    """A row a score, a column an encoder: value and interval."""
    values = table[["value", "low", "high"]].itertuples(index=False)
    texts = table.assign(text=[f"{value:.2f} [{low:.2f}, {high:.2f}]" for value, low, high in values])
    wide = texts.pivot(index="score", columns="encoder", values="text")
    wide = wide.loc[list(dict.fromkeys(table["score"])), list(dict.fromkeys(table["encoder"]))]
    wide.insert(0, "objects", table.groupby("score")["objects"].max())
    return wide.rename_axis("recall").reset_index()


def _calibration(answer: Answer, chosen: str) -> None:
    curves, errors = {}, []
    for name, trained in answer.trained.items():
        objects = run.by_object(answer, chosen, name)
        curve, error, balanced = reliability(objects, trained.saved.classes)
        curves[title(name)] = curve
        errors.append(f"{title(name)} {error:.3f} ({balanced:.3f} with every class weighing the same)")
    charts.chart(plots_probe.reliability_figure(curves), "calibration", "probe-calibration")
    st.caption(
        escape_markdown(
            f"Expected calibration error: {'; '.join(errors)}. {_calibration_note(answer, chosen)} Below the diagonal "
            "a probe is surer than it is right. The bars count objects."
        )
    )
    told = [curve.assign(encoder=name) for name, curve in curves.items()]
    charts.download(pd.concat(told), "probe-calibration.csv", "calibration-csv")


def _calibration_note(answer: Answer, chosen: str) -> str:
    balanced = answer.question.config.class_weight == "balanced"
    weights = " A probe with balanced weights thinks that classes are as frequent as each other." if balanced else ""
    return f"Judged by {jury_name(answer.juries[chosen])}, in the first repeat.{weights}"


def _learning(answer: Answer, chosen: str) -> None:
    wanted = st.session_state.get("learn") == answer.key
    if run.learning(answer, chosen, False) is None and not wanted:
        st.button(
            "Compute the learning curve",
            on_click=lambda: st.session_state.update(learn=answer.key),
            help="Ten draws of labels at each size; some ten seconds an encoder on 1,000 labels.",
            key="learn-button",
        )
        return
    table = run.learning(answer, chosen, True)
    table = table.assign(encoder=table["encoder"].map(title))  # type: ignore[union-attr]
    classes = len(next(iter(answer.trained.values())).saved.classes)
    charts.chart(plots_probe.learning_figure(table, classes), "learning", "probe-learning-curve")
    seen = [title(name) for name, one in answer.trained.items() if one.saved.labels_seen_in_training]
    warning = f" {', '.join(seen)}: the encoder itself was trained with labels, more than this axis counts." * bool(
        seen
    )
    automatic = " C is fixed at 0.03 here: a few labels are too few to choose by."
    st.caption(
        escape_markdown(
            f"Mean and standard deviation of {int(table['draws'].max())} draws of labels; one alert an object; a class "
            f"with fewer objects gives all it has. Judged by {jury_name(answer.juries[chosen])}.{warning}"
            + automatic
            * (answer.question.config.strength is None)
        )
    )
    charts.download(table, "probe-learning-curve.csv", "learning-csv")
