"""What is said to each question: two plain sentences, and what else its table shows. Numbers come from the table."""

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
SAME = "does not change beyond chance"
# What is told of question 1 beside its answer: measure, labels a class of the probe, title.
TOLD = (
    (RARE, ALL, "Recall of the rare class"),
    (RARE, FEW, f"The same by a probe on {FEW} labels a class"),
    (LINEAR, ALL, "Balanced accuracy"),
    (PURITY, ALL, "k-NN purity of all classes"),
)
SETS = {"simclr": "SimCLR's own", "astronomical": "the astronomical"}


@dataclass(frozen=True)
class Narrative:
    """An answer in words.

    Attributes:
        text: two plain sentences.
        row: of the table, with the effect that the answer rests on; empty if there is none.
        effect_of: what that effect is.
        details: further sentences.
    """

    text: str
    row: Mapping[str, object]
    effect_of: str
    details: list[str]


# --- 1: imbalance --------------------------------------------------------------------------------------------------


def imbalance_narrative(results: ExperimentResults, frame: pd.DataFrame) -> Narrative:
    """How the recall of a class changes when it becomes rare, with SimCLR and beside supervised training."""
    top = RATIOS[-1]
    frame = frame[frame["ratio"] == top]
    each, frame = frame[frame["rare"] != ""], frame[frame["rare"] == ""]
    own = {where: pick(frame, arm=arm, method="simclr", measure=RARE, probe=ALL) for arm, where in ARMS.items()}
    against = [
        f"{signed(summaries.change_against(results, arm, top, 'simclr', 'supervised'))} {where}"
        for arm, where in ARMS.items()
    ]
    text = (
        f"When a class is {top} times rarer than each other in a training set of equal size, SimCLR's recall of it "
        f"{together(own, 'rises', 'falls', SAME)}. SimCLR's change less that of supervised training is "
        f"{listed(against)}, where plus means that SimCLR loses less; {_what_falls(frame)}."
    )
    row = pick(frame, arm=SIMULATED_ARM, method="simclr", measure=RARE, probe=ALL)
    effect_of = f"recall of the rare class with SimCLR, at {top}:1 less at 1:1, simulated stamps"
    details = [_learned(results), *_bounds(own), _each_class(results, each), *(_methods(frame, *one) for one in TOLD)]
    return Narrative(text, row, effect_of, [*details, "Nothing here is corrected for the number of comparisons."])


def _what_falls(frame: pd.DataFrame) -> str:
    """Which other measures of SimCLR fall."""
    falls = []
    for measure, title in ((LINEAR, "balanced accuracy"), (PURITY, "k-NN purity")):
        for arm, where in ARMS.items():
            row = pick(frame, arm=arm, method="simclr", measure=measure, probe=ALL)
            if phrase(row, "", "falls", "", "") == "falls":
                falls.append(f"its {title} {where} ({signed(row)})")
    return f"what falls beyond chance is {listed(falls)}" if falls else "no other measure of it falls beyond chance"


def _learned(results: ExperimentResults) -> str:
    """What there was to lose."""
    gains = [f"{signed(summaries.learned(results, arm, RARE, ALL))} {where}" for arm, where in ARMS.items()]
    few = [f"{signed(summaries.learned(results, arm, RARE, FEW))} {where}" for arm, where in ARMS.items()]
    return (
        f"What there is to lose: at 1:1 SimCLR's training has gained {listed(gains)} of that recall over untrained "
        f"weights, by a probe on {FEW} labels a class {listed(few)}; where that is not beyond chance, the arm cannot "
        "show harm."
    )


def _bounds(rows: Mapping[str, Mapping[str, object]]) -> list[str]:
    """What losses of the rare class's recall the intervals leave out."""
    bounds = {where: excluded(row, loss=True) for where, row in rows.items()}
    known = [f"{bound} {where}" for where, bound in bounds.items() if bound is not None]
    start = "Losses of SimCLR's recall, averaged over the classes that were rare, of more than"
    return [f"{start} {listed(known)} lie outside the 95 % intervals."] if known else []


def _each_class(results: ExperimentResults, frame: pd.DataFrame) -> str:
    """SimCLR's change by the class that was rare, and which classes have not been."""
    told = []
    for arm, where in ARMS.items():
        rows = frame[(frame["arm"] == arm) & frame["effect"].notna()]
        each = [f"{row['rare']} {signed(row)}" for row in rows.to_dict("records")]
        never = [name for name in _names(results, arm) if name not in set(rows["rare"])]
        missing = f" (not yet rare: {', '.join(never)})" if never and each else ""
        told.append(f"{where} {', '.join(each) or NOT_YET}{missing}")
    return f"SimCLR's change by the class that was rare: {'; '.join(told)}."


def _names(results: ExperimentResults, arm: str) -> list[str]:
    """The classes that are tested in an arm."""
    rows = results.where(arm=arm, probe_labels=ALL)
    return results.tested[rows["test"].iloc[0]].names.tolist() if len(rows) else []


