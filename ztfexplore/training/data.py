"""Training data: the catalogue's stamps outside the test part and simulated ones, drawn in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor
from torch.utils.data import IterableDataset

from ztfexplore.alerts import stamps
from ztfexplore.augment import recipes
from ztfexplore.augment.registry import recipe_of
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation.split import has_test_part, test_objects
from ztfexplore.progress import OnCount, no_count
from ztfexplore.sources.simulation import simulate as simulated
from ztfexplore.training.config import METHODS, SIMULATED_SURVEYS, TrainConfig, default_config

# Stamps without a class get numbers of their own, from here on.
UNLABELLED = 1_000_000
# Seed of the simulated objects; different from the demo's, which is 0.
SIMULATION_SEED = 2020
# More than on the sky of the classes that are rare or hard to tell apart.
SIMULATED_WEIGHTS = {"VS": 0.25, "SN": 0.25, "AGN": 0.20, "asteroid": 0.15, "bogus": 0.15}


@dataclass(frozen=True)
class TrainingSet:
    """The stamps of a training: the catalogue's first, then the simulated ones.

    Attributes:
        images: float32 (n, channels, context, context), normalised, the object at the centre.
        labels: int64 (n,), what the loss pulls together: classes where labels are used, otherwise objects.
        objects: int64 (n,), equal for stamps that show the same object.
        weights: float64 (n,), the probability of drawing each; None if all are equal.
        classes: names of the class numbers in `labels`; empty where labels are not used.
        frame: the metadata of the catalogue's rows.
        labels_report: whose labels `frame` has, see `Snapshot.labels_report`; None if unknown.
    """

    images: Tensor
    labels: Tensor
    objects: Tensor
    weights: Tensor | None
    classes: list[str]
    frame: pd.DataFrame
    labels_report: dict[str, Any] | None = None

    def __len__(self) -> int:
        return len(self.labels)


def config_for(catalogue: Catalogue, method: str) -> TrainConfig:
    """A method's defaults for this catalogue's stamps.

    Raises:
        TrainingError: if the method is unknown, or the catalogue is empty.
    """
    if not len(catalogue):
        raise TrainingError(f"catalogue {catalogue.path}: nothing to train on, it is empty")
    channels = catalogue.stamps([0])[0].shape[0]
    return default_config(method, set(catalogue.frame(["survey"])["survey"]), channels)


def training_set(source: Snapshot | Catalogue, config: TrainConfig, on_step: OnCount = no_count) -> TrainingSet:
    """The images and labels of `training_rows`, with simulated stamps added.

    Args:
        source: see `training_rows`.
        on_step: called with the number of objects simulated since the last call.

    Raises:
        TrainingError: if there are too few alerts to train on, or they do not fit the encoder.
    """
    snapshot = as_snapshot(source)
    kept = training_rows(snapshot, config)
    rows = kept.index.to_numpy()
    made = assemble(prepare(snapshot.catalogue.stamps(rows), config), kept, config, on_step)
    return replace(made, labels_report=snapshot.labels_report(snapshot.labelled(rows)))


def training_rows(source: Snapshot | Catalogue, config: TrainConfig) -> pd.DataFrame:
    """All alerts except those of the test part's objects, whose images and labels no training sees.

    Some methods use only labelled alerts, as the supervised baseline does.

    Args:
        source: a snapshot, whose labels count; or a catalogue, where people's newest labels count first. People's
            labels move no object into the test part or out of it.

    Raises:
        TrainingError: if there are too few alerts to train on.
    """
    snapshot = as_snapshot(source)
    catalogue, frame = snapshot.catalogue, snapshot.frame
    kept = frame[~frame["object_id"].isin(test_objects(frame))] if has_test_part(frame) else frame
    if config.uses_labels and not kept["label"].notna().any():
        raise TrainingError(
            f"catalogue {catalogue.path}: {config.method} needs labels, and no alert outside the test part has one"
        )
    method = METHODS[config.method]
    if method.labelled_only:
        kept = kept[kept["label"].notna()]
    if len(kept) < 2 * config.batch_size:
        raise TrainingError(
            f"catalogue {catalogue.path}: {len(kept)} alerts are too few for batches of {config.batch_size}; "
            "ingest more, or lower --batch-size"
        )
    if method.labelled_only and kept["label"].nunique() < 2:
        raise TrainingError(
            f"catalogue {catalogue.path}: {config.method} needs two classes, and outside the test part there is one"
        )
    if len(kept) <= config.encoder.whitened:
        raise TrainingError(
            f"catalogue {catalogue.path}: {len(kept)} stamps are too few to whiten to {config.encoder.whitened} axes"
        )
    if config.simulated and not set(kept["survey"]) <= SIMULATED_SURVEYS:
        raise TrainingError(
            f"catalogue {catalogue.path}: simulated stamps look like ZTF's and would not help with those of "
            f"{', '.join(sorted(set(kept['survey'])))}; use --simulated 0"
        )
    return kept


def assemble(images: np.ndarray, frame: pd.DataFrame, config: TrainConfig, on_step: OnCount = no_count) -> TrainingSet:
    """A training set of prepared images and the rows they belong to (`object_id`, `label`), simulated ones added."""
    extra, extra_labels = simulate(config, on_step) if config.simulated else (images[:0], [])
    labels = pd.concat([frame["label"].astype(object), pd.Series(extra_labels, dtype=object)], ignore_index=True)
    own, _ = pd.factorize(frame["object_id"])
    pairs = np.repeat(np.arange(len(extra) // 2), 2) + len(frame)
    objects = np.concatenate([own, pairs]).astype(np.int64)
    if config.positives == "stamp":
        objects = np.arange(len(objects), dtype=np.int64)
    classes = sorted(set(labels.dropna())) if config.uses_labels else []
    return TrainingSet(
        images=torch.from_numpy(np.concatenate([images, extra])),
        labels=torch.from_numpy(class_numbers(labels, classes, objects)),
        objects=torch.from_numpy(objects),
        weights=_weights(labels, len(frame), config),
        classes=classes,
        frame=frame,
    )


def prepare(read: list[np.ndarray], config: TrainConfig) -> np.ndarray:
    """Normalised stamps, cropped to the part that views are drawn from, (n, channels, context, context).

    Raises:
        TrainingError: if a stamp has other channels, or is too small.
    """
    size = context(config)
    for shape in {stamp.shape for stamp in read}:
        if shape[0] != config.encoder.channels or min(shape[1:]) < size:
            raise TrainingError(
                f"the encoder takes {config.encoder.channels} channels and, with the recipe {config.recipe}, needs "
                f"{size}x{size} pixels for a crop of {config.encoder.crop}; these stamps are {shape[0]} of "
                f"{shape[1]}x{shape[2]}"
            )
    return np.stack([stamps.centre_crop(stamps.normalise(stamp), size) for stamp in read])


def context(config: TrainConfig) -> int:
    """Height and width (pixels) of the part that views are drawn from: rotations and shifts need room."""
    crop = config.encoder.crop
    return recipes.context_size(crop) if recipe_of(config.recipe).geometric else crop


def simulate(config: TrainConfig, on_step: OnCount = no_count) -> tuple[np.ndarray, list[str]]:
    """Prepared stamps of simulated objects, two in a row of each, and the stamps' classes."""
    images, labels = [], []
    for twins, label in simulated.twins(config.simulated, SIMULATION_SEED, SIMULATED_WEIGHTS):
        images.append(prepare(list(twins), config))
        labels += [label, label]
        on_step(1)
    return np.concatenate(images), labels


