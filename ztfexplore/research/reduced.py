"""A reduced version of a research question: a few conditions, short trainings, one seed. A quick look, not an answer.

The grid, datasets, training and measures are those of `research`, with few runs, few steps and smaller batches. The
outcome is another experiment, quicker and less informative: it is kept in memory, never among the results.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import torch

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import ZtfexploreError
from ztfexplore.progress import OnText, no_text
from ztfexplore.research.datasets import Arm, CatalogueArm, RunDatasets
from ztfexplore.research.grid import (
    ALL,
    AUGMENTATIONS,
    BALANCED,
    EQUAL,
    IMBALANCE,
    RATIOS,
    REAL_ARM,
    UNTRAINED,
    Classes,
    Run,
    conditions,
    plan,
)
from ztfexplore.research.results import LINEAR, PURITY, RARE, ExperimentResults, read_results
from ztfexplore.research.runs import DONE, RunResult, execute_run
from ztfexplore.research.store import Store
from ztfexplore.training.data import TrainingSet

STEPS = (20, 40, 80)
BATCH = 128
MEASURES = {IMBALANCE: (RARE, LINEAR, PURITY), BALANCED: (LINEAR, PURITY), AUGMENTATIONS: (LINEAR, PURITY)}
COLUMNS = ("condition", "measure", "mean", "low", "high", "reference", "effect", "effect_low", "effect_high", "reason")
# One training at a time in this process: two would slow down each other and the pages.
_TURN = threading.Lock()
_PATIENCE = 0.2  # seconds between two checks whether a waiting job was stopped


class StoppedError(Exception):
    """The person who started the job has stopped it."""


def reduced_runs(experiment: str, classes: Classes, steps: int) -> list[Run]:
    """The two or three main conditions of a question, from the first seed of its grid, with smaller batches.

    Args:
        classes: the classes of the catalogue; if none is usable, the result is one run whose reason says so.
        steps: steps of each training.

    Raises:
        KeyError: if there is no such experiment.
    """
    whole = plan(experiment, {REAL_ARM: classes}, seeds=1, steps=steps)
    reached = [
        run for run in whole if run.rare in ("", *classes.usable)
    ]  # the others only give the reason why they cannot be run
    chosen = [run for run in reached if condition_title(run) is not None and run.steps == steps] or whole[:1]
    if experiment == IMBALANCE and not chosen:  # no alert of the catalogue has a class
        chosen = [Run(IMBALANCE, REAL_ARM, "simclr", 0, steps=steps)]
    return [replace(run, batch=min(run.batch, BATCH)) for run in chosen]


def condition_title(run: Run) -> str | None:
    """The name of a condition, for people; None if the reduced version does not include it."""
    if run.method == UNTRAINED:
        return "untrained weights"
    if run.experiment == IMBALANCE:
        wanted = run.method == "simclr" and run.ratio in (1, RATIOS[-1])
        return f"SimCLR, {run.ratio}:1{f' ({run.rare} is rare)' if run.rare else ''}" if wanted else None
    if run.experiment == BALANCED:
        if run.method == "simclr":
            return "SimCLR"
        wanted = (run.sampling, run.labels) == (EQUAL, ALL)
        return "S-SimCLR, class-balanced batches" if wanted else None
    full = {name: one for name, one in conditions().items() if one.kind == "full"}
    names = {"simclr full": "SimCLR, its own augmentations", "astronomical full": "SimCLR, the astronomical ones"}
    return next((names[name] for name, one in full.items() if (one.recipe, one.positives) == _made(run)), None)


def _made(run: Run) -> tuple[str, str]:
    return run.recipe, run.positives


# --- progress of a training, and stopping it -----------------------------------------------------------------------


class _Drawn:
    """The labels of a training set; every batch reads them once, which is how a batch is counted."""

    def __init__(self, labels: torch.Tensor, on_batch: Callable[[], object]) -> None:
        self._labels, self._on_batch = labels, on_batch

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, rows: torch.Tensor) -> torch.Tensor:
        self._on_batch()
        return self._labels[rows]


@dataclass(frozen=True)
class _Told:
    """The same arm, with trainings that call `on_batch(done, total)` for every batch."""

    arm: Arm
    on_batch: Callable[[int, int], object]

    @property
    def name(self) -> str:
        return self.arm.name

    @property
    def data(self) -> str:
        return self.arm.data

    @property
    def classes(self) -> Classes:
        return self.arm.classes

    def datasets(self, run: Run, say: OnText = no_text) -> RunDatasets:
        made = self.arm.datasets(run, say)
        if made.training is None:
            return made
        return replace(made, training=_telling(made.training, made.config.epochs, run.batch, self.on_batch))


def _telling(training: TrainingSet, epochs: int, batch: int, on_batch: Callable[[int, int], object]) -> TrainingSet:
    total, done = epochs * (len(training) // min(batch, len(training))), 0

    def count() -> None:
        nonlocal done
        done += 1
        on_batch(done, total)

    return replace(training, labels=_Drawn(training.labels, count))  # type: ignore[arg-type]  # only what the training calls: len and []


# --- the outcome -----------------------------------------------------------------------------------------------------


def reduced_table(
    experiment: str, steps: int, done: Sequence[tuple[Run, RunResult]], planned: Sequence[Run] = ()
) -> pd.DataFrame:
    """Measures of the runs that are done, with 95 % intervals over tested objects; columns COLUMNS.

    `effect` is the condition minus its `reference`, paired by object; a run without numbers has a `reason`.

    Args:
        done: runs with their results.
        planned: all runs; the rare class may be that of a run still to come.
    """
    with TemporaryDirectory(prefix="ztfexplore-reduced-") as folder:
        store = Store(Path(folder))
        for _, result in done:
            store.add(experiment, result)
        results = read_results(store, experiment, steps)
    rare = {run.seed: run.rare for run in [*planned, *(run for run, _ in done)] if run.rare}
    made: list[dict[str, object]] = []
    for index, (run, result) in enumerate(done):
        name = condition_title(run) or run.method
        if result.rows[0]["status"] != DONE:
            made.append({"condition": name, "reason": result.rows[0]["reason"]})
            continue
        base = [other for other, _ in done[:index] if other.method == "simclr"][:1]
        for measure in MEASURES[experiment]:
            row = _measured(results, run, base[0] if base else None, measure, rare)
            made.append({"condition": name, "measure": measure, "reason": ""} | row)
    return pd.DataFrame(made, columns=list(COLUMNS))


def _measured(
    results: ExperimentResults, run: Run, base: Run | None, measure: str, rare: dict[int, str]
) -> dict[str, object]:
    """Mean with interval, and the difference from the first SimCLR run if there is an earlier one."""
    rows = _rows(results, run)
    found = results.estimate(rows, measure, rare)
    if found is None:
        return {}
    row: dict[str, object] = {"mean": found.value, "low": found.low, "high": found.high}
    gain = results.difference(rows, _rows(results, base), measure, rare) if base else None
    if base is None or gain is None:
        return row
    return row | {
        "reference": condition_title(base),
        "effect": gain.value,
        "effect_low": gain.low,
        "effect_high": gain.high,
    }


def _rows(results: ExperimentResults, run: Run) -> pd.DataFrame:
    same = {name: getattr(run, name) for name in ("method", "recipe", "positives", "ratio", "rare")}
    return results.where(**same, labels=run.labels, sampling=run.sampling, probe_labels=ALL)


# --- the job ---------------------------------------------------------------------------------------------------------


class ReducedJob:
    """Reduced runs in their own thread, which a page can watch and stop at any time.

    Args:
        experiment: name of the experiment.
        catalogue: real or simulated alerts with classes; the runs are tested on its test part.
        steps: steps of each training.
        run_one: carries out one run (tests pass something quicker).

    Attributes:
        runs: all planned runs; empty until the catalogue has been read.
        done: runs with their results, in order.
        doing: the current activity, for people.
        share: how much is done, from 0 to 1.
        state: 'waiting', 'running', 'done', 'stopped' or 'failed'.
        problem: the reason why it failed.
    """

    def __init__(
        self,
        experiment: str,
        catalogue: Catalogue,
        steps: int,
        run_one: Callable[[Run, Arm, OnText], RunResult] = execute_run,
    ) -> None:
        self.experiment, self.catalogue, self.steps = experiment, catalogue, steps
        self.runs: list[Run] = []
        self.done: list[tuple[Run, RunResult]] = []
        self.doing, self.share, self.state, self.problem = (
            "waiting for another reduced run to finish",
            0.0,
            "waiting",
            "",
        )
        self._run_one, self._stop = run_one, threading.Event()
        self._table: tuple[int, pd.DataFrame] | None = None
        self._thread = threading.Thread(target=self._work, name="reduced research run", daemon=True)

    def start(self) -> ReducedJob:
        """Start the thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop before the next batch; finished runs are kept."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait until the job has ended, at most `seconds`; returns whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self.state in ("done", "stopped", "failed")

    def table(self) -> pd.DataFrame:
        """The `reduced_table` of the runs finished so far."""
        done = list(self.done)
        if self._table is None or self._table[0] != len(done):
            self._table = len(done), reduced_table(self.experiment, self.steps, done, self.runs)
        return self._table[1]

    def _work(self) -> None:
        try:
            while not _TURN.acquire(timeout=_PATIENCE):
                self._go_on()
            try:
                self._all()
            finally:
                _TURN.release()
            self.state = "done"
        except StoppedError:
            self.state = "stopped"
        except ZtfexploreError as error:
            self.state, self.problem = "failed", str(error)
        except MemoryError:
            self.state, self.problem = "failed", "not enough memory"
        except Exception as error:  # anything a library raises: nobody else hears of an error in a thread
            self.state, self.problem = "failed", f"{type(error).__name__}: {str(error)[:300]}"

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise StoppedError

    def _all(self) -> None:
        self.state, self.doing = "running", "reading the catalogue"
        self._go_on()
        arm = CatalogueArm(self.catalogue)
        self.runs = reduced_runs(self.experiment, arm.classes, self.steps)
        for place, run in enumerate(self.runs):
            name = condition_title(run) or run.method

            def say(text: str, name: str = name) -> None:
                self._go_on()
                self.doing = f"{name}: {text}"

            def on_batch(done: int, total: int, name: str = name, place: int = place) -> None:
                self._go_on()
                self.doing = f"{name}: step {done} of {total}"
                self.share = (place + 0.9 * done / total) / len(self.runs)

            say("starting")
            self.done.append((run, self._run_one(run, _Told(arm, on_batch), say)))
            self.share = (place + 1) / len(self.runs)
        self.doing = "done"