def _methods(frame: pd.DataFrame, measure: str, probe: str, title: str) -> str:
    """How a measure changes with each method, in both arms."""
    told = []
    for method in METHODS:
        rows = {where: pick(frame, arm=arm, method=method, measure=measure, probe=probe) for arm, where in ARMS.items()}
        told.append(f"with {NAMES[method]} it {together(rows, 'rises', 'falls', SAME)}")
    return f"{title}, {RATIOS[-1]}:1 less 1:1: {'; '.join(told)}."


# --- 2: S-SimCLR, balanced -----------------------------------------------------------------------------------------


def balanced_narrative(results: ExperimentResults, frame: pd.DataFrame) -> Narrative:
    """S-SimCLR on class-balanced batches against SimCLR, with all labels and with few."""
    longer = frame[frame["method"].str.endswith(MORE) & (frame["measure"] == LINEAR)]
    frame = frame[frame["method"] == "s-simclr"]
    linear, purity = frame[frame["measure"] == LINEAR], frame[frame["measure"] == PURITY]
    at = {name: pick(linear, sampling=EQUAL, reference="simclr", probe=name) for name in LABELS}
    pure = {name: pick(purity, sampling=EQUAL, reference="simclr", probe=name) for name in LABELS}
    top = at[ALL]
    first = phrase(top, "is better than SimCLR", "is worse than SimCLR", "is not better than SimCLR beyond chance")
    bound = excluded(top, loss=False)
    outside = f"; a gain of more than {bound} lies outside the 95 % interval" if bound else ""
    pure_words = phrase_with_numbers(pure[ALL], "are purer", "are less pure", "are no purer beyond chance")
    few = {f"with {name}": at[name] for name in LABELS if name != ALL}
    few_words = together(few, "is better", "is worse", "is not different beyond chance")
    text = (
        f"By a linear probe on all labels, S-SimCLR trained on class-balanced batches {first} "
        f"({signed(top)}{outside}), and its nearest neighbours {pure_words}. With few labels a class, which are all "
        f"that S-SimCLR and both probes see, it {few_words}."
    )
    details = [_paired(top), *_batches(linear, purity), _purer(pure), *_classes(results), _length(longer)]
    effect_of = "balanced accuracy of S-SimCLR with class-balanced batches less SimCLR's, all labels"
    return Narrative(text, top, effect_of, details)


def _paired(row: Mapping[str, object]) -> str:
    if not has_effect(row):
        return f"Paired test with all labels: {NOT_YET}."
    seeds = f"{row['wins']} of {cell_number(row, 'effect_seeds'):.0f} seeds"
    return f"Paired test with all labels: p {cell_number(row, 'p'):.3f}, better in {seeds}."


def _batches(linear: pd.DataFrame, purity: pd.DataFrame) -> list[str]:
    """What the batches are worth."""
    natural = pick(linear, sampling=NATURAL, reference="simclr", probe=ALL)
    between = pick(linear, sampling=EQUAL, reference="s-simclr natural", probe=ALL)
    pure = pick(purity, sampling=NATURAL, reference="simclr", probe=ALL)
    return [
        f"With all labels, S-SimCLR on batches as they come less SimCLR: {signed(natural)}, in k-NN purity "
        f"{signed(pure)}; class-balanced batches less those: {signed(between)}."
    ]


def _purer(rows: Mapping[str, Mapping[str, object]]) -> str:
    each = [f"{name} {signed(row)}" for name, row in rows.items() if name != ALL]
    return (
        "k-NN purity among all labelled objects, S-SimCLR on class-balanced batches less SimCLR, by the labels a class "
        f"that its training saw: {', '.join(each)}."
    )


def _classes(results: ExperimentResults) -> list[str]:
    """The recall of each class: balanced batches are meant for the small ones."""
    rows = summaries.by_class(results, EQUAL)
    if not rows:
        return []
    test = results.tested[results.where(method="simclr", probe_labels=ALL)["test"].iloc[0]]
    counts = {str(name): int((test.classes == place).sum()) for place, name in enumerate(test.names)}
    each = [f"{name} ({counts[name]} objects) {signed(row)}" for name, row in rows.items()]
    return [f"Recall by class with all labels, class-balanced less SimCLR: {', '.join(each)}."]


def _length(frame: pd.DataFrame) -> str:
    return (
        f"Trained {LONGER} times as long, with all labels: S-SimCLR on class-balanced batches less SimCLR "
        f"{signed(pick(frame, reference=f'simclr {MORE}'))}; gained by that length, SimCLR "
        f"{signed(pick(frame, reference='simclr'))} and S-SimCLR {signed(pick(frame, reference=f's-simclr {EQUAL}'))}."
    )


# --- 3: augmentations ----------------------------------------------------------------------------------------------


