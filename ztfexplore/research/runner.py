"""Carries out the runs of an experiment, except those already stored and those that another process is doing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ztfexplore.errors import ZtfexploreError
from ztfexplore.research.datasets import Arm
from ztfexplore.research.grid import EXPERIMENTS, SEEDS, STEPS, Run, plan
from ztfexplore.research.runs import DONE, RunResult, execute_run
from ztfexplore.research.store import Store

Say = Callable[[str], object]
RunOne = Callable[[Run, Arm, Say], RunResult]


@dataclass(frozen=True)
class RunProgress:
    """How far the runner is.

    Attributes:
        run: the current run, or the last one.
        doing: the current activity.
        done, total: finished runs, and all runs of the plan.
    """

    run: Run
    doing: str
    done: int
    total: int


@dataclass(frozen=True)
class RunSummary:
    """What a call of `run_missing` has done.

    Attributes:
        total: number of runs in the plan.
        present: how many of them are in the table at the end.
        made: how many this call carried out.
        reasons: by key of the run, the reason why it has no results.
        elsewhere: how many another process is carrying out at the end.
    """

    total: int
    present: int
    made: int
    reasons: Mapping[str, str]
    elsewhere: int


def ordered_runs(experiments: Sequence[str], arms: Mapping[str, Arm], seeds: int, steps: int = STEPS) -> list[Run]:
    """The runs of several experiments: the first seed of each, then the second seed of each, and so on."""
    classes = {name: arm.classes for name, arm in arms.items()}
    runs = [run for name in experiments for run in plan(name, classes, seeds, steps)]
    return sorted(runs, key=lambda run: run.seed)  # stable: within a seed as planned


def run_missing(
    experiments: Sequence[str],
    arms: Mapping[str, Arm],
    store: Store,
    seeds: int = SEEDS,
    steps: int = STEPS,
    minutes: float | None = None,
    on_progress: Callable[[RunProgress], object] = lambda progress: None,
    run_one: RunOne = execute_run,
) -> RunSummary:
    """Carry out the runs that are not in the store, in order, until all are there or the time is up.

    Args:
        experiments: names of the experiments.
        arms: where runs take their datasets from, by name.
        seeds, steps: as in `grid.plan`.
        minutes: no run starts after this many minutes.
        on_progress: called when a run starts, proceeds and ends.
        run_one: carries out one run (tests pass something quicker).

    Raises:
        ZtfexploreError: if these arms allow no run of the experiments.
    """
    runs = ordered_runs(experiments, arms, seeds, steps)
    if not runs:
        raise ZtfexploreError(f"research {', '.join(experiments)}: needs a catalogue of real alerts (--catalogue PATH)")
    start, made = time.monotonic(), 0
    reasons: dict[str, str] = {}
    keys = {run: run.key(arms[run.arm].data) for run in runs}
    for run in runs:
        if minutes is not None and time.monotonic() - start > 60 * minutes:
            break
        if keys[run] in store.done(run.experiment):
            continue
        with store.claim(keys[run]) as ours:
            # Another process may have finished it between the check and the claim.
            if not ours or keys[run] in store.done(run.experiment):
                continue

            def say(text: str, run: Run = run) -> None:
                on_progress(RunProgress(run, text, _present(runs, keys, store), len(runs)))

            say("starting")
            result = run_one(run, arms[run.arm], say)
            store.add(run.experiment, result)
            made += 1
            if result.rows[0]["status"] != DONE:
                reasons[keys[run]] = result.rows[0]["reason"]
            say(result.rows[0]["status"])
    present = _present(runs, keys, store)
    return RunSummary(len(runs), present, made, reasons, _claimed(runs, keys, store))


def _present(runs: Sequence[Run], keys: Mapping[Run, str], store: Store) -> int:
    done = {name: store.done(name) for name in EXPERIMENTS}
    return sum(keys[run] in done[run.experiment] for run in runs)


def _claimed(runs: Sequence[Run], keys: Mapping[Run, str], store: Store) -> int:
    """How many of the missing runs another process is carrying out."""
    count = 0
    for run in runs:
        if keys[run] not in store.done(run.experiment):
            with store.claim(keys[run]) as free:
                count += not free
    return count
