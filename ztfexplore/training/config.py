"""What decides a training, apart from the data: the methods, their parameters and the values they are shipped with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.augment.registry import recipe_of
from ztfexplore.encoders.backbones import EncoderConfig
from ztfexplore.errors import TrainingError

# Where each method is described.
METHODS: Mapping[str, str] = {
    "simclr": "Chen et al. 2020, arXiv:2002.05709",
    "s-simclr": "Khosla et al. 2020, arXiv:2004.11362",
    "simsiam": "Chen & He 2021, arXiv:2011.10566",
    "supervised": "cross-entropy; the baseline",
}
USE_LABELS = ("s-simclr", "supervised")
POSITIVES = ("stamp", "object")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a training, but the data.

    Attributes:
        method: 'simclr', 's-simclr', 'simsiam' or 'supervised', see `METHODS`.
        encoder: the network.
        recipe: name of an augmentation recipe, or names of single augmentations joined by +.
        positives: what a view is pulled to: a view of the same 'stamp', or of another stamp of the same 'object'
            where there is one.
        simulated: how many simulated objects are added to the catalogue's, each photographed in two nights.
        simulated_share: of every batch.
        balanced: whether the labelled classes are drawn equally often.
        epochs: passes over the data, simulated stamps included.
        batch_size: stamps a step; each gives two views.
        learning_rate: peak of the cosine schedule (AdamW), after `warmup` of all steps.
        weight_decay: of AdamW.
        temperature: of the contrastive losses.
        projector: widths of the projector's layers; the last is the space the loss sees.
        smoothing: of the supervised baseline's labels.
        warmup: share of the steps.
        seed: of weights, order and augmentations.
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

    @property
    def uses_labels(self) -> bool:
        """Whether the method looks at the labels."""
        return self.method in USE_LABELS


# Chosen by cross-validation outside the test part; models/README.md tells what was tried.
DEFAULTS: Mapping[str, TrainConfig] = {
    "simclr": TrainConfig(method="simclr", simulated=12_000, simulated_share=0.6, epochs=40),
    "s-simclr": TrainConfig(method="s-simclr", simulated=12_000, epochs=12, temperature=0.1),
    "simsiam": TrainConfig(
        method="simsiam",
        simulated=12_000,
        simulated_share=0.6,
        epochs=30,
        learning_rate=1e-3,
        projector=(512, 512, 512),
    ),
    "supervised": TrainConfig(method="supervised", simulated=12_000, epochs=12, balanced=True, weight_decay=1e-3),
}
# What the simulation looks like; its stamps help with no others.
SIMULATED_SURVEYS = frozenset({ZTF.name, SIMULATED.name})


def default_config(method: str, surveys: Collection[str], channels: int = 3) -> TrainConfig:
    """The values a method is shipped with, for stamps of these surveys with so many channels.

    Raises:
        TrainingError: if there is no such method.
    """
    if method not in DEFAULTS:
        raise TrainingError(f"method {method}: unknown; there are {', '.join(METHODS)}")
    config = DEFAULTS[method]
    if not set(surveys) <= SIMULATED_SURVEYS:
        config = replace(config, simulated=0, epochs=600, learning_rate=1e-3)  # without them an epoch is short
    if set(surveys) == {HUBBLE.name}:
        # Neighbours are what these are for, and whitening makes them agree in more than brightness.
        config = replace(config, recipe="galaxies", encoder=replace(config.encoder, whitened=96))
    return replace(config, encoder=replace(config.encoder, channels=channels))


def check(config: TrainConfig) -> None:
    """Raise TrainingError for a configuration that names what there is not."""
    for what, name, known in (
        ("method", config.method, METHODS),
        ("positives", config.positives, POSITIVES),
    ):
        if name not in known:
            raise TrainingError(f"{what} {name}: unknown; there are {', '.join(known)}")
    recipe_of(config.recipe)
    if not 0 < config.simulated_share < 1:
        raise TrainingError(f"simulated share {config.simulated_share}: must lie between 0 and 1")
