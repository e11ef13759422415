"""The datasets of a run: what its network is trained on, what its probe is fitted on, and what both are tested on.

The first two contain nothing of the test part, neither images nor labels. Probe and test are the same for every
condition.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import torch

from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation.classifiers import Parts
from ztfexplore.evaluation.low_labels import label_draws
from ztfexplore.evaluation.split import given_labels, key_order, test_objects
from ztfexplore.files import replacing
from ztfexplore.progress import OnText, no_text
from ztfexplore.research.grid import (
    ALL,
    EQUAL,
    IMBALANCE,
    LABELS,
    RATIOS,
    REAL_ARM,
    REAL_OBJECTS,
    REAL_PROBE,
    SIMULATED_ARM,
    SIMULATED_CLASSES,
    SIMULATED_OBJECTS,
    SIMULATED_PROBE,
    UNTRAINED,
    Classes,
    Run,
    class_sizes,
    largest_class,
    train_config,
)
from ztfexplore.sources.simulation import simulate
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.training.config import TrainConfig
from ztfexplore.training.data import TrainingSet, assemble, prepare

# Seeds of the simulated objects: different from each other, from the demo's and from the shipped encoders'.
PROBE_SEED, TEST_SEED, TRAINING_SEED = 3001, 3002, 3100
FEW = "10"  # labels per class of the smaller probe
TEST_OBJECTS = 200  # per class, simulated
# Pairs of simulated stamps of each class to draw from.
POOL = max(largest_class(SIMULATED_OBJECTS, len(SIMULATED.classes), ratio) for ratio in RATIOS)


class UnfitError(TrainingError):
    """The data are not enough for a run; the message says why."""


@dataclass(frozen=True)
class RunDatasets:
    """The datasets of one run.

    Attributes:
        config: configuration of the training.
        training: the training set; None for untrained weights.
        stamps: stamps of probe and test, as read; `parts` holds rows of this list.
        parts: which rows the probe may be fitted on (`fit`) and which are tested (`test`), with labels and objects.
        probes: by name, the rows that a probe is fitted on; its C is cross-validated if there are many labels.
        labelled: number of labels that the training saw.
        candids: candids of the tested rows, int64.
    """

    config: TrainConfig
    training: TrainingSet | None
    stamps: Sequence[np.ndarray] | np.ndarray
    parts: Parts
    probes: Mapping[str, np.ndarray]
    labelled: int
    candids: np.ndarray


class Arm(Protocol):
    """Where runs take their datasets from.

    Attributes:
        name: 'simulated' or 'real'.
        data: hash of the data.
        classes: the classes of the data, for the grid.
    """

    @property
    def name(self) -> str: ...

    @property
    def data(self) -> str: ...

    @property
    def classes(self) -> Classes: ...

    def datasets(self, run: Run, say: OnText = no_text) -> RunDatasets:
        """The datasets of this run; raises UnfitError with the reason if the data are not enough."""
        ...


def data_hash(*what: object) -> str:
    """A hash of any values that JSON can hold, hexadecimal."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


# --- simulated -----------------------------------------------------------------------------------------------------


