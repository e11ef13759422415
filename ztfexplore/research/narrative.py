"""The answer to each question in words: a verdict, two plain sentences and further findings, all made from numbers.

`phrases` puts one effect into words and knows no question; here each question is put together from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from ztfexplore.research import summaries
from ztfexplore.research.datasets import FEW
from ztfexplore.research.grid import (
    ALL,
    AUGMENTATIONS,
    BALANCED,
    EQUAL,
    IMBALANCE,
    LABELS,
    LONGER,
    METHODS,
    NATURAL,
    RATIOS,
    REAL_ARM,
    SIMULATED_ARM,
    UNTRAINED,
)
from ztfexplore.research.phrases import (
    UNKNOWN,
    cell_number,
    excluded,
    has_effect,
    listed,
    phrase,
    phrase_with_numbers,
    pick,
    signed,
    together,
)
from ztfexplore.research.results import LINEAR, PURITY, RARE, ExperimentResults
from ztfexplore.research.summaries import MORE, NOT_YET, SURE

NAMES = {"simclr": "SimCLR", "s-simclr": "S-SimCLR", "supervised": "supervised training"}
ARMS = {SIMULATED_ARM: "on simulated stamps", REAL_ARM: "on real alerts"}
RISES, FALLS, SAME = "rises significantly", "falls significantly", "does not change significantly"
NOT_MEASURED = "Not measured yet"
# The further findings of question 1: measure, labels per class of the probe, title.
FURTHER_MEASURES = (
    (RARE, ALL, "Recall of the rare class"),
    (RARE, FEW, f"The same with a probe on {FEW} labels per class"),
    (LINEAR, ALL, "Balanced accuracy"),
    (PURITY, ALL, "k-NN purity of all classes"),
)
SETS = {"simclr": "SimCLR's own", "astronomical": "the astronomical"}


@dataclass(frozen=True)
class Narrative:
    """An answer in words.

    Attributes:
        verdict: the answer in at most 12 words.
        text: two plain sentences.
        row: the row of the table with the effect that the answer rests on; empty if there is none.
        effect_of: what that effect is.
        details: further sentences.
    """

    verdict: str
    text: str
    row: Mapping[str, object]
    effect_of: str
    details: list[str]


# --- 1: imbalance --------------------------------------------------------------------------------------------------


def imbalance_narrative(results: ExperimentResults, frame: pd.DataFrame) -> Narrative:
    """How the recall of a class changes when it becomes rare: with SimCLR, and compared with supervised training."""
    top = RATIOS[-1]
    frame = frame[frame["ratio"] == top]
    each, frame = frame[frame["rare"] != ""], frame[frame["rare"] == ""]
    own = {where: pick(frame, arm=arm, method="simclr", measure=RARE, probe=ALL) for arm, where in ARMS.items()}
    against = [
        f"{signed(summaries.change_against(results, arm, top, 'simclr', 'supervised'))} {where}"
        for arm, where in ARMS.items()
    ]
    text = (
        f"When one class is {top} times rarer than each of the others in a training set of the same size, SimCLR's "
        f"recall of that class {together(own, RISES, FALLS, SAME)}. SimCLR's change minus that of supervised training "
        f"is {listed(against)}, where a positive value means that SimCLR loses less; {_what_falls(frame)}."
    )
    row = pick(frame, arm=SIMULATED_ARM, method="simclr", measure=RARE, probe=ALL)
    effect_of = f"recall of the rare class with SimCLR, {top}:1 minus 1:1, simulated stamps"
    change = phrase(row, RISES, FALLS, SAME, "")
    verdict = f"Rare-class recall of SimCLR {change} at {top}:1 (simulated)" if change else NOT_MEASURED
    details = [
        _learned(results),
        *_bounds(own),
        _each_class(results, each),
        *(_methods(frame, *one) for one in FURTHER_MEASURES),
    ]
    details.append("None of these intervals is corrected for the number of comparisons.")
    return Narrative(verdict, text, row, effect_of, details)


def _what_falls(frame: pd.DataFrame) -> str:
    """Which other measures of SimCLR fall significantly."""
    falls, measured = [], False
    for measure, title in ((LINEAR, "balanced accuracy"), (PURITY, "k-NN purity")):
        for arm, where in ARMS.items():
            row = pick(frame, arm=arm, method="simclr", measure=measure, probe=ALL)
            measured = measured or has_effect(row)
            if phrase(row, "", "falls", "", "") == "falls":
                falls.append(f"{title} {where} ({signed(row)})")
    if not measured:
        return "its other measures have not been compared yet"
    if not falls:
        return "none of its other measures falls significantly"
    return f"of its other measures, {listed(falls)} {'falls' if len(falls) == 1 else 'fall'} significantly"


def _learned(results: ExperimentResults) -> str:
    """How much SimCLR's training had gained, which is what imbalance could take away."""
    gains = [f"{signed(summaries.learned(results, arm, RARE, ALL))} {where}" for arm, where in ARMS.items()]
    few = [f"{signed(summaries.learned(results, arm, RARE, FEW))} {where}" for arm, where in ARMS.items()]
    return (
        f"What imbalance could take away: at 1:1, that recall with SimCLR minus that with untrained weights is "
        f"{listed(gains)}, and with a probe on {FEW} labels per class {listed(few)}; where that gain is not "
        "significant, the arm cannot show harm."
    )