def class_numbers(labels: pd.Series, classes: list[str], objects: np.ndarray) -> np.ndarray:
    """What the loss pulls together, int64 (n,): the class's number, or for a stamp without a class its object's."""
    codes = pd.Categorical(labels, categories=classes).codes.astype(np.int64)
    return np.where(codes >= 0, codes, objects + UNLABELLED)


def _weights(labels: pd.Series, real: int, config: TrainConfig) -> Tensor | None:
    """The probability of drawing each row (n,): by the share of simulated stamps, classes equally if asked for."""
    if not config.simulated and not config.balanced:
        return None
    parts = [labels[:real], labels[real:]] if config.simulated else [labels]
    shares = [1 - config.simulated_share, config.simulated_share] if config.simulated else [1.0]
    weights = [share * _class_weights(part, config.balanced) for part, share in zip(parts, shares, strict=True)]
    return torch.from_numpy(np.concatenate(weights))


def _class_weights(labels: pd.Series, balanced: bool) -> np.ndarray:
    """Weights (n,) that sum to 1; if balanced, the labelled classes have equal parts of their share of the rows."""
    weights = np.full(len(labels), 1 / len(labels))
    if balanced and labels.notna().any():
        counts = labels.map(labels.value_counts()).to_numpy(dtype=float)  # NaN where there is no label
        labelled = np.isfinite(counts)
        weights[labelled] = labelled.mean() / labels.nunique() / counts[labelled]
    return weights


class Batches(IterableDataset):
    """Batches of (images, partners, labels) from memory; the second view is made from each stamp's partner.

    A partner is another stamp of the same object, or the stamp itself if there is none. With equal weights an epoch
    shows each row once and drops the last, smaller batch; otherwise it draws as many rows by their weights.
    """

    def __init__(self, data: TrainingSet, batch_size: int, seed: int) -> None:
        self.data, self.seed = data, seed
        self.batch_size = min(batch_size, len(data))
        self.epoch = 0
        self.partners = Partners(data.objects)

    def __len__(self) -> int:
        return len(self.data) // self.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        data, random = self.data, generator(self.seed, 0, self.epoch)
        shuffled = torch.randperm(len(data), generator=random)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            rows = shuffled[start : start + self.batch_size]
            if data.weights is not None:
                rows = torch.multinomial(data.weights, self.batch_size, replacement=True, generator=random)
            yield data.images[rows], data.images[self.partners.draw(rows, random)], data.labels[rows]


class Partners:
    """Draws another row of the same object for each row."""

    def __init__(self, objects: Tensor) -> None:
        self.rows = torch.argsort(objects, stable=True)  # the stamps of an object, side by side
        _, inverse, counts = torch.unique(objects, return_inverse=True, return_counts=True)
        self.size = counts[inverse]
        self.start = (counts.cumsum(0) - counts)[inverse]
        self.rank = torch.empty_like(self.rows)
        self.rank[self.rows] = torch.arange(len(objects))
        self.rank -= self.start

    def draw(self, rows: Tensor, random: Generator) -> Tensor:
        """A partner for each of the rows (m,); a single stamp of an object is its own partner."""
        size = self.size[rows]
        ahead = 1 + (torch.rand(len(rows), generator=random) * (size - 1)).long().clamp(max=size - 2)
        ahead = torch.where(size > 1, ahead, 0)
        return self.rows[self.start[rows] + (self.rank[rows] + ahead) % size]


def generator(*seeds: int) -> Generator:
    """A generator that depends on these numbers only, so that a resumed training draws the same numbers."""
    return Generator().manual_seed(int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0] >> np.uint64(1)))
