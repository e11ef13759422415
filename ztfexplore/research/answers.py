"""The three answers, made from the numbers of the tables; no number is written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import pandas as pd

from ztfexplore.research import narrative, summaries
from ztfexplore.research.grid import EXPERIMENTS
from ztfexplore.research.phrases import has_effect, number
from ztfexplore.research.results import Reading, read
from ztfexplore.research.store import Store

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
        details: what else the tables say, each a sentence.
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
    details: list[str] = field(default_factory=list)

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
    said = narrative.SAID[experiment](reading, frame)
    row, known = said.row, has_effect(said.row)
    return Answer(
        answer=said.text if reading.runs else NO_RUN,
        effect=number(row, "effect") if known else None,
        interval=(number(row, "effect_low"), number(row, "effect_high")) if known else None,
        effect_of=said.effect_of,
        p=number(row, "p") if known else None,
        runs=reading.runs,
        seeds=reading.seeds,
        complete_seeds=int(number(row, "effect_seeds")) if known else 0,
        skipped=reading.skipped["reason"].value_counts().to_dict(),
        notes=reading.notes,
        details=said.details if reading.runs else [],
    )


def answers(store: Store) -> dict[str, Answer]:
    """The answers to all questions, by the experiments' names."""
    return {name: answer(store, name) for name in EXPERIMENTS}