def augmentations_narrative(results: ExperimentResults, frame: pd.DataFrame) -> Narrative:
    """The two sets against each other and against untrained weights, and what their parts are worth."""
    whole = frame
    frame = frame[(frame["measure"] == LINEAR) & (frame["probe"] == ALL)]
    top = pick(frame, condition="astronomical full", reference="simclr full")
    between = phrase_with_numbers(
        top,
        "SimCLR's augmentations are less useful than the astronomical ones, whose gain over them is beyond chance",
        "SimCLR's augmentations are more useful than the astronomical ones, whose loss against them is beyond chance",
        "SimCLR's augmentations and the astronomical ones do not differ beyond chance",
        "SimCLR's augmentations and the astronomical ones are not compared with each other yet",
    )
    text = f"{between}; over untrained weights the gain is {_over_untrained(frame)}. {_parts(frame)}"
    effect_of = "balanced accuracy with the astronomical set less that with SimCLR's own, all labels"
    others = [
        f"Over untrained weights, by {title}, the gain is "
        f"{_over_untrained(whole[(whole['measure'] == measure) & (whole['probe'] == probe)])}."
        for measure, probe, title in ((LINEAR, FEW, f"a probe on {FEW} labels a class"), (PURITY, ALL, "k-NN purity"))
    ]
    return Narrative(text, top, effect_of, [*others, *_doubtful(frame), *_alone(frame), _others(frame)])


def _over_untrained(frame: pd.DataFrame) -> str:
    """What training with each set gives."""
    rows = {name: pick(frame, condition=f"{name} full", reference=UNTRAINED) for name in SETS}
    each = [f"{signed(rows[name])} with {title} set" for name, title in SETS.items()]
    if not all(has_effect(row) for row in rows.values()):
        return listed(each)
    sure = [SETS[name] for name, row in rows.items() if phrase(row, "sure", "sure", "") == "sure"]
    which = {0: "neither interval leaves 0 out", 2: "both intervals leave 0 out"}
    return f"{listed(each)} ({which.get(len(sure)) or f'only the interval of {sure[0]} set leaves 0 out'})"


def _parts(frame: pd.DataFrame) -> str:
    """Which parts help or harm, leaving each out, when the number of comparisons is allowed for."""
    left = frame[(frame["kind"] == "without") & frame["effect"].notna()]
    if not len(left):
        return f"Leaving parts out: {NOT_YET}."
    sure = left[left["q"] < SURE]
    allowed = f"with the number of comparisons ({len(left)}) allowed for"
    if not len(sure):
        return f"Leaving out any single part changes the accuracy by nothing that is beyond chance {allowed}."
    told = []
    for rows, what in ((sure[sure["effect"] < 0], "costs"), (sure[sure["effect"] > 0], "gains")):
        if len(rows):
            told.append(f"leaving out {_named(rows)} {what} accuracy")
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}; the other parts do not change it beyond chance {allowed}."


def _named(rows: pd.DataFrame, q: bool = False) -> str:
    return listed(
        [
            f"{row['part']} of {SETS[str(row['set'])]} set ({signed(row)}{', q {:.2f}'.format(row['q']) if q else ''})"
            for row in rows.to_dict("records")
        ]
    )


def _doubtful(frame: pd.DataFrame) -> list[str]:
    """Parts whose own interval leaves 0 out, but which are no longer sure among so many."""
    left = frame[(frame["kind"] == "without") & frame["effect"].notna()]
    doubtful = left[~(left["q"] < SURE)]
    doubtful = doubtful[[phrase(row, "up", "down", "") != "" for row in doubtful.to_dict("records")]]
    if not len(doubtful):
        return []
    named = _named(doubtful, q=True)
    return [f"Left out and taken singly, the interval leaves 0 out for {named}: among {len(left)} that can be chance."]


def _alone(frame: pd.DataFrame) -> list[str]:
    # A part may be of both sets: alone it is one training.
    alone = frame[(frame["kind"] == "alone") & frame["effect"].notna()].drop_duplicates("part")
    if not len(alone):
        return [f"Parts alone: {NOT_YET}."]
    sure = alone[alone["q"] < SURE].sort_values("effect", ascending=False)
    each = [f"{row['part']} {signed(row)}" for row in sure.to_dict("records")]
    what = f"Alone, less no augmentation, beyond chance with {len(alone)} comparisons allowed for"
    return [f"{what}: {', '.join(each) if each else 'none'}."]


def _others(frame: pd.DataFrame) -> str:
    """What else was compared with no augmentation or with SimCLR's full set."""
    none = pick(frame, condition="none", reference=UNTRAINED)
    both = pick(frame, condition="both", reference="simclr full")
    milder = frame[frame["kind"] == "milder"]
    each = "".join(
        f"; a milder {row['part']} in SimCLR's set less its own {signed(row)}" for row in milder.to_dict("records")
    )
    return (
        f"Training without any augmentation less untrained weights: {signed(none)}; both sets together less SimCLR's: "
        f"{signed(both)}{each}."
    )


NARRATIVES: Mapping[str, Callable[[ExperimentResults, pd.DataFrame], Narrative]] = {
    IMBALANCE: imbalance_narrative,
    BALANCED: balanced_narrative,
    AUGMENTATIONS: augmentations_narrative,
}