def _bounds(rows: Mapping[str, Mapping[str, object]]) -> list[str]:
    """What losses of the rare class's recall the intervals exclude."""
    bounds = {where: excluded(row, loss=True) for where, row in rows.items()}
    known = [f"{bound} {where}" for where, bound in bounds.items() if bound is not None]
    start = (
        "Averaged over the classes that were rare, the 95 % intervals exclude losses of SimCLR's recall of more than"
    )
    return [f"{start} {listed(known)}."] if known else []


def _each_class(results: ExperimentResults, frame: pd.DataFrame) -> str:
    """SimCLR's change for each class that was rare, and which classes have not been rare yet."""
    told = []
    for arm, where in ARMS.items():
        rows = frame[(frame["arm"] == arm) & frame["effect"].notna()]
        each = [f"{row['rare']} {signed(row)}" for row in rows.to_dict("records")]
        never = [name for name in _names(results, arm) if name not in set(rows["rare"])]
        missing = f" (not yet rare: {', '.join(never)})" if never and each else ""
        told.append(f"{where} {', '.join(each) or NOT_YET}{missing}")
    return f"SimCLR's change for each class that was rare: {'; '.join(told)}."


def _names(results: ExperimentResults, arm: str) -> list[str]:
    """The classes that are tested in an arm."""
    rows = results.where(arm=arm, probe_labels=ALL)
    return results.tested[rows["test"].iloc[0]].names.tolist() if len(rows) else []


def _methods(frame: pd.DataFrame, measure: str, probe: str, title: str) -> str:
    """How a measure changes with each method, in both arms."""
    told = []
    for method in METHODS:
        rows = {where: pick(frame, arm=arm, method=method, measure=measure, probe=probe) for arm, where in ARMS.items()}
        told.append(f"with {NAMES[method]} it {together(rows, RISES, FALLS, SAME)}")
    return f"{title}, {RATIOS[-1]}:1 minus 1:1: {'; '.join(told)}."


# --- 2: S-SimCLR, balanced -----------------------------------------------------------------------------------------


def balanced_narrative(results: ExperimentResults, frame: pd.DataFrame) -> Narrative:
    """S-SimCLR on class-balanced batches compared with SimCLR, with all labels and with few."""
    longer = frame[frame["method"].str.endswith(MORE) & (frame["measure"] == LINEAR)]
    frame = frame[frame["method"] == "s-simclr"]
    linear, purity = frame[frame["measure"] == LINEAR], frame[frame["measure"] == PURITY]
    at = {name: pick(linear, sampling=EQUAL, reference="simclr", probe=name) for name in LABELS}
    pure = {name: pick(purity, sampling=EQUAL, reference="simclr", probe=name) for name in LABELS}
    top = at[ALL]
    better, worse = "is significantly better than SimCLR", "is significantly worse than SimCLR"
    first = phrase(top, better, worse, "is not significantly better than SimCLR", "")
    bound = excluded(top, loss=False)
    outside = f"; the 95 % interval excludes a gain of more than {bound}" if bound else ""
    purer, less_pure = "are significantly purer", "are significantly less pure"
    pure_words = phrase_with_numbers(pure[ALL], purer, less_pure, "are not significantly purer")
    few = {f"with {name}": at[name] for name in LABELS if name != ALL}
    few_words = together(few, better, worse, "does not differ significantly from SimCLR")
    text = (
        f"With a linear probe on all labels, S-SimCLR trained on class-balanced batches {first or UNKNOWN} "
        f"({signed(top)}{outside}), and its nearest neighbours {pure_words}. With few labels per class, the only ones "
        f"that S-SimCLR and both probes see, it {few_words}."
    )
    details = [_paired(top), *_batches(linear, purity), _purer(pure), *_classes(results), _length(longer)]
    effect_of = "balanced accuracy of S-SimCLR with class-balanced batches minus SimCLR's, all labels"
    verdict = f"S-SimCLR {first} (linear probe, all labels)" if first else NOT_MEASURED
    return Narrative(verdict, text, top, effect_of, details)


