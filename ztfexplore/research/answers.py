"""The three answers in two plain sentences each, made from the numbers of the tables; no number is written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import pandas as pd

from ztfexplore.research import summaries
from ztfexplore.research.grid import (
    ALL,
    AUGMENTATIONS,
    BALANCED,
    EQUAL,
    EXPERIMENTS,
    IMBALANCE,
    LABELS,
    METHODS,
    NATURAL,
    RATIOS,
    REAL_ARM,
    SIMULATED_ARM,
    UNTRAINED,
)
from ztfexplore.research.reading import LINEAR, RARE, Reading, rare_classes, read
from ztfexplore.research.store import Store

NAMES = {"simclr": "SimCLR", "s-simclr": "S-SimCLR", "supervised": "supervised training"}
NO_RUN = "No run of this experiment is in the results yet."


@dataclass(frozen=True)
class Answer:
    """What the results say to a question.

    Attributes:
        answer: two plain sentences.
        effect: the number it rests on; None while there is none.
        interval: its 95 % interval; None while there is none.
        effect_of: what the effect is, in words.
        p: of the paired test that there is none.
        runs, seeds: how many runs there are, and how many seeds at least one has.
        complete_seeds: how many the effect rests on.
        skipped: runs that gave a reason instead of numbers, by reason.
        notes: what was left out.
    """

    answer: str
    effect: float | None
    interval: tuple[float, float] | None
    effect_of: str
    p: float | None
    runs: int
    seeds: int
    complete_seeds: int
    skipped: Mapping[str, int]
    notes: list[str]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def answer(store: Store, experiment: str) -> Answer:
    """The answer of an experiment, from the results in the store.

    Raises:
        KeyError: if there is no such experiment.
    """
    reading = read(store, experiment)
    return of(reading, experiment, summaries.TABLES[experiment](reading))


def of(reading: Reading, experiment: str, frame: pd.DataFrame) -> Answer:
    """The same from what was read, and its table."""
    made: Mapping[str, Callable[[Reading, pd.DataFrame], tuple[str, dict[str, object], str]]] = {
        IMBALANCE: _imbalance,
        BALANCED: _balanced,
        AUGMENTATIONS: _augmentations,
    }
    text, row, what = made[experiment](reading, frame)
    known = _has(row)
    return Answer(
        answer=text if reading.runs else NO_RUN,
        effect=_number(row, "effect") if known else None,
        interval=(_number(row, "effect_low"), _number(row, "effect_high")) if known else None,
        effect_of=what,
        p=_number(row, "p") if known else None,
        runs=reading.runs,
        seeds=reading.seeds,
        complete_seeds=int(_number(row, "n_seeds")) if known else 0,
        skipped=reading.skipped["reason"].value_counts().to_dict(),
        notes=reading.notes,
    )


def _number(row: Mapping[str, object], name: str) -> float:
    return float(row[name])  # type: ignore[arg-type]


def answers(store: Store) -> dict[str, Answer]:
    """The answers to all questions, by the experiments' names."""
    return {name: answer(store, name) for name in EXPERIMENTS}


# --- words ---------------------------------------------------------------------------------------------------------


def _has(row: Mapping[str, object]) -> bool:
    return pd.notna(row.get("effect"))


def signed(row: Mapping[str, object]) -> str:
    """An effect with its interval: +0.012 [-0.003, +0.027]."""
    if not _has(row):
        return summaries.NOT_YET
    if pd.isna(row["effect_low"]):
        return f"{row['effect']:+.3f}"
    return f"{row['effect']:+.3f} [{row['effect_low']:+.3f}, {row['effect_high']:+.3f}]"


def phrase(row: Mapping[str, object], up: str, down: str, same: str, none: str = "is not measured yet") -> str:
    """One of three phrases, by whether the interval is above 0, below, or holds it; or `none`."""
    if not _has(row):
        return none
    low, high = _number(row, "effect_low"), _number(row, "effect_high")
    return up if low > 0 else down if high < 0 else same


def verdict(row: Mapping[str, object], up: str, down: str, same: str, none: str = "is not measured yet") -> str:
    """The same with the numbers, where there are any."""
    told = phrase(row, up, down, same, none)
    return f"{told} ({signed(row)})" if _has(row) else told


def pick(frame: pd.DataFrame, **condition: object) -> dict[str, object]:
    """The only row with these values; empty if there is none."""
    for name, value in condition.items():
        frame = frame[frame[name] == value]
    return frame.iloc[0].to_dict() if len(frame) else {}


