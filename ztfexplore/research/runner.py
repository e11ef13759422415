"""Goes through an experiment's runs: what is there is not done again, what another process does is left to it."""

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
    """Where the runner is.

    Attributes:
        run: the one that is under way, or was done last.
        doing: what it does.
        done, total: runs of the plan.
    """

    run: Run
    doing: str
    done: int
    total: int


@dataclass(frozen=True)
class RunSummary:
    """What came of it.

    Attributes:
        total: runs in the plan.
        present: of these in the table at the end.
        made: by this call.
        reasons: by run, why it has no numbers.
        elsewhere: being done by another process at the end.
    """

    total: int
    present: int
    made: int
    reasons: Mapping[str, str]
    elsewhere: int


def ordered_runs(experiments: Sequence[str], arms: Mapping[str, Arm], seeds: int, steps: int = STEPS) -> list[Run]:
    """The runs of several experiments: the first seed of each, then the next."""
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
    """Do the runs that are not in the store, in order, until all are there or the time is up.

    Args:
        experiments: names.
        arms: where runs take their datasets from, by name.
        seeds, steps: as `grid.plan` takes them.
        minutes: no run begins after so many.
        on_progress: called when a run begins, goes on and ends.
        run_one: does a run (in tests something quicker).

    Raises:
        ZtfexploreError: if no run of the experiments can be done with these arms.
    """
    runs = ordered_runs(experiments, arms, seeds, steps)
    if not runs:
        raise ZtfexploreError(f"research {', '.join(experiments)}: needs a catalogue of real alerts (--catalogue)")
    start, made = time.monotonic(), 0
    reasons: dict[str, str] = {}
    keys = {run: run.key(arms[run.arm].data) for run in runs}
    for run in runs:
        if minutes is not None and time.monotonic() - start > 60 * minutes:
            break
        if keys[run] in store.done(run.experiment):
            continue
        with store.claim(keys[run]) as ours:
            # Another process may have finished it between the look and the claim.
            if not ours or keys[run] in store.done(run.experiment):
                continue

            def say(text: str, run: Run = run) -> None:
                on_progress(RunProgress(run, text, _present(runs, keys, store), len(runs)))

            say("begin")
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
    """How many of the runs that are missing another process has."""
    count = 0
    for run in runs:
        if keys[run] not in store.done(run.experiment):
            with store.claim(keys[run]) as free:
                count += not free
    return count
