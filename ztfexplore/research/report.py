"""The results as Markdown: for each question the answer, the number of runs behind it, and its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from ztfexplore.errors import ZtfexploreError
from ztfexplore.files import replacing
from ztfexplore.research import answers, summaries
from ztfexplore.research.answers import ResearchAnswer
from ztfexplore.research.datasets import FEW, TEST_OBJECTS
from ztfexplore.research.grid import (
    ALL,
    AUGMENTATIONS,
    BALANCED,
    BATCH,
    EXPERIMENTS,
    IMBALANCE,
    LABELS,
    LONGER,
    RATIOS,
    REAL_BATCH,
    REAL_OBJECTS,
    REAL_PROBE,
    SIMULATED_ARM,
    SIMULATED_OBJECTS,
    SIMULATED_PROBE,
    STEPS,
    TEMPERATURE,
    class_sizes,
)
from ztfexplore.research.phrases import signed
from ztfexplore.research.results import LINEAR, PURITY, RARE, UNIFORMITY, ExperimentResults, Tested, read_results
from ztfexplore.research.store import Store

QUESTIONS: Mapping[str, str] = {
    IMBALANCE: "How does class imbalance affect SimCLR?",
    BALANCED: "Is S-SimCLR, trained balanced, much better than SimCLR?",
    AUGMENTATIONS: "Are SimCLR's augmentations as useful on astronomical images?",
}
TITLES: Mapping[str, str] = {
    LINEAR: "balanced accuracy",
    RARE: "recall of the rare class",
    PURITY: "k-NN purity",
    UNIFORMITY: "uniformity",
}
DESIGNS: Mapping[str, str] = {
    IMBALANCE: (
        f"Design: sets of equal size, whatever the ratio ({', '.join(f'{ratio}:1' for ratio in RATIOS)}); the rare "
        f"class rotates with the seed. Simulated: {SIMULATED_OBJECTS} objects, each observed twice; the probe "
        f"has {SIMULATED_PROBE} objects per class, the test {TEST_OBJECTS}. Real: {REAL_OBJECTS} objects, one alert "
        f"each; the probe has {REAL_PROBE} per class, the test is the fixed test part. Trained for {STEPS} steps of "
        f"{BATCH} stamps ({REAL_BATCH} in the real arm), temperature {TEMPERATURE}; k-NN purity among the "
        "probe's objects."
    ),
    BALANCED: (
        f"Design: all alerts outside the test part, {STEPS} steps of {BATCH} stamps, temperature {TEMPERATURE} for "
        "both methods, labels drawn anew for each seed and the same for both. Class-balanced batches: half of each "
        "batch is labelled, with equally many of each class; the other half is unlabelled. Unbalanced batches: every "
        f"alert is drawn equally often. The comparison with all labels is repeated with {LONGER} times the steps."
    ),
    AUGMENTATIONS: (
        f"Design: SimCLR on all alerts outside the test part, {STEPS} steps of {BATCH} stamps, temperature "
        f"{TEMPERATURE}; only the augmentations change. 'compared with' names what is subtracted in each difference."
    ),
}
# The captions of the tables of question 2.
CAPTIONS: Mapping[str, str] = {
    LINEAR: "Balanced accuracy of a linear probe on the same labels, mean [95 %]:",
    PURITY: "k-NN purity among all labelled objects outside the test part, by the labels that S-SimCLR's training saw, "
    "mean [95 %]:",
}
MISSING = "-"
ONE_SEED = " With one seed the interval covers the tested objects alone."


def begin_mark(name: str) -> str:
    """The line of a file after which the block of an experiment begins."""
    return f"<!-- ztfexplore research {name}: begin -->"


def end_mark(name: str) -> str:
    """The line of a file before which the block of an experiment ends."""
    return f"<!-- ztfexplore research {name}: end -->"


def experiment_block(store: Store, experiment: str) -> str:
    """An experiment's answer, counts and tables, as Markdown."""
    results = read_results(store, experiment)
    frame = summaries.TABLES[experiment](results)
    found = answers.answer_from_results(results, experiment, frame)
    tables: Mapping[str, Callable[[pd.DataFrame], list[str]]] = {
        IMBALANCE: _imbalance,
        BALANCED: _balanced,
        AUGMENTATIONS: _augmentations,
    }
    blocks = [f"**{found.answer}**", *([bullet_list(found.details)] if found.details else []), counts_line(found)]
    blocks += [DESIGNS[experiment], *tested_lines(results), *tables[experiment](frame)]
    blocks += [f"Not run ({count}): {reason}." for reason, count in found.skipped.items()]
    blocks += [f"Note: {note}." for note in found.notes]
    return "\n\n".join(blocks)


