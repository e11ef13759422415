"""What is said to each question: two plain sentences, and what else its table shows. Numbers come from the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from ztfexplore.research import summaries
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
from ztfexplore.research.material import FEW
from ztfexplore.research.reading import LINEAR, PURITY, RARE, Reading, rare_classes
from ztfexplore.research.summaries import MORE, NOT_YET, SURE
from ztfexplore.research.words import excluded, has_effect, listed, number, phrase, pick, signed, together, verdict

NAMES = {"simclr": "SimCLR", "s-simclr": "S-SimCLR", "supervised": "supervised training"}
ARMS = {SIMULATED_ARM: "on simulated stamps", REAL_ARM: "on real alerts"}
SAME = "does not change beyond chance"
# What is told of question 1 beside its answer: measure, labels a class of the probe, title.
TOLD = (
    (RARE, ALL, "Recall of the rare class"),
    (RARE, FEW, f"The same by a probe on {FEW} labels a class"),
    (PURITY, ALL, "k-NN purity of all classes"),
)
SETS = {"simclr": "SimCLR's own", "astronomical": "the astronomical"}


@dataclass(frozen=True)
class Said:
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


def imbalance(reading: Reading, frame: pd.DataFrame) -> Said:
    """How the recall of a class changes when it becomes rare, with SimCLR and beside supervised training."""
    top = RATIOS[-1]
    frame = frame[(frame["ratio"] == top) & (frame["rare"] == "")]
    own = {where: pick(frame, arm=arm, method="simclr", measure=RARE, probe=ALL) for arm, where in ARMS.items()}
    against = {
        where: summaries.change_against(reading, arm, top, "simclr", "supervised") for arm, where in ARMS.items()
    }
    first = together(own, "rises", "falls", SAME)
    second = together(against, "less", "more", "neither more nor less beyond chance", "not compared yet")
    text = (
        f"When a class is {top} times rarer than each other in a training set of equal size, SimCLR's recall of it "
        f"{first}. Beside supervised training, whose change is taken from SimCLR's, SimCLR is harmed {second}."
    )
    row = pick(frame, arm=SIMULATED_ARM, method="simclr", measure=RARE, probe=ALL)
    effect_of = f"recall of the rare class with SimCLR, at {top}:1 less at 1:1, simulated stamps"
    return Said(text, row, effect_of, [*_bounds(own), *(_methods(frame, *one) for one in TOLD), _rare(reading)])


def _bounds(rows: Mapping[str, Mapping[str, object]]) -> list[str]:
    """What losses of the rare class's recall the intervals leave out."""
    bounds = {where: excluded(row, loss=True) for where, row in rows.items()}
    known = [f"{bound} {where}" for where, bound in bounds.items() if bound is not None]
    return [f"Losses of SimCLR's recall larger than {listed(known)} are excluded at 95 %."] if known else []


def _methods(frame: pd.DataFrame, measure: str, probe: str, title: str) -> str:
    """How a measure changes with each method, in both arms."""
    told = []
    for method in METHODS:
        rows = {where: pick(frame, arm=arm, method=method, measure=measure, probe=probe) for arm, where in ARMS.items()}
        told.append(f"with {NAMES[method]} it {together(rows, 'rises', 'falls', SAME)}")
    return f"{title}, {RATIOS[-1]}:1 less 1:1: {'; '.join(told)}."


def _rare(reading: Reading) -> str:
    """Which classes have been the rare one."""
    found = {where: rare_classes(reading.where(arm=arm)).values() for arm, where in ARMS.items()}
    known = [f"{where} {listed(list(dict.fromkeys(names)))}" for where, names in found.items() if names]
    return f"Rare in turn were {' and '.join(known) if known else 'none yet'}."


# --- 2: S-SimCLR, balanced -----------------------------------------------------------------------------------------


