"""What determines a training, apart from the data: the method and the parameters, for which it has defaults.

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
    """Everything that determines a training, except the data.

    Attributes:
        method: its name, see `METHODS`.
        encoder: the network.
        recipe: name of an augmentation recipe, or names of single augmentations joined by +.
        positives: what a view is pulled towards: another view of the same 'stamp', or a view of another stamp of the
            same 'object' where there is one.
        simulated: how many simulated objects are added to the catalogue's, each photographed in two nights.
        simulated_share: share of simulated stamps in every batch.
        balanced: whether the labelled classes are drawn equally often.
        epochs: passes over the data, simulated stamps included.
        batch_size: stamps per step; each gives two views.
        learning_rate: peak of the cosine schedule (AdamW), after `warmup` of all steps.
        weight_decay: of AdamW.
        temperature: of the contrastive losses.
        projector: widths of the projector's layers; the last is the space the loss sees.
        smoothing: label smoothing of the supervised baseline.
        warmup: share of all steps during which the learning rate rises.
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
        """Ready for JSON; `options` only if there are any, as in cards from before methods had them."""
        values = asdict(self)
        if not values["options"]:
            del values["options"]
        return values


@dataclass(frozen=True)
class Option:
    """A parameter of one method.

    Attributes:
        default: the default value.
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
        name: the name that --method takes.
        title: as papers spell it.
        paper: where it is described.
        learned: how its encoders learn, in words that follow the title and begin with 'learned'.
        uses_labels: whether it sees labels.
        labelled_only: whether it trains only on labelled stamps, of at least two classes.
        values: its defaults where they differ from `TrainConfig`'s.
        options: parameters that only this method has.
        advice: what helps if all embeddings become the same; may contain {temperature}.
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
        """The head and the loss, with fresh weights; the global random state is already seeded.

        Args:
            config: of the training.
            backbone: the network that is trained (`encoders.backbones.Backbone`).
            classes: how many there are; 0 where labels are not used.

        Returns:
            a `training.objectives.Objective`. All its networks are part of checkpoints; those with trainable
            parameters are optimised together with the backbone.
        """

    @property
    def config(self) -> TrainConfig:
        """Its defaults, for alerts."""
        options = {name: option.default for name, option in self.options.items()}
        return TrainConfig(method=self.name, options=options, **self.values)

    def option(self, config: TrainConfig, name: str) -> float:
        """The value of a parameter that only this method has."""
        return config.options.get(name, self.options[name].default)


METHODS: Registry[Method] = Registry("method", "ztfexplore.training.methods", TrainingError)
# The surveys that simulated stamps resemble; with others they do not help.
SIMULATED_SURVEYS = frozenset({ZTF.name, SIMULATED.name})


def default_config(method: str, surveys: Collection[str], channels: int = 3) -> TrainConfig:
    """A method's defaults for stamps of these surveys with this number of channels.

    They were chosen by cross-validation outside the test part; models/README.md says what was tried.

    Raises:
        TrainingError: if there is no such method.
    """
    config = METHODS.find(method).config
    if not set(surveys) <= SIMULATED_SURVEYS:
        config = replace(config, simulated=0, epochs=600, learning_rate=1e-3)  # without them an epoch is short
    if set(surveys) == {HUBBLE.name}:
        # These are for finding neighbours, and whitening makes neighbours agree in more than brightness.
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
