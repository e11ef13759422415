"""The experiments as grids: every run a value that says all that decides it, in the order in which to do them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product

from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.augment.registry import JOIN, SETS, recipe_of
from ztfexplore.research import SCIENCE_VERSION
from ztfexplore.training.config import DEFAULTS, TrainConfig

RATIOS = (1, 3, 10, 30)
IMBALANCE, BALANCED, AUGMENTATIONS = "imbalance", "balanced", "augmentations"
SIMULATED_ARM, REAL_ARM = "simulated", "real"
UNTRAINED = "untrained"  # the baseline: the network as it is before training
METHODS = ("simclr", "s-simclr", "supervised")
ALL = "all"
LABELS = ("5", "10", "25", ALL)
NATURAL, EQUAL = "natural", "balanced"

# A run of STEPS steps takes about two minutes on one thread.
STEPS = 300
LONGER = 3  # times as many, in the runs that say whether an answer hangs on how long was trained
BATCH = 256
REAL_BATCH = 126
SEEDS = 5
# The same for SimCLR and S-SimCLR, so that the labels are all that differs between them.
TEMPERATURE = 0.2

# Of the shares that a training set of the imbalance is made of, and the probe's part, counted in objects.
SIMULATED_OBJECTS, SIMULATED_PROBE = 2000, 100
REAL_OBJECTS, REAL_PROBE = 252, 25

# Positive pairs from other alerts of the same object are an augmentation too, though no operation on pixels.
OTHER_ALERTS = "other-alerts"
NONE = "none"


@dataclass(frozen=True)
class Run:
    """All that decides a run, but the data and the version of the science.

    Attributes:
        experiment: 'imbalance', 'balanced' or 'augmentations'.
        arm: 'simulated' stamps, or 'real' ones of a catalogue.
        method: 'simclr', 's-simclr', 'supervised', or 'untrained'.
        seed: of weights, order, augmentations and of what is drawn for training; shared by all conditions.
        recipe, positives: as of `TrainConfig`.
        ratio: objects of each other class to one of the rare class.
        rare: the rare class; '' where there is none.
        labels: labels a class that the training sees, 'all', or '' where it sees none or a whole set with labels.
        sampling: whether batches hold stamps as they come ('natural') or the labelled classes equally ('balanced').
        objects: how many objects the training set has; 0 for all outside the test part.
        probe: objects a class in the probe's training set; 0 for all outside the test part.
        steps, batch: of the training.
    """

    experiment: str
    arm: str
    method: str
    seed: int
    recipe: str = "astronomical"
    positives: str = "object"
    ratio: int = 1
    rare: str = ""
    labels: str = ""
    sampling: str = NATURAL
    objects: int = 0
    probe: int = 0
    steps: int = STEPS
    batch: int = BATCH

    def key(self, data: str) -> str:
        """By which the run is known: a hash of all that decides it, the data's hash and the version of the science.

        The method's own parameters and what its augmentations are belong to it.
        """
        training = asdict(train_config(self, self.batch, 3)), repr(recipe_of(self.recipe))
        text = json.dumps([SCIENCE_VERSION, data, asdict(self), training], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def train_config(run: Run, rows: int, channels: int) -> TrainConfig:
    """How a run's network is trained on so many rows: as the method is shipped, without its simulated stamps.

    Both contrastive methods have one temperature, and no training draws classes equally unless the run says so.
    """
    base = DEFAULTS["simclr" if run.method == UNTRAINED else run.method]
    batch = min(run.batch, rows)
    return replace(
        base,
        encoder=replace(base.encoder, channels=channels),
        recipe=run.recipe,
        positives=run.positives,
        simulated=0,
        balanced=False,
        batch_size=batch,
        epochs=-(-run.steps // (rows // batch)),
        temperature=TEMPERATURE,
        seed=run.seed,
    )


@dataclass(frozen=True)
class Classes:
    """What a grid has to know of the data: the classes, and which are too small for which run.

    Attributes:
        usable: classes that reach the largest ratio, sorted.
        small: the others, with the objects that they have outside the test part.
    """

    usable: Sequence[str]
    small: Mapping[str, int]


SIMULATED_CLASSES = Classes(sorted(SIMULATED.classes), {})


def class_sizes(objects: int, classes: Sequence[str], ratio: int, rare: str) -> dict[str, int]:
    """How many objects of each class a set has whose rare class is `ratio` times smaller than each other.

    The sizes add up to `objects` whatever the ratio: an imbalanced set is not a smaller one.
    """
    others = len(classes) - 1
    small = round(objects / (ratio * others + 1)) if rare else objects // len(classes)
    if not rare:
        rest = objects - small * len(classes)
        return {name: small + (index < rest) for index, name in enumerate(classes)}
    each, rest = divmod(objects - small, others)
    rich = [name for name in classes if name != rare]
    return {rare: small} | {name: each + (index < rest) for index, name in enumerate(rich)}


def whole_turns(seeds: int, classes: int) -> int:
    """So many of the seeds that each class has been the rare one equally often; all seeds if there is no whole turn."""
    return seeds - seeds % classes if 0 < classes < seeds else seeds


def largest_class(objects: int, classes: int, ratio: int) -> int:
    """How many objects a common class has at most in such a set."""
    names = [str(number) for number in range(classes)]
    return max(class_sizes(objects, names, ratio, names[0]).values())


def imbalance_runs(seed: int, arm: str, classes: Classes) -> Iterator[Run]:
    """Question 1, one seed: each method at each ratio. The rare class goes round with the seeds.

    With as many seeds as classes each has been the rare one once; what is compared is the rare class's recall with
    that of the same class, seed and method at ratio 1, so that no class's own difficulty is taken for rarity's.
    """
    real = arm == REAL_ARM
    common = {
        "experiment": IMBALANCE,
        "arm": arm,
        "seed": seed,
        "objects": REAL_OBJECTS if real else SIMULATED_OBJECTS,
        "probe": REAL_PROBE if real else SIMULATED_PROBE,
        "batch": REAL_BATCH if real else BATCH,
    }
    rare = classes.usable[seed % len(classes.usable)] if classes.usable else ""
    if rare:
        yield Run(method=UNTRAINED, **common)
    for ratio, method in product((1, RATIOS[-1], *RATIOS[1:-1]), METHODS):
        if rare:
            yield Run(method=method, ratio=ratio, rare=rare if ratio > 1 else "", **common)
    if seed == 0:  # said once: the classes that cannot be had
        for name, ratio in product(classes.small, RATIOS[1:]):
            yield Run(method="simclr", ratio=ratio, rare=name, **common)


def balanced_runs(seed: int) -> Iterator[Run]:
    """Question 2, one seed: SimCLR, and S-SimCLR with so many labels, drawn as they come or classes equally.

    The comparison with all labels once more, trained for longer.
    """
    for method in (UNTRAINED, "simclr"):
        yield Run(BALANCED, REAL_ARM, method, seed)
    for labels, sampling in product(LABELS, (EQUAL, NATURAL)):
        yield Run(BALANCED, REAL_ARM, "s-simclr", seed, labels=labels, sampling=sampling)
    yield Run(BALANCED, REAL_ARM, "simclr", seed, steps=LONGER * STEPS)
    yield Run(BALANCED, REAL_ARM, "s-simclr", seed, labels=ALL, sampling=EQUAL, steps=LONGER * STEPS)


def augmentation_runs(seed: int) -> Iterator[Run]:
    """Question 3, one seed: SimCLR with the full sets, without each of their parts, and with each part alone."""
    yield Run(AUGMENTATIONS, REAL_ARM, UNTRAINED, seed, recipe=NONE, positives="stamp")
    for condition in conditions().values():
        yield Run(AUGMENTATIONS, REAL_ARM, "simclr", seed, recipe=condition.recipe, positives=condition.positives)


@dataclass(frozen=True)
class Condition:
    """Which augmentations a training has.

    Attributes:
        set: 'simclr' or 'astronomical', that it belongs to; '' for none at all and for both.
        kind: 'full', 'without' (one is left out), 'alone', 'milder', 'shipped', 'none' or 'both'.
        part: the augmentation that is left out, alone, or milder.
        recipe, positives: as of `TrainConfig`.
    """

    set: str
    kind: str
    part: str
    recipe: str
    positives: str


MILD = {"resized-crop": "resized-crop-mild"}


def conditions() -> dict[str, Condition]:
    """All conditions of question 3 by name, the full sets and none first; two names may stand for one training."""
    parts = {"simclr": SETS["simclr"], "astronomical": (*SETS["astronomical"], OTHER_ALERTS)}
    found = [_condition("", "none", "", [])]
    found += [_condition(name, "full", "", of) for name, of in parts.items()]
    found.append(_condition("", "both", "", [*parts["simclr"], *(p for p in parts["astronomical"] if p != "flip")]))
    found.append(Condition("astronomical", "shipped", "", "astronomical", "object"))
    for name, of in parts.items():
        found += [_condition(name, "without", part, [p for p in of if p != part]) for part in of]
        found += [_condition(name, "milder", p, [MILD.get(q, q) for q in of]) for p in of if p in MILD]
        found += [_condition(name, "alone", part, [part]) for part in of]
        found += [_condition(name, "alone", MILD[part], [MILD[part]]) for part in of if part in MILD]
    return {" ".join(filter(None, (one.set, one.kind, one.part))): one for one in found}


def _condition(name: str, kind: str, part: str, parts: Sequence[str]) -> Condition:
    pixels = [one for one in parts if one != OTHER_ALERTS]
    positives = "object" if OTHER_ALERTS in parts else "stamp"
    return Condition(name, kind, part, JOIN.join(pixels) or NONE, positives)


EXPERIMENTS: Mapping[str, tuple[str, ...]] = {
    IMBALANCE: (SIMULATED_ARM, REAL_ARM),
    BALANCED: (REAL_ARM,),
    AUGMENTATIONS: (REAL_ARM,),
}


def plan(experiment: str, arms: Mapping[str, Classes], seeds: int = SEEDS, steps: int = STEPS) -> list[Run]:
    """All runs of an experiment in the order to do them: every table is whole after a seed, and then gains seeds.

    Args:
        arms: those that can be run, with their classes.
        seeds: how many.
        steps: of every training; with others than STEPS it is another experiment, quicker and less telling.

    Raises:
        KeyError: if there is no such experiment.
    """
    made: Mapping[str, Callable[[int, str, Classes], Iterator[Run]]] = {
        IMBALANCE: imbalance_runs,
        BALANCED: lambda seed, arm, classes: balanced_runs(seed),
        AUGMENTATIONS: lambda seed, arm, classes: augmentation_runs(seed),
    }
    wanted = [arm for arm in EXPERIMENTS[experiment] if arm in arms]
    runs = [run for seed in range(seeds) for arm in wanted for run in made[experiment](seed, arm, arms[arm])]
    if experiment == IMBALANCE:
        runs = [run for run in runs if run.seed < whole_turns(seeds, len(arms[run.arm].usable))]
    # The longer ones stay so many times longer.
    runs = [replace(run, steps=steps * run.steps // STEPS) for run in runs]
    return list(dict.fromkeys(runs))  # two conditions may be one training