def _paired(row: Mapping[str, object]) -> str:
    if not has_effect(row):
        return f"Paired test with all labels: {NOT_YET}."
    seeds = f"{row['wins']} of {cell_number(row, 'effect_seeds'):.0f} seeds"
    return f"Paired test with all labels: p {cell_number(row, 'p'):.3f}, S-SimCLR better in {seeds}."


def _batches(linear: pd.DataFrame, purity: pd.DataFrame) -> list[str]:
    """What class-balanced batches add."""
    natural = pick(linear, sampling=NATURAL, reference="simclr", probe=ALL)
    between = pick(linear, sampling=EQUAL, reference="s-simclr natural", probe=ALL)
    pure = pick(purity, sampling=NATURAL, reference="simclr", probe=ALL)
    return [
        f"With all labels, S-SimCLR on unbalanced batches minus SimCLR: {signed(natural)}, and in k-NN purity "
        f"{signed(pure)}; class-balanced minus unbalanced batches: {signed(between)}."
    ]


def _purer(rows: Mapping[str, Mapping[str, object]]) -> str:
    each = [f"with {name} {signed(row)}" for name, row in rows.items() if name != ALL]
    return (
        "k-NN purity among all labelled objects, S-SimCLR on class-balanced batches minus SimCLR, by the labels per "
        f"class that its training saw: {', '.join(each)}."
    )


def _classes(results: ExperimentResults) -> list[str]:
    """The recall of each class: balanced batches are meant for the small ones."""
    rows = summaries.by_class(results, EQUAL)
    if not rows:
        return []
    test = results.tested[results.where(method="simclr", probe_labels=ALL)["test"].iloc[0]]
    counts = {str(name): int((test.classes == place).sum()) for place, name in enumerate(test.names)}
    each = [f"{name} ({counts[name]} objects) {signed(row)}" for name, row in rows.items()]
    return [f"Recall by class with all labels, class-balanced minus SimCLR: {', '.join(each)}."]


def _length(frame: pd.DataFrame) -> str:
    return (
        f"Trained {LONGER} times as long, with all labels: S-SimCLR on class-balanced batches minus SimCLR "
        f"{signed(pick(frame, reference=f'simclr {MORE}'))}; the gain from the longer training is "
        f"{signed(pick(frame, reference='simclr'))} for SimCLR and "
        f"{signed(pick(frame, reference=f's-simclr {EQUAL}'))} for S-SimCLR."
    )


# --- 3: augmentations ----------------------------------------------------------------------------------------------


def augmentations_narrative(results: ExperimentResults, frame: pd.DataFrame) -> Narrative:
    """The two sets compared with each other and with untrained weights, and what each part contributes."""
    whole = frame
    frame = frame[(frame["measure"] == LINEAR) & (frame["probe"] == ALL)]
    top = pick(frame, condition="astronomical full", reference="simclr full")
    verdict = phrase(
        top,
        "SimCLR's augmentations are significantly less useful than the astronomical ones",
        "SimCLR's augmentations are significantly more useful than the astronomical ones",
        "SimCLR's augmentations and the astronomical ones do not differ significantly",
        NOT_MEASURED,
    )
    text = (
        f"{verdict} (astronomical minus SimCLR's: {signed(top)}); the gain over untrained weights is "
        f"{_over_untrained(frame)}. {_parts(frame)}"
    )
    effect_of = "balanced accuracy with the astronomical set minus that with SimCLR's own, all labels"
    others = [
        f"With {title}, the gain over untrained weights is "
        f"{_over_untrained(whole[(whole['measure'] == measure) & (whole['probe'] == probe)])}."
        for measure, probe, title in (
            (LINEAR, FEW, f"a probe on {FEW} labels per class"),
            (PURITY, ALL, "k-NN purity as measure"),
        )
    ]
    details = [*others, *_significant_singly(frame), *_alone(frame), _other_comparisons(frame)]
    return Narrative(verdict, text, top, effect_of, details)