class SimulatedArm:
    """Simulated objects, cached in a folder: each seed has its own training set, probe and test are fixed."""

    name = SIMULATED_ARM
    classes = SIMULATED_CLASSES

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    @property
    def data(self) -> str:
        return data_hash(SIMULATED_ARM, PROBE_SEED, TEST_SEED, TRAINING_SEED, TEST_OBJECTS, SIMULATED_PROBE, POOL)

    @cached_property
    def _probe_and_test(self) -> tuple[np.ndarray, np.ndarray]:
        def draw() -> tuple[np.ndarray, np.ndarray]:
            equal = dict.fromkeys(SIMULATED.classes, 1.0)
            parts = [(SIMULATED_PROBE, PROBE_SEED), (TEST_OBJECTS, TEST_SEED)]
            alerts = [a for count, seed in parts for a in simulate_alerts(count * len(equal), seed, equal)]
            return np.stack([a.stamp for a in alerts]), np.array([a.label for a in alerts], dtype=str)

        return self._kept("probe-and-test", draw)

    def _pool(self, seed: int, config: TrainConfig) -> tuple[np.ndarray, np.ndarray]:
        """Pairs to train on, POOL per class: prepared (objects, 2, channels, size, size), labels (objects,)."""

        def draw() -> tuple[np.ndarray, np.ndarray]:
            equal = dict.fromkeys(SIMULATED.classes, 1.0)
            images, labels = [], []
            for twins, label in simulate.twins(POOL * len(equal), TRAINING_SEED + seed, equal):
                images.append(prepare(list(twins), config))
                labels.append(label)
            return np.stack(images), np.array(labels, dtype=str)

        return self._kept(f"training-{seed}-{config.recipe}", draw)

    def _kept(self, name: str, draw: Callable[[], tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        path = self.cache / f"simulated-{self.data}-{name}.npz"
        if not path.exists():
            images, labels = draw()
            with replacing(path) as partial, partial.open("wb") as file:
                np.savez(file, images=images, labels=labels)
        with np.load(path, allow_pickle=False) as kept:
            return kept["images"], kept["labels"]

    def datasets(self, run: Run, say: OnText = no_text) -> RunDatasets:
        say("simulate")
        stamps, labels = self._probe_and_test
        rows = np.arange(len(labels))
        count = SIMULATED_PROBE * len(SIMULATED.classes)
        parts = Parts(labels, rows.astype(str), rows[:count], rows[count:])
        sizes = class_sizes(run.objects, self.classes.usable, run.ratio, run.rare)
        config = train_config(run, 2 * run.objects, stamps.shape[1])
        training = None
        if run.method != UNTRAINED:
            images, names = self._pool(run.seed, config)
            # The first of each class, so that sets of different ratios differ only in how many of each class they hold.
            chosen = np.concatenate([np.flatnonzero(names == name)[:size] for name, size in sizes.items()])
            frame = pd.DataFrame({"object_id": chosen, "label": names[chosen]})
            frame = frame.loc[frame.index.repeat(2)].reset_index(drop=True)
            training = assemble(images[chosen].reshape(-1, *images.shape[2:]), frame, config)
        labelled = run.objects if config.uses_labels and training else 0
        return RunDatasets(config, training, stamps, parts, fixed_probes(parts), labelled, rows[count:])


# --- real ----------------------------------------------------------------------------------------------------------


class CatalogueArm:
    """The alerts of a catalogue: tested on its fixed test part, trained on the rest."""

    name = REAL_ARM

    def __init__(self, source: Snapshot | Catalogue) -> None:
        self.snapshot = as_snapshot(source)
        self.catalogue = self.snapshot.catalogue
        frame = self.snapshot.frame.iloc[key_order(self.snapshot.frame)]
        self.tested = frame["object_id"].isin(test_objects(frame)).to_numpy()
        # The test part and its labels came with the data, whatever people say of the rest.
        given = given_labels(frame)
        self.frame = frame.assign(label=frame["label"].where(~self.tested, given), label_given=given)

    @cached_property
    def data(self) -> str:
        """Hash of the candid, object and label of every alert."""
        columns = self.frame[["candid", "object_id", "label"]].astype(object)
        return data_hash(columns.where(columns.notna(), None).astype(str).to_numpy().tolist())

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of objects of each class outside the test part."""
        outside = self.frame[~self.tested & self.frame["label"].notna()]
        return outside.drop_duplicates("object_id")["label"].value_counts().sort_index().to_dict()

    @cached_property
    def classes(self) -> Classes:
        """Those large enough for the probe's part and a common class in a set of REAL_OBJECTS at every ratio."""
        usable = sorted(self.counts)
        while len(usable) > 1:
            need = needed(len(usable))
            fewer = [name for name in usable if self.counts[name] >= need]
            if fewer == usable:
                break
            usable = fewer
        usable = usable if len(usable) > 1 else []
        return Classes(usable, {name: count for name, count in self.counts.items() if name not in usable})

    @cached_property
    def stamps(self) -> list[np.ndarray]:
        """The stamp of every row of `frame`, as read."""
        return self.catalogue.stamps(self.frame.index.to_numpy())

    def datasets(self, run: Run, say: OnText = no_text) -> RunDatasets:
        say("read")
        return self._imbalanced(run) if run.experiment == IMBALANCE else self._whole(run)

    def _whole(self, run: Run) -> RunDatasets:
        """Trained on all alerts outside the test part; S-SimCLR sees only the labels drawn for this seed."""
        parts = Parts.of(self.frame)
        outside = np.flatnonzero(~self.tested)
        draws = {name: self._drawn(parts, name, run.seed) for name in LABELS}
        shown = np.isin(outside, draws[run.labels]) if run.labels else np.zeros(len(outside), dtype=bool)
        config = self._config(run, len(outside))
        training = None
        if run.method != UNTRAINED:
            frame = self.frame.iloc[outside].assign(label=self.frame["label"].iloc[outside].where(shown))
            training = assemble(prepare([self.stamps[row] for row in outside], config), frame, config)
            if run.sampling == EQUAL:
                training = replace(training, weights=balanced_weights(frame["label"]))
        # A training that saw labels is probed with the same ones; one that saw none, with each number of labels.
        names = (run.labels,) if run.labels else LABELS
        probes = {name: draws[name] for name in names}
        return RunDatasets(config, training, self.stamps, parts, probes, int(shown.sum()), self._candids(parts))

    def _drawn(self, parts: Parts, labels: str, seed: int) -> np.ndarray:
        if labels == ALL:
            return parts.fit
        return label_draws(parts, int(labels), seed + 1)[seed]

    def _imbalanced(self, run: Run) -> RunDatasets:
        """Trained on `run.objects` objects of the usable classes; probe and test have only these classes."""
        usable = list(self.classes.usable)
        if run.rare and run.rare not in usable:
            need = needed(max(2, len(usable) + 1))
            raise UnfitError(
                f"{run.rare}: {self.counts.get(run.rare, 0)} objects outside the test part; in sets of equal size it "
                f"must also be a common class, which takes {need} ({run.probe} of them for the probe)"
            )
        if not usable:
            raise UnfitError(f"no two classes have {needed(2)} objects outside the test part")
        sizes = class_sizes(run.objects, usable, run.ratio, run.rare)
        if not min(sizes.values()):
            raise UnfitError(f"{run.ratio}:1 of {run.objects} objects leaves none of {run.rare}")
        first = self.frame.assign(row=np.arange(len(self.frame)))[~self.tested & self.frame["label"].isin(usable)]
        first = first.drop_duplicates("object_id")  # one alert per object
        fit, chosen = [], []
        for name in usable:
            rows = first.loc[first["label"] == name, "row"].to_numpy()
            fixed = np.random.default_rng(0).permutation(rows)  # the probe's objects are the same for every run
            fit.append(fixed[: run.probe])
            chosen.append(np.random.default_rng([1, run.seed]).permutation(fixed[run.probe :])[: sizes[name]])
        labels = self.frame["label"].fillna("").to_numpy(dtype=str)
        test = np.flatnonzero(self.tested & np.isin(labels, usable))
        parts = Parts(labels, self.frame["object_id"].to_numpy(dtype=str), np.concatenate(fit), test)
        rows = np.concatenate(chosen)
        config = self._config(run, len(rows))
        training = None
        if run.method != UNTRAINED:
            training = assemble(prepare([self.stamps[row] for row in rows], config), self.frame.iloc[rows], config)
        labelled = len(rows) if training and config.uses_labels else 0
        return RunDatasets(config, training, self.stamps, parts, fixed_probes(parts), labelled, self._candids(parts))

    def _config(self, run: Run, rows: int) -> TrainConfig:
        return train_config(run, rows, self.stamps[0].shape[0])

    def _candids(self, parts: Parts) -> np.ndarray:
        return self.frame["candid"].to_numpy()[parts.test]


def fixed_probes(parts: Parts) -> dict[str, np.ndarray]:
    """All of a balanced set, and the first FEW of each class: with many labels all encoders look alike."""
    labels = parts.labels[parts.fit]
    few = [parts.fit[labels == name][: int(FEW)] for name in np.unique(labels)]
    return {FEW: np.concatenate(few), ALL: parts.fit}


def needed(classes: int) -> int:
    """Objects outside the test part that each of `classes` classes must have, for every ratio and the probe."""
    return REAL_PROBE + max(largest_class(REAL_OBJECTS, classes, ratio) for ratio in RATIOS[1:])


def balanced_weights(labels: pd.Series) -> torch.Tensor:
    """Probability of drawing each row (n,): half of a batch labelled, classes equally likely; half unlabelled."""
    counts = labels.map(labels.value_counts()).to_numpy(dtype=float)
    known = np.isfinite(counts)
    weights = np.zeros(len(labels))
    share = 0.5 if not known.all() else 1.0
    weights[known] = share / labels.nunique() / counts[known]
    weights[~known] = (1 - share) / max((~known).sum(), 1)
    return torch.from_numpy(weights)