def listed(parts: list[str]) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


# --- the three -----------------------------------------------------------------------------------------------------


def _imbalance(reading: Reading, frame: pd.DataFrame) -> tuple[str, dict[str, object], str]:
    top, told = RATIOS[-1], []
    arms = {SIMULATED_ARM: "On simulated stamps", REAL_ARM: "On real alerts"}
    for arm, start in arms.items():
        rare = rare_classes(reading.where(arm=arm))
        changes: dict[str, list[str]] = {}
        for method in METHODS:
            row = pick(frame, arm=arm, method=method, ratio=top, measure=RARE, probe=ALL)
            what = phrase(row, "rises", "falls", "does not change beyond chance")
            changes.setdefault(what, []).append(f"{NAMES[method]} ({signed(row)})")
        parts = [f"{what} with {listed(names)}" for what, names in changes.items()]
        against = summaries.change_against(reading, arm, top, "simclr", "supervised")
        harm = verdict(
            against,
            "SimCLR is harmed less than supervised training",
            "SimCLR is harmed more than supervised training",
            "the difference between SimCLR and supervised training is not beyond chance",
            "SimCLR is not compared with supervised training yet",
        )
        told.append(
            f"{start}, when a class ({', '.join(dict.fromkeys(rare.values())) or 'none yet'} in turn) is {top} times "
            f"rarer than each other in a set of equal size, its recall {listed(parts)}; {harm}."
        )
    row = pick(frame, arm=SIMULATED_ARM, method="simclr", ratio=top, measure=RARE, probe=ALL)
    return " ".join(told), row, f"recall of the rare class with SimCLR, at {top}:1 less at 1:1, simulated stamps"


def _balanced(reading: Reading, frame: pd.DataFrame) -> tuple[str, dict[str, object], str]:
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
    test = f", p {float(top['p']):.3f}, better in {top['wins']} of {top['n_seeds']} seeds" if _has(top) else ""  # type: ignore[arg-type]
    few = ", ".join(f"{signed(at[name])} with {name}" for name in LABELS if name != ALL)
    natural = pick(frame, sampling=EQUAL, reference="s-simclr natural", probe=ALL)
    plain = pick(frame, sampling=NATURAL, reference="simclr", probe=ALL)
    text = (
        f"With all labels {first}{test}. With few labels a class, which are all that S-SimCLR and both probes see, the "
        f"difference is {few}; with all labels S-SimCLR on batches as they come differs from SimCLR by "
        f"{signed(plain)}, and class-balanced batches from those by {signed(natural)}."
    )
    return text, top, "balanced accuracy of S-SimCLR with class-balanced batches less SimCLR's, all labels"


def _augmentations(reading: Reading, frame: pd.DataFrame) -> tuple[str, dict[str, object], str]:
    frame = frame[(frame["measure"] == LINEAR) & (frame["probe"] == ALL)]
    sets = []
    for name, title in (("simclr", "SimCLR's own set"), ("astronomical", "the astronomical set")):
        row = pick(frame, condition=f"{name} full", reference=UNTRAINED)
        sets.append(f"{title} {verdict(row, 'is better', 'is worse', 'is not different beyond chance')}")
    top = pick(frame, condition="astronomical full", reference="simclr full")
    between = verdict(
        top,
        "the astronomical set is better than SimCLR's",
        "the astronomical set is worse than SimCLR's",
        "between the two there is no difference beyond chance",
        "the two are not compared with each other yet",
    )
    text = f"Compared with untrained weights, {listed(sets)}; {between}. {_parts(frame)}"
    return text, top, "balanced accuracy with the astronomical set less that with SimCLR's own, all labels"


def _parts(frame: pd.DataFrame) -> str:
    """Which parts help or harm, leaving each out; those whose interval leaves 0 out."""
    left = frame[(frame["kind"] == "without") & frame["effect"].notna()]
    if not len(left):
        return f"Leaving parts out: {summaries.NOT_YET}."
    helps, harms = left[left["effect_high"] < 0], left[left["effect_low"] > 0]
    told = []
    for rows, what in ((helps, "costs"), (harms, "gains")):
        if len(rows):
            each = [f"{row['part']} of the {row['set']} set {signed(row)}" for row in rows.to_dict("records")]
            told.append(f"leaving out {listed(each)} {what} accuracy")
    several = f"({len(left)} comparisons, not corrected for their number)"
    if not told:
        return f"Leaving out no single part changes the accuracy beyond chance {several}."
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}; the other parts do not change it beyond chance {several}."
