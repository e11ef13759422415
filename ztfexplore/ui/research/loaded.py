"""The results, read once for each state of their files. Problems with them are reported, never raised."""

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

# The environment variable that names another folder of results, as `--results` does for the command.
RESULTS = "ZTFEXPLORE_RESEARCH"
# The three experiments, and a few earlier states of their files.
KEPT = 12
# Columns that must be numbers for a run to be usable.
NEEDED = ["seed", "ratio", "uniformity", "neighbours"]


@dataclass(frozen=True)
class LoadedAnswer:
    """The answer to a question as read from the results.

    Attributes:
        answer: the answer with its numbers; None if the results cannot be read.
        frame: the table from `summaries`, one row per condition and measure.
        told: problems with the results, each a plain sentence.
        tested: what each arm was trained and tested on, each a plain sentence.
        objects: number of tested objects of each arm.
        data: hash of the data of each arm.
        versions: versions of the software that made the runs.
        problem: the reason why there is no answer; '' if there is one.
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
        """Whether there are runs to show."""
        return self.answer is not None and self.answer.runs > 0


def results_folder() -> Path:
    """The folder of the results: ZTFEXPLORE_RESEARCH, or data/research of the checkout."""
    return Path(os.environ.get(RESULTS) or paths.RESEARCH)


def load_answer(experiment: str) -> LoadedAnswer:
    """The answer from the current results; cached as long as their files do not change."""
    return _loaded(str(results_folder()), experiment, _stamp(results_folder(), experiment), SCIENCE_VERSION)


def _stamp(results: Path, experiment: str) -> tuple[tuple[int, int], ...]:
    """The modification time and size of each table."""
    return tuple(_written(results / f"{name}{ENDING}") for name in (experiment, f"{experiment}-predictions", "tested"))


def _written(path: Path) -> tuple[int, int]:
    try:
        known = path.stat()
    except OSError:
        return 0, 0
    return known.st_mtime_ns, known.st_size


@st.cache_data(max_entries=KEPT, show_spinner="Reading the results")
def _loaded(results: str, experiment: str, stamp: tuple[tuple[int, int], ...], science: int) -> LoadedAnswer:
    """`stamp` and `science` are only part of the cache's key."""
    told: list[str] = []
    try:
        return _read(Store(Path(results), say=told.append), experiment, told)
    except ZtfexploreError as error:
        return LoadedAnswer(None, pd.DataFrame(), problem=str(error))
    except Exception as error:  # a table can be damaged in ways that nobody thought of
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
    """A warning about rows in which a number is not a number: it is read as missing."""
    bad = rows[NEEDED].isna()
    names = ", ".join(bad.columns[bad.any()])
    return (
        [f"{int(bad.any(axis=1).sum())} rows have no valid number in the columns {names}: do not trust them"]
        if names
        else []
    )