def write_report(store: Store, path: Path) -> int:
    """Write each experiment's block between its marks in a file; returns how many pairs of marks the file has.

    Raises:
        ZtfexploreError: if the file cannot be read or written, has no marks, or only half of a pair.
    """
    try:
        text, found = path.read_text(encoding="utf-8"), 0
    except (OSError, UnicodeError) as error:
        raise ZtfexploreError(f"{path}: cannot be read ({error})") from error
    for name in EXPERIMENTS:
        first, last = begin_mark(name), end_mark(name)
        if (text.count(first), text.count(last)) == (0, 0):
            continue
        if (text.count(first), text.count(last)) != (1, 1) or text.index(last) < text.index(first):
            raise ZtfexploreError(f"{path}: must contain the lines '{first}' and '{last}', once each")
        head, tail = text[: text.index(first)], text[text.index(last) :]
        text, found = f"{head}{first}\n\n{experiment_block(store, name)}\n\n{tail}", found + 1
    if not found:
        raise ZtfexploreError(f"{path}: contains no line such as '{begin_mark(IMBALANCE)}'")
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return found


def report_markdown(store: Store) -> str:
    """All questions with their answers and tables."""
    parts = [f"## {QUESTIONS[name]}\n\n{experiment_block(store, name)}" for name in EXPERIMENTS]
    return "\n\n".join(parts)


