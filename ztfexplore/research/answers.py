"""The answers to the three questions, made from the numbers in the tables; no number is written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import pandas as pd

from ztfexplore.research import narrative, summaries
from ztfexplore.research.grid import EXPERIMENTS
from ztfexplore.research.phrases import cell_number, has_effect
from ztfexplore.research.results import ExperimentResults, read_results
from ztfexplore.research.store import Store

NO_RUN = "The results hold no run of this experiment yet."


@dataclass(frozen=True)
class ResearchAnswer:
    """What the results say about a question.

    Attributes:
        verdict: the answer in at most 12 words.
        answer: the answer in two plain sentences.
        effect: the number it rests on; None while there is none.
        interval: the 95 % interval of the effect; None while there is none.
        effect_of: what the effect is, in words.
        p: p-value of the paired test, whose null hypothesis is no effect.
        runs, seeds: number of runs, and number of seeds with at least one run.
        complete_seeds: number of seeds that the effect rests on.
        skipped: number of runs without results, by reason.
        notes: what was left out.
        details: further findings from the tables, each a sentence.
    """

    verdict: str
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
        """All fields as a dictionary, for JSON."""
        return asdict(self)


def answer_question(store: Store, experiment: str) -> ResearchAnswer:
    """The answer to the question of an experiment, from the results in the store.

    Raises:
        KeyError: if there is no such experiment.
    """
    results = read_results(store, experiment)
    return answer_from_results(results, experiment, summaries.TABLES[experiment](results))


def answer_from_results(results: ExperimentResults, experiment: str, frame: pd.DataFrame) -> ResearchAnswer:
    """The same from results already read and their table."""
    said = narrative.NARRATIVES[experiment](results, frame)
    row, known = said.row, has_effect(said.row)
    return ResearchAnswer(
        verdict=said.verdict if results.runs else narrative.NOT_MEASURED,
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
    """The answers to all questions, by name of the experiment."""
    return {name: answer_question(store, name) for name in EXPERIMENTS}