def balanced(reading: Reading, frame: pd.DataFrame) -> Said:
    """S-SimCLR on class-balanced batches against SimCLR, with all labels and with few."""
    longer = frame[frame["method"].str.endswith(MORE)]
    purity = frame[(frame["measure"] == PURITY) & (frame["probe"] == ALL) & (frame["reference"] == "simclr")]
    frame = frame[(frame["measure"] == LINEAR) & (frame["method"] == "s-simclr")]
    at = {name: pick(frame, sampling=EQUAL, reference="simclr", probe=name) for name in LABELS}
    top = at[ALL]
    first = verdict(
        top,
        "S-SimCLR trained on class-balanced batches is better than SimCLR",
        "S-SimCLR trained on class-balanced batches is worse than SimCLR",
        "S-SimCLR trained on class-balanced batches is not better than SimCLR beyond chance",
        "S-SimCLR trained on class-balanced batches is not compared with SimCLR yet",
    )
    bound = excluded(top, loss=False)
    more = f", and a gain of more than {bound} is excluded at 95 %" if bound else ""
    few = {f"with {name}": at[name] for name in LABELS if name != ALL}
    text = (
        f"With all labels {first}{more}. With few labels a class, which are all that S-SimCLR and both probes see, it "
        f"{together(few, 'is better', 'is worse', 'is not different beyond chance')}."
    )
    natural = pick(frame, sampling=NATURAL, reference="simclr", probe=ALL)
    batches = pick(frame, sampling=EQUAL, reference="s-simclr natural", probe=ALL)
    more = longer[longer["measure"] == LINEAR]
    details = [
        f"Paired test with all labels: p {number(top, 'p'):.3f}, better in {top['wins']} of {top['n_seeds']} seeds."
        if has_effect(top)
        else f"Paired test with all labels: {NOT_YET}.",
        f"With all labels, S-SimCLR on batches as they come less SimCLR: {signed(natural)}; class-balanced batches "
        f"less those: {signed(batches)}.",
        f"k-NN purity with all labels, less SimCLR's: class-balanced "
        f"{signed(pick(purity, method='s-simclr', sampling=EQUAL))}, batches as they come "
        f"{signed(pick(purity, method='s-simclr', sampling=NATURAL))}.",
        f"Trained {LONGER} times as long, with all labels: S-SimCLR on class-balanced batches less SimCLR "
        f"{signed(pick(more, reference=f'simclr {MORE}'))}; gained by that length, SimCLR "
        f"{signed(pick(more, reference='simclr'))} and S-SimCLR {signed(pick(more, reference=f's-simclr {EQUAL}'))}.",
    ]
    return Said(
        text, top, "balanced accuracy of S-SimCLR with class-balanced batches less SimCLR's, all labels", details
    )


# --- 3: augmentations ----------------------------------------------------------------------------------------------


def augmentations(reading: Reading, frame: pd.DataFrame) -> Said:
    """The two sets against each other and against untrained weights, and what their parts are worth."""
    frame = frame[(frame["measure"] == LINEAR) & (frame["probe"] == ALL)]
    top = pick(frame, condition="astronomical full", reference="simclr full")
    between = verdict(
        top,
        "SimCLR's augmentations are less useful than the astronomical ones, whose gain over them is beyond chance",
        "SimCLR's augmentations are more useful than the astronomical ones, whose loss against them is beyond chance",
        "SimCLR's augmentations and the astronomical ones do not differ beyond chance",
        "SimCLR's augmentations and the astronomical ones are not compared with each other yet",
    )
    over = {
        f"with {title} set": pick(frame, condition=f"{name} full", reference=UNTRAINED) for name, title in SETS.items()
    }
    gains = together(over, "gains", "loses", "gains nothing beyond chance")
    text = f"{between}; over untrained weights training {gains}. {_parts(frame)}"
    effect_of = "balanced accuracy with the astronomical set less that with SimCLR's own, all labels"
    return Said(text, top, effect_of, [*_doubtful(frame), *_alone(frame), _others(frame)])


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


def _named(rows: pd.DataFrame) -> str:
    each = rows.to_dict("records")
    return listed([f"{row['part']} of {SETS[str(row['set'])]} set ({signed(row)})" for row in each])


def _doubtful(frame: pd.DataFrame) -> list[str]:
    """Parts whose own interval leaves 0 out, but which are no longer sure among so many."""
    left = frame[(frame["kind"] == "without") & frame["effect"].notna() & ~(frame["q"] < SURE)]
    left = left[[phrase(row, "up", "down", "") != "" for row in left.to_dict("records")]]
    if not len(left):
        return []
    return [f"By itself, but not among so many comparisons, beyond chance when left out: {_named(left)}."]


def _alone(frame: pd.DataFrame) -> list[str]:
    alone = frame[(frame["kind"] == "alone") & frame["effect"].notna()]
    if not len(alone):
        return [f"Parts alone: {NOT_YET}."]
    sure = alone[alone["q"] < SURE].drop_duplicates("part")
    each = [f"{row['part']} {signed(row)}" for row in sure.sort_values("effect", ascending=False).to_dict("records")]
    what = f"Alone, less no augmentation, beyond chance among {len(alone)} comparisons"
    return [f"{what}: {', '.join(each) if each else 'none'}."]


def _others(frame: pd.DataFrame) -> str:
    """What else was compared with no augmentation or with SimCLR's full set."""
    none = pick(frame, condition="none", reference=UNTRAINED)
    both = pick(frame, condition="both", reference="simclr full")
    milder = frame[frame["kind"] == "milder"]
    each = "".join(
        f"; {row['part']} in SimCLR's set instead of its own {signed(row)}" for row in milder.to_dict("records")
    )
    return (
        f"Training without any augmentation less untrained weights: {signed(none)}; both sets together less SimCLR's: "
        f"{signed(both)}{each}."
    )


SAID: Mapping[str, Callable[[Reading, pd.DataFrame], Said]] = {
    IMBALANCE: imbalance,
    BALANCED: balanced,
    AUGMENTATIONS: augmentations,
}
