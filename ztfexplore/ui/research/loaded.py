"""What the results say, read once for each state of their files; what is wrong with them is said, never raised."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import streamlit as st

from ztfexplore import paths
from ztfexplore.errors import ZtfexploreError
from ztfexplore.research import SCIENCE_VERSION, answers, report, summaries
from ztfexplore.research.answers import ResearchAnswer
from ztfexplore.research.results import read_results
from ztfexplore.research.store import ENDING, Store

# Another folder of results than the checkout's; as `--results` of the command.
RESULTS = "ZTFEXPLORE_RESEARCH"
# An answer of so many runs of three experiments, and of a few earlier states of the files.
KEPT = 12
# Without these a run cannot be placed or measured.
NEEDED = ["seed", "ratio", "uniformity", "neighbours"]


@dataclass(frozen=True)
class LoadedAnswer:
    """What the results say to a question.

    Attributes:
        answer: in words, with its numbers; None if the results cannot be read.
        frame: of `summaries`, a row a condition and measure.
        told: what is not as it should be, each a plain sentence.
        tested: what each arm was trained and tested on, each a plain sentence.
        objects: tested objects of each arm.
        data: hash of each arm's data.
        versions: of the software that made the runs.
        problem: why there is no answer; '' if there is one.
    """

    answer: ResearchAnswer | None
    frame: pd.DataFrame
    told: list[str] = field(default_factory=list)
    tested: list[str] = field(default_factory=list)
    objects: dict[str, int] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def has_runs(self) -> bool:
        """Whether anything can be shown."""
        return self.answer is not None and self.answer.runs > 0


def results_folder() -> Path:
    """Where the results are: ZTFEXPLORE_RESEARCH, else data/research of the checkout."""
    return Path(os.environ.get(RESULTS) or paths.RESEARCH)


def load_answer(experiment: str) -> LoadedAnswer:
    """What the results say now; from before if their files are as they were."""
    return _loaded(str(results_folder()), experiment, _stamp(results_folder(), experiment), SCIENCE_VERSION)


def _stamp(results: Path, experiment: str) -> tuple[tuple[int, int], ...]:
    """When each table was written, and its size."""
    return tuple(_written(results / f"{name}{ENDING}") for name in (experiment, f"{experiment}-predictions", "tested"))


def _written(path: Path) -> tuple[int, int]:
    try:
        known = path.stat()
    except OSError:
        return 0, 0
    return known.st_mtime_ns, known.st_size


@st.cache_data(max_entries=KEPT, show_spinner="Reading the results")
def _loaded(results: str, experiment: str, stamp: tuple[tuple[int, int], ...], science: int) -> LoadedAnswer:
    """`stamp` and `science` are parts of the cache's key."""
    told: list[str] = []
    try:
        return _read(Store(Path(results), say=told.append), experiment, told)
    except ZtfexploreError as error:
        return LoadedAnswer(None, pd.DataFrame(), problem=str(error))
    except Exception as error:  # a table that a person or a copy has spoilt in a way nobody thought of
        why = f"{type(error).__name__}: {str(error)[:200]}"
        problem = f"results {results}: {experiment} cannot be read ({why})"
        return LoadedAnswer(None, pd.DataFrame(), told, problem=problem)


def _read(store: Store, experiment: str, told: list[str]) -> LoadedAnswer:
    results = read_results(store, experiment)
    frame = summaries.TABLES[experiment](results)
    answer = answers.answer_from_results(results, experiment, frame)
    arms = results.rows.drop_duplicates("arm").set_index("arm")
    versions = results.rows["versions"].drop_duplicates().tolist()
    objects = {str(arm): int(count) for arm, count in arms["test_objects"].dropna().items()}
    notes = [*told, *answer.notes, *_not_numbers(results.rows)]
    return LoadedAnswer(answer, frame, notes, report.tested_lines(results), objects, arms["data"].to_dict(), versions)


def _not_numbers(rows: pd.DataFrame) -> list[str]:
    """What is said of rows in which a number is something else: they are read as having none."""
    bad = rows[NEEDED].isna()
    names = ", ".join(bad.columns[bad.any()])
    return [f"{int(bad.any(axis=1).sum())} rows have no number under {names}: do not trust them"] if names else []
