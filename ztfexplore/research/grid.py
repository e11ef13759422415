"""The experiments as grids: every run is a value that holds everything it depends on, in the order to run them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product

from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.augment.registry import JOIN, SETS, recipe_of
from ztfexplore.research import SCIENCE_VERSION
from ztfexplore.training import config as training_config
from ztfexplore.training.config import TrainConfig

RATIOS = (1, 3, 10, 30)
IMBALANCE, BALANCED, AUGMENTATIONS = "imbalance", "balanced", "augmentations"
SIMULATED_ARM, REAL_ARM = "simulated", "real"
UNTRAINED = "untrained"  # the baseline: the network before training
METHODS = ("simclr", "s-simclr", "supervised")
ALL = "all"
LABELS = ("5", "10", "25", ALL)
NATURAL, EQUAL = "natural", "balanced"

# A run of STEPS steps takes about two minutes on one thread.
STEPS = 300
LONGER = 3  # times as many steps, in the runs that test whether an answer depends on the length of training
BATCH = 256
REAL_BATCH = 126
SEEDS = 5
# The same for SimCLR and S-SimCLR, so that they differ only in the labels.
TEMPERATURE = 0.2

# Sizes of the training sets of question 1, and of the probe's set per class, in objects.
SIMULATED_OBJECTS, SIMULATED_PROBE = 2000, 100
REAL_OBJECTS, REAL_PROBE = 252, 25

# Positive pairs from other alerts of the same object count as an augmentation, although no pixel is changed.
OTHER_ALERTS = "other-alerts"
NONE = "none"


@dataclass(frozen=True)
class Run:
    """Everything a run depends on, except the data and the version of the science.

    Attributes:
        experiment: 'imbalance', 'balanced' or 'augmentations'.
        arm: 'simulated' stamps, or the 'real' ones of a catalogue.
        method: 'simclr', 's-simclr', 'supervised', or 'untrained'.
        seed: seed of weights, order, augmentations and the training set; shared by all conditions.
        recipe, positives: as in `TrainConfig`.
        ratio: objects of each other class per object of the rare class.
        rare: the rare class; '' if there is none.
        labels: labels per class that the training sees, 'all', or '' if it sees none or a fully labelled set.
        sampling: every stamp equally likely in a batch ('natural'), or every labelled class ('balanced').
        objects: number of objects in the training set; 0 for all outside the test part.
        probe: objects per class in the probe's training set; 0 for all outside the test part.
        steps, batch: number of training steps, and stamps per batch.
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
        """The key of the run: a hash of everything it depends on, with the data's hash and the version of the science.

        The parameters of the method and the augmentations of the recipe are part of it.
        """
        training = train_config(self, self.batch, 3).as_dict(), repr(recipe_of(self.recipe))
        text = json.dumps([SCIENCE_VERSION, data, asdict(self), training], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def train_config(run: Run, rows: int, channels: int) -> TrainConfig:
    """The configuration of a run's training on `rows` rows: the shipped one of its method, without simulated stamps.

    Both contrastive methods have the same temperature, and classes are drawn equally only if the run says so.
    """
    base = training_config.METHODS["simclr" if run.method == UNTRAINED else run.method].config
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
    """What a grid needs to know about the data: the classes, and which are too small.

    Attributes:
        usable: classes with enough objects for the largest ratio, sorted.
        small: the others, with their number of objects outside the test part.
    """

    usable: Sequence[str]
    small: Mapping[str, int]


SIMULATED_CLASSES = Classes(sorted(SIMULATED.classes), {})


def class_sizes(objects: int, classes: Sequence[str], ratio: int, rare: str) -> dict[str, int]:
    """Number of objects of each class in a set whose rare class is `ratio` times smaller than each other class.

    The sizes add up to `objects` at every ratio: an imbalanced set is not smaller.
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
    """How many of the seeds make each class the rare one equally often; all if there are too few for that."""
    return seeds - seeds % classes if 0 < classes < seeds else seeds


def largest_class(objects: int, classes: int, ratio: int) -> int:
    """The largest number of objects that a common class has in such a set."""
    names = [str(number) for number in range(classes)]
    return max(class_sizes(objects, names, ratio, names[0]).values())


def imbalance_runs(seed: int, arm: str, classes: Classes) -> Iterator[Run]:
    """Question 1, one seed: each method at each ratio. The rare class rotates with the seed.

    With as many seeds as classes, each class is the rare one once. Its recall is compared with that of the same class,
    seed and method at ratio 1, so that the difficulty of a class is not mistaken for an effect of its rarity.
    """
    real = arm == REAL_ARM
    run = partial(
        Run,
        experiment=IMBALANCE,
        arm=arm,
        seed=seed,
        objects=REAL_OBJECTS if real else SIMULATED_OBJECTS,
        probe=REAL_PROBE if real else SIMULATED_PROBE,
        batch=REAL_BATCH if real else BATCH,
    )
    rare = classes.usable[seed % len(classes.usable)] if classes.usable else ""
    if rare:
        yield run(method=UNTRAINED)
    for ratio, method in product((1, RATIOS[-1], *RATIOS[1:-1]), METHODS):
        if rare:
            yield run(method=method, ratio=ratio, rare=rare if ratio > 1 else "")
    if seed == 0:  # once: the classes that are too small
        for name, ratio in product(classes.small, RATIOS[1:]):
            yield run(method="simclr", ratio=ratio, rare=name)


def balanced_runs(seed: int) -> Iterator[Run]:
    """Question 2, one seed: SimCLR, and S-SimCLR with each number of labels, on unbalanced and class-balanced batches.

    The comparison with all labels is repeated with longer training.
    """
    for method in (UNTRAINED, "simclr"):
        yield Run(BALANCED, REAL_ARM, method, seed)
    for labels, sampling in product(LABELS, (EQUAL, NATURAL)):
        yield Run(BALANCED, REAL_ARM, "s-simclr", seed, labels=labels, sampling=sampling)
    yield Run(BALANCED, REAL_ARM, "simclr", seed, steps=LONGER * STEPS)
    yield Run(BALANCED, REAL_ARM, "s-simclr", seed, labels=ALL, sampling=EQUAL, steps=LONGER * STEPS)


def augmentation_runs(seed: int) -> Iterator[Run]:
    """Question 3, one seed: SimCLR with the full sets, with each part left out, and with each part alone."""
    yield Run(AUGMENTATIONS, REAL_ARM, UNTRAINED, seed, recipe=NONE, positives="stamp")
    for condition in conditions().values():
        yield Run(AUGMENTATIONS, REAL_ARM, "simclr", seed, recipe=condition.recipe, positives=condition.positives)


@dataclass(frozen=True)
class Condition:
    """The augmentations of a training.

    Attributes:
        set: the set it belongs to, 'simclr' or 'astronomical'; '' for no augmentation and for both sets together.
        kind: 'full', 'without' (one is left out), 'alone', 'milder', 'shipped', 'none' or 'both'.
        part: the augmentation that is left out, alone, or milder.
        recipe, positives: as in `TrainConfig`.
    """

    set: str
    kind: str
    part: str
    recipe: str
    positives: str


MILD = {"resized-crop": "resized-crop-mild"}


def conditions() -> dict[str, Condition]:
    """All conditions of question 3 by name, the full sets and none first; two names may share one training."""
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
    """All runs of an experiment in the order to run them: tables are complete after one seed, then gain more seeds.

    Args:
        arms: the arms that can be run, with their classes.
        seeds: number of seeds.
        steps: steps of each training; any number but STEPS is another experiment, quicker and less informative.

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
    # The longer trainings stay LONGER times as long.
    runs = [replace(run, steps=steps * run.steps // STEPS) for run in runs]
    return list(dict.fromkeys(runs))  # two conditions may share one training
