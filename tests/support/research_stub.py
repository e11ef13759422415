"""Stands in for training: results that depend on a run alone, made at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.once import once
from ztfexplore.research import runner
from ztfexplore.research.datasets import data_hash
from ztfexplore.research.grid import ALL, EXPERIMENTS, Classes, Run
from ztfexplore.research.runs import DIGITS, DONE, SKIPPED, RunResult, describe_run, encode_classes
from ztfexplore.research.store import Store

NAMES = np.array(["a", "b", "c"])
PER_CLASS, NEIGHBOURS = 20, 20
TRUE = np.repeat(NAMES, PER_CLASS)
OBJECTS = np.array([f"o{number}" for number in range(len(TRUE))])


class StubArm:
    """Three classes, no data."""

    def __init__(self, name: str = "real", small: dict[str, int] | None = None) -> None:
        self.name, self.data, self.classes = name, data_hash(name), Classes(list(NAMES), small or {})

    def datasets(self, run: Run, say: object = None) -> None:
        raise AssertionError("a stub has nothing to train on")


def result(run: Run, data: str, right: Callable[[Run, str], float] = lambda run, probe: 0.7) -> RunResult:
    """A result whose share of right predictions is about `right(run, probe)`, drawn from the run's hash."""
    rng = np.random.default_rng(int(run.key(data), 16))
    test = data_hash("stub")
    tested = [
        {"test": test, "candid": str(2**60 + place), "object_id": of, "label": label}
        for place, (of, label) in enumerate(zip(OBJECTS, TRUE, strict=True))
    ]
    rows, predictions = [], []
    for probe in (run.labels,) if run.labels else ("5", "10", "25", ALL):
        hit = rng.random(len(TRUE)) < right(run, probe)
        wrong = NAMES[(np.searchsorted(NAMES, TRUE) + 1) % len(NAMES)]
        said = np.where(hit, TRUE, wrong)
        same = rng.binomial(NEIGHBOURS, right(run, probe), len(TRUE))
        rows.append(
            describe_run(run, data)
            | {
                "status": DONE,
                "probe_labels": probe,
                "balanced_accuracy": float(hit.mean()),
                "uniformity": -1 - 0.1 * run.seed,
                "neighbours": NEIGHBOURS,
                "test": test,
                "train_alerts": 100,
                "test_objects": len(TRUE),
                "seconds": 0.1,
            }
        )
        predictions.append({"key": run.key(data), "probe_labels": probe, "linear": encode_classes(said, NAMES)})
    predictions[0] |= {"knn": encode_classes(said, NAMES), "same": "".join(DIGITS[count] for count in same)}
    return RunResult(rows, predictions, tested)


def digest(text: str) -> str:
    """Of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


# Two arms; in one of them a class is too small to be tested.
ARMS = {"simulated": StubArm("simulated"), "real": StubArm("real", {"d": 2})}


def run_stub(run: Run, arm: StubArm, say: object) -> RunResult:
    """In the place of a training: balanced batches do better, and the small class is skipped."""
    if run.rare == "d":
        reason = "d: 2 objects outside the test part, too few"
        return RunResult([describe_run(run, arm.data) | {"status": SKIPPED, "reason": reason}], [], [])
    return result(run, arm.data, lambda run, probe: 0.9 if run.sampling == "balanced" else 0.7)


TOO_FEW = "d: 2 objects, too few"


def known_accuracy(run: Run, probe: str) -> float:
    """S-SimCLR on balanced batches is the best, a ratio of 30 harms, rotating helps."""
    if run.experiment == "imbalance":
        return 0.9 if run.ratio == 1 else 0.5 if run.ratio == 30 else 0.8
    if run.experiment == "balanced":
        return 0.95 if run.sampling == "balanced" else 0.5 if run.method == "untrained" else 0.7
    return 0.9 if "rotate" in run.recipe.split("+") else 0.6


def known_run(run: Run, arm: StubArm, say: object) -> RunResult:
    """A run with `known_accuracy`; class d is too small."""
    if run.rare == "d":
        return RunResult([describe_run(run, arm.data) | {"status": SKIPPED, "reason": TOO_FEW}], [], [])
    return result(run, arm.data, known_accuracy)


def known_results(factory: pytest.TempPathFactory) -> Store:
    """Results of all experiments with three seeds, made once a test run; not to be changed."""

    def build(folder: Path) -> None:
        made = Store(folder / "results", folder / "locks")
        runner.run_missing(list(EXPERIMENTS), ARMS, made, seeds=3, run_one=known_run)

    folder = once(factory, "research", build)
    return Store(folder / "results", folder / "locks")