def bullet_list(lines: list[str]) -> str:
    """Lines as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def counts_line(found: ResearchAnswer) -> str:
    """The effect with its interval, and the number of runs and seeds behind it."""
    effect = f"{found.effect:+.3f}" if found.effect is not None else summaries.NOT_YET
    interval = f" [{found.interval[0]:+.3f}, {found.interval[1]:+.3f}], p {found.p:.3f}" if found.interval else ""
    return (
        f"Effect ({found.effect_of}): {effect}{interval}. {found.runs} runs, {found.seeds} seeds started, "
        f"{found.complete_seeds} behind the effect.{ONE_SEED if found.complete_seeds == 1 else ''}"
    )


def tested_lines(results: ExperimentResults) -> list[str]:
    """What each arm was trained and tested on, one line per arm."""
    lines = []
    for arm, rows in results.rows.groupby("arm", sort=False):
        trained = rows[rows["train_alerts"] > 0]
        test = results.tested[rows["test"].iloc[0]]
        objects = ", ".join(f"{name} {int((test.classes == place).sum())}" for place, name in enumerate(test.names))
        alerts = ", ".join(f"{count:.0f}" for count in sorted(trained["train_alerts"].unique())) or "no"
        lines.append(
            f"{str(arm).capitalize()} stamps: trained on {alerts} alerts; tested on {len(test.true)} alerts of "
            f"{int(rows['test_objects'].iloc[0])} objects ({objects})."
            f"{_sizes(str(arm), results, test)}"
        )
    return lines


def _sizes(arm: str, results: ExperimentResults, test: Tested) -> str:
    """How many objects the rare class of question 1 has at each ratio."""
    if not (results.rows["experiment"] == IMBALANCE).any():
        return ""
    names = test.names.tolist()
    objects = SIMULATED_OBJECTS if arm == SIMULATED_ARM else REAL_OBJECTS
    sizes = [class_sizes(objects, names, ratio, names[0] if ratio > 1 else "") for ratio in RATIOS]
    rare = ", ".join(str(size[names[0]]) for size in sizes)
    return f" The rare class has {rare} objects at {', '.join(f'{ratio}:1' for ratio in RATIOS)}."


def mean_with_interval(row: Mapping[str, object]) -> str:
    """A mean with its interval, or the reason why there is none."""
    if pd.isna(row["mean"]):
        return str(row["reason"] or MISSING)
    if pd.isna(row["low"]):
        return f"{row['mean']:.3f}"
    return f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; a bar inside a cell would start a column, so it becomes a slash."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _imbalance(frame: pd.DataFrame) -> list[str]:
    blocks = []
    for arm in ("simulated", "real"):
        own = frame[(frame["arm"] == arm) & (frame["rare"] == "")]
        for probe, measures in ((ALL, (LINEAR, RARE, PURITY, UNIFORMITY)), (FEW, (LINEAR, RARE))):
            rows = []
            for (method, measure), part in own[own["probe"] == probe].groupby(["method", "measure"], sort=False):
                if measure in measures:
                    cells = {row["ratio"]: row for row in part.to_dict("records")}
                    levels = [mean_with_interval(cells[ratio]) if ratio in cells else MISSING for ratio in RATIOS]
                    top = signed(cells[RATIOS[-1]]) if RATIOS[-1] in cells else MISSING
                    rows.append([method, TITLES[measure], *levels, top, _seeds(part)])
            labels = "all labels of the probe's set" if probe == ALL else f"{probe} labels per class"
            blocks.append(f"{arm.capitalize()} stamps, linear probe on {labels}; mean [95 %]:")
            head = ["method", "measure", *(f"{ratio}:1" for ratio in RATIOS), f"{RATIOS[-1]}:1 minus 1:1", "seeds"]
            blocks.append(markdown_table(head, rows))
    return blocks


def _balanced(frame: pd.DataFrame) -> list[str]:
    blocks = []
    longer = frame["method"].str.endswith(summaries.MORE)
    more, frame = frame[longer], frame[~longer]
    for measure in (LINEAR, PURITY):
        rows = []
        names = frame[frame["measure"] == measure].groupby(["method", "sampling", "reference"], sort=False)
        for (method, sampling, reference), part in names:
            cells = {row["probe"]: row for row in part.to_dict("records")}
            name = f"{method} {sampling}".strip()
            if reference != "s-simclr natural":
                rows.append([name, *(mean_with_interval(cells[labels]) for labels in LABELS), _seeds(part)])
            if reference:
                gains = [f"{signed(cells[labels])}{_wins(cells[labels], measure)}" for labels in LABELS]
                rows.append([f"{name} minus {reference}", *gains, _seeds(part)])
        head = ["", *(f"{labels} labels per class" if labels != ALL else "all labels" for labels in LABELS), "seeds"]
        blocks += [CAPTIONS[measure], markdown_table(head, rows)]
    return [*blocks, f"Trained {LONGER} times as long, all labels:", _longer(more)]


def _longer(frame: pd.DataFrame) -> str:
    rows = []
    for (method, sampling, reference), part in frame.groupby(["method", "sampling", "reference"], sort=False):
        at = {row["measure"]: row for row in part.to_dict("records")}
        cells = [mean_with_interval(at[LINEAR]), f"{signed(at[LINEAR])}{_wins(at[LINEAR], LINEAR)}"]
        cells += [mean_with_interval(at[PURITY]), signed(at[PURITY])]
        rows.append([f"{method} {sampling}".strip(), str(reference), *cells, _seeds(part)])
    head = ["method", "compared with", "balanced accuracy [95 %]", "difference [95 %]", "k-NN purity [95 %]"]
    return markdown_table([*head, "difference [95 %]", "seeds"], rows)


def _wins(row: Mapping[str, object], measure: str) -> str:
    if measure != LINEAR or pd.isna(row["effect"]):
        return ""
    return f", p {row['p']:.3f}, {row['wins']} of {row['effect_seeds']:.0f} seeds"


def _augmentations(frame: pd.DataFrame) -> list[str]:
    rows = []
    for (condition, reference), part in frame.groupby(["condition", "reference"], sort=False):
        at = {(row["measure"], row["probe"]): row for row in part.to_dict("records")}
        cells = [
            mean_with_interval(at[LINEAR, ALL]),
            f"{signed(at[LINEAR, ALL])}{_q(at[LINEAR, ALL])}" if reference else MISSING,
        ]
        cells += [mean_with_interval(at[LINEAR, FEW]), signed(at[LINEAR, FEW]) if reference else MISSING]
        cells += [
            mean_with_interval(at[PURITY, ALL]),
            signed(at[PURITY, ALL]) if reference else MISSING,
            mean_with_interval(at[UNIFORMITY, ALL]),
        ]
        rows.append([str(condition), str(reference) or MISSING, *cells, _seeds(part)])
    head = ["condition", "compared with", "balanced accuracy, all labels [95 %]", "difference [95 %]"]
    head += [f"{FEW} labels per class [95 %]", "difference [95 %]", "k-NN purity [95 %]", "difference [95 %]"]
    return [markdown_table([*head, "uniformity [95 %]", "seeds"], rows)]


def _q(row: Mapping[str, object]) -> str:
    return f", q {row['q']:.3f}" if pd.notna(row["q"]) else ""


def _seeds(part: pd.DataFrame) -> str:
    fewest, most = int(part["n_seeds"].min()), int(part["n_seeds"].max())
    return str(most) if fewest == most else f"{fewest} to {most}"
