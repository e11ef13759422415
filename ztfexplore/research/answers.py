"""The three answers, made from the numbers of the tables; no number is written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import pandas as pd

from ztfexplore.research import narrative, summaries
from ztfexplore.research.grid import EXPERIMENTS
from ztfexplore.research.phrases import cell_number, has_effect
from ztfexplore.research.results import ExperimentResults, read_results
from ztfexplore.research.store import Store

NO_RUN = "No run of this experiment is in the results yet."


@dataclass(frozen=True)
class ResearchAnswer:
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


def answer_question(store: Store, experiment: str) -> ResearchAnswer:
    """The answer of an experiment, from the results in the store.

    Raises:
        KeyError: if there is no such experiment.
    """
    results = read_results(store, experiment)
    return answer_from_results(results, experiment, summaries.TABLES[experiment](results))


def answer_from_results(results: ExperimentResults, experiment: str, frame: pd.DataFrame) -> ResearchAnswer:
    """The same from what was read, and its table."""
    said = narrative.NARRATIVES[experiment](results, frame)
    row, known = said.row, has_effect(said.row)
    return ResearchAnswer(
        answer=said.text if results.runs else NO_RUN,
        effect=cell_number(row, "effect") if known else None,
        interval=(cell_number(row, "effect_low"), cell_number(row, "effect_high")) if known else None,
        effect_of=said.effect_of,
        p=cell_number(row, "p") if known else None,
        runs=results.runs,
        seeds=results.seeds,
        complete_seeds=int(cell_number(row, "effect_seeds")) if known else 0,
        skipped=results.skipped["reason"].value_counts().to_dict(),
        notes=results.notes,
        details=said.details if results.runs else [],
    )


def all_answers(store: Store) -> dict[str, ResearchAnswer]:
    """The answers to all questions, by the experiments' names."""
    return {name: answer_question(store, name) for name in EXPERIMENTS}