def _over_untrained(frame: pd.DataFrame) -> str:
    """The gain from training with each set."""
    rows = {name: pick(frame, condition=f"{name} full", reference=UNTRAINED) for name in SETS}
    each = [f"{signed(rows[name])} with {title} set" for name, title in SETS.items()]
    if not all(has_effect(row) for row in rows.values()):
        return listed(each)
    sure = [SETS[name] for name, row in rows.items() if phrase(row, "sure", "sure", "") == "sure"]
    which = {0: "neither interval excludes 0", 2: "both intervals exclude 0"}
    return f"{listed(each)} ({which.get(len(sure)) or f'only the interval of {sure[0]} set excludes 0'})"


def _parts(frame: pd.DataFrame) -> str:
    """Which parts help or harm: each is left out, and the test is corrected for the number of comparisons."""
    left = frame[(frame["kind"] == "without") & frame["effect"].notna()]
    if not len(left):
        return f"Leaving parts out: {NOT_YET}."
    sure = left[left["q"] < SURE]
    corrected = f"after correction for {len(left)} comparisons"
    if not len(sure):
        return f"Leaving out any single part makes no significant difference to the accuracy {corrected}."
    told = []
    for rows, what in ((sure[sure["effect"] < 0], "costs"), (sure[sure["effect"] > 0], "gains")):
        if len(rows):
            told.append(f"leaving out {_named(rows)} {what} accuracy")
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}; the other parts make no significant difference {corrected}."


def _named(rows: pd.DataFrame, q: bool = False) -> str:
    return listed(
        [
            f"{row['part']} of {SETS[str(row['set'])]} set ({signed(row)}{', q {:.2f}'.format(row['q']) if q else ''})"
            for row in rows.to_dict("records")
        ]
    )


def _significant_singly(frame: pd.DataFrame) -> list[str]:
    """Parts whose own interval excludes 0, but which are not significant after correction for all comparisons."""
    left = frame[(frame["kind"] == "without") & frame["effect"].notna()]
    others = left[~(left["q"] < SURE)]
    singly = others[[phrase(row, "up", "down", "") != "" for row in others.to_dict("records")]]
    if not len(singly):
        return []
    return [
        f"Left out, and without correction, the interval excludes 0 for {_named(singly, q=True)}: among {len(left)} "
        "comparisons that can be chance."
    ]


def _alone(frame: pd.DataFrame) -> list[str]:
    # A part may belong to both sets: alone it is a single training.
    alone = frame[(frame["kind"] == "alone") & frame["effect"].notna()].drop_duplicates("part")
    if not len(alone):
        return [f"Parts alone: {NOT_YET}."]
    sure = alone[alone["q"] < SURE].sort_values("effect", ascending=False)
    each = [f"{row['part']} {signed(row)}" for row in sure.to_dict("records")]
    what = "Each part alone minus no augmentation, significant after correction for"
    return [f"{what} {len(alone)} comparisons: {', '.join(each) if each else 'none'}."]


def _other_comparisons(frame: pd.DataFrame) -> str:
    """The other comparisons with no augmentation or with SimCLR's full set."""
    none = pick(frame, condition="none", reference=UNTRAINED)
    both = pick(frame, condition="both", reference="simclr full")
    milder = frame[frame["kind"] == "milder"]
    each = "".join(
        f"; a milder {row['part']} in SimCLR's set minus the original {signed(row)}"
        for row in milder.to_dict("records")
    )
    return (
        f"Training without any augmentation minus untrained weights: {signed(none)}; both sets together minus "
        f"SimCLR's: {signed(both)}{each}."
    )


NARRATIVES: Mapping[str, Callable[[ExperimentResults, pd.DataFrame], Narrative]] = {
    IMBALANCE: imbalance_narrative,
    BALANCED: balanced_narrative,
    AUGMENTATIONS: augmentations_narrative,
}
