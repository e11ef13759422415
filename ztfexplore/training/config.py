"""What decides a training, apart from the data: its parameters, and the method, which brings values for them.

A method is declared in a file of `methods/` and registers itself. Declarations import no torch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.augment.registry import recipe_of
from ztfexplore.encoders.config import EncoderConfig
from ztfexplore.errors import TrainingError
from ztfexplore.registry import Registry

POSITIVES = ("stamp", "object")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a training, but the data.

    Attributes:
        method: its name, see `METHODS`.
        encoder: the network.
        recipe: name of an augmentation recipe, or names of single augmentations joined by +.
        positives: what a view is pulled to: a view of the same 'stamp', or of another stamp of the same 'object'
            where there is one.
        simulated: how many simulated objects are added to the catalogue's, each photographed in two nights.
        simulated_share: of every batch.
        balanced: whether the labelled classes are drawn equally often.
        epochs: passes over the data, simulated stamps included.
        batch_size: stamps per step; each gives two views.
        learning_rate: peak of the cosine schedule (AdamW), after `warmup` of all steps.
        weight_decay: of AdamW.
        temperature: of the contrastive losses.
        projector: widths of the projector's layers; the last is the space the loss sees.
        smoothing: of the supervised baseline's labels.
        warmup: share of the steps.
        seed: of weights, order and augmentations.
        options: parameters that only this method has, by name.
    """

    method: str = "simclr"
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    recipe: str = "astronomical"
    positives: str = "object"
    simulated: int = 0
    simulated_share: float = 0.5
    balanced: bool = False
    epochs: int = 100
    batch_size: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    temperature: float = 0.2
    projector: tuple[int, ...] = (256, 64)
    smoothing: float = 0.05
    warmup: float = 0.05
    seed: int = 0
    options: Mapping[str, float] = field(default_factory=dict)

    @property
    def uses_labels(self) -> bool:
        """Whether the method sees the labels."""
        return METHODS[self.method].uses_labels

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; `options` only where there are some, as in the cards from before methods had them."""
        values = asdict(self)
        if not values["options"]:
            del values["options"]
        return values


@dataclass(frozen=True)
class Option:
    """A parameter of one method.

    Attributes:
        default: the value it is shipped with.
        low, high: the values allowed.
        meaning: what it is, for the help text.
    """

    default: float
    low: float
    high: float
    meaning: str


class Method(ABC):
    """A way to train. A subclass fills in the attributes and builds the objective; it imports torch only there.

    Attributes:
        name: by which it is called.
        title: as the papers write it.
        paper: where it is described.
        learned: how an encoder learns by it, in words that follow its title and begin with 'learned'.
        uses_labels: whether it sees labels.
        labelled_only: whether it trains on labelled stamps alone, of two classes at least.
        values: what it is shipped with where that differs from `TrainConfig`'s own defaults.
        options: parameters that no other method has.
        advice: what helps when all embeddings become the same; may name {temperature}.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    learned: ClassVar[str]
    uses_labels: ClassVar[bool] = False
    labelled_only: ClassVar[bool] = False
    values: ClassVar[Mapping[str, Any]] = {}
    options: ClassVar[Mapping[str, Option]] = {}
    advice: ClassVar[str] = "lower the learning rate or make the batches larger"

    @abstractmethod
    def build(self, config: TrainConfig, backbone: Any, classes: int) -> Any:
        """The head and the loss, with fresh weights; the global random state is seeded already.

        Args:
            config: its values.
            backbone: the network that is trained (`encoders.backbones.Backbone`).
            classes: how many there are; 0 where labels are not used.

        Returns:
            a `training.objectives.Objective`. All its networks are part of checkpoints; those whose parameters want a
            gradient are optimised with the backbone.
        """

    @property
    def config(self) -> TrainConfig:
        """The values it is shipped with, for alerts."""
        options = {name: option.default for name, option in self.options.items()}
        return TrainConfig(method=self.name, options=options, **self.values)

    def option(self, config: TrainConfig, name: str) -> float:
        """The value of a parameter that only this method has."""
        return config.options.get(name, self.options[name].default)


METHODS: Registry[Method] = Registry("method", "ztfexplore.training.methods", TrainingError)
# What the simulation looks like; its stamps help with no others.
SIMULATED_SURVEYS = frozenset({ZTF.name, SIMULATED.name})


def default_config(method: str, surveys: Collection[str], channels: int = 3) -> TrainConfig:
    """The values a method is shipped with, for stamps of these surveys with so many channels.

    They were chosen by cross-validation outside the test part; models/README.md tells what was tried.

    Raises:
        TrainingError: if there is no such method.
    """
    config = METHODS.find(method).config
    if not set(surveys) <= SIMULATED_SURVEYS:
        config = replace(config, simulated=0, epochs=600, learning_rate=1e-3)  # without them an epoch is short
    if set(surveys) == {HUBBLE.name}:
        # Neighbours are what these are for, and whitening makes them agree in more than brightness.
        config = replace(config, recipe="galaxies", encoder=replace(config.encoder, whitened=96))
    return replace(config, encoder=replace(config.encoder, channels=channels))


def check(config: TrainConfig) -> None:
    """Raise TrainingError for a configuration that names something unknown, or a value out of range."""
    method = METHODS.find(config.method)
    if config.positives not in POSITIVES:
        raise TrainingError(f"positives {config.positives}: unknown; there are {', '.join(POSITIVES)}")
    recipe_of(config.recipe)
    if not 0 < config.simulated_share < 1:
        raise TrainingError(f"simulated share {config.simulated_share}: must lie between 0 and 1")
    for name, value in config.options.items():
        if name not in method.options:
            there = ", ".join(method.options) or "none"
            raise TrainingError(f"option {name[:40]} of {method.name}: unknown; there are {there}")
        option = method.options[name]
        if not option.low <= value <= option.high:
            raise TrainingError(f"option {name}: {value} must lie between {option.low:g} and {option.high:g}")
