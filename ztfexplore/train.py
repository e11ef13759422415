"""Training: the only owner of an optimiser. One path for every method, by Lightning."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import platform
import signal
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from pytorch_metric_learning.losses import SupConLoss
from torch import Generator, Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from ztfexplore import augment, stamps
from ztfexplore.catalogue import Catalogue
from ztfexplore.encoder import CARD_FILE, Encoder, EncoderConfig, build, load, save
from ztfexplore.errors import EncoderError, TrainingError
from ztfexplore.evaluate import probe_score
from ztfexplore.split import has_test_part, test_objects
from ztfexplore.survey import SURVEYS

METHODS = ("simclr", "s-simclr")
CHECKPOINTS = "checkpoints"
# Below this spread of the unit-length projections over a batch (1/sqrt(dim) if they are uniform) nothing is learned.
COLLAPSED = 1e-3


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a training, but the data.

    Attributes:
        method: 'simclr' (Chen et al. 2020) or 's-simclr' (Khosla et al. 2020).
        encoder: the network.
        recipe: name of an augmentation recipe.
        epochs: passes over the data.
        batch_size: stamps a step; each gives two views.
        learning_rate: peak of the cosine schedule (AdamW), after `warmup` of all steps.
        weight_decay: of AdamW.
        temperature: of the contrastive loss.
        projector: widths of the projector's layers; the last is the space the loss sees.
        warmup: share of the steps.
        seed: of weights, order and augmentations.
    """

    method: str = "simclr"
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    recipe: str = "astronomical"
    epochs: int = 100
    batch_size: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    temperature: float = 0.2
    projector: tuple[int, ...] = (256, 64)
    warmup: float = 0.05
    seed: int = 0


DEFAULTS = {
    "simclr": TrainConfig(method="simclr"),
    "s-simclr": TrainConfig(method="s-simclr", temperature=0.1),
}


@dataclass(frozen=True)
class TrainingSet:
    """What a training sees.

    Attributes:
        images: float32 (n, channels, context, context), normalised, the object at the centre.
        labels: int64 (n,); equal for stamps of one class, different for every unlabelled stamp.
        frame: the metadata of the same rows.
    """

    images: Tensor
    labels: Tensor
    frame: pd.DataFrame


def training_set(catalogue: Catalogue, config: TrainConfig) -> TrainingSet:
    """Every alert but those of the test part's objects, whose images and labels no training sees.

    Raises:
        TrainingError: if there are too few alerts to train on.
    """
    frame = catalogue.frame()
    kept = frame[~frame["object_id"].isin(test_objects(frame))] if has_test_part(frame) else frame
    if len(kept) < 2 * config.batch_size:
        raise TrainingError(
            f"catalogue {catalogue.path}: {len(kept)} alerts are too few for batches of {config.batch_size}; "
            "ingest more, or lower --batch-size"
        )
    supervised = config.method == "s-simclr"
    if supervised and not kept["label"].notna().any():
        raise TrainingError(
            f"catalogue {catalogue.path}: s-simclr needs labels, and no alert outside the test part has one"
        )
    images = _images(catalogue.stamps(kept.index.to_numpy()), config)
    return TrainingSet(torch.from_numpy(images), torch.from_numpy(_labels(kept["label"], use=supervised)), kept)


def _images(read: list[np.ndarray], config: TrainConfig) -> np.ndarray:
    """Normalised stamps, cropped to what views are drawn from, (n, channels, context, context)."""
    size = augment.context_size(config.encoder.crop)
    for shape in {stamp.shape for stamp in read}:
        if shape[0] != config.encoder.channels or min(shape[1:]) < size:
            raise TrainingError(
                f"the encoder takes {config.encoder.channels} channels and needs {size}x{size} pixels to turn a crop "
                f"of {config.encoder.crop}; these stamps are {shape[0]} of {shape[1]}x{shape[2]}"
            )
    return np.stack([stamps.centre_crop(stamps.normalise(stamp), size) for stamp in read])


def _labels(column: pd.Series, use: bool) -> np.ndarray:
    """Class numbers; an unlabelled stamp (or any, if labels are not used) is a class of its own."""
    own = np.arange(len(column), dtype=np.int64) + 1_000_000
    codes, _ = pd.factorize(column, sort=True)
    return np.where((codes >= 0) & use, codes, own)


class Batches(IterableDataset):
    """Shuffled batches of (images, labels) from memory; the last, smaller one is left out."""

    def __init__(self, data: TrainingSet, batch_size: int, seed: int) -> None:
        self.data, self.batch_size, self.seed = data, batch_size, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.data.labels) // self.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(self.data.labels), generator=_generator(self.seed, self.epoch))
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            rows = order[start : start + self.batch_size]
            yield self.data.images[rows], self.data.labels[rows]


def _generator(*seeds: int) -> Generator:
    """Randomness that depends on these numbers only, so that a resumed training draws what it would have drawn."""
    return Generator().manual_seed(int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0] >> np.uint64(1)))


class Contrastive(pl.LightningModule):
    """SimCLR and S-SimCLR: one loss (SupCon), whose labels are each stamp's own for SimCLR, which is NT-Xent."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = build(config.encoder, config.seed)
        self.projector = _projector((self.backbone.embedding_dim, *config.projector), config.seed)
        self.loss = SupConLoss(temperature=config.temperature)
        self.recipe = augment.RECIPES[config.recipe]
        self._start, self._earlier = time.perf_counter(), 0.0

    @property
    def seconds(self) -> float:
        """Time spent on this training, that before an interruption included."""
        return self._earlier + time.perf_counter() - self._start

    def on_save_checkpoint(self, checkpoint: dict[str, object]) -> None:
        checkpoint["seconds"] = self.seconds

    def on_load_checkpoint(self, checkpoint: dict[str, object]) -> None:
        self._earlier = float(str(checkpoint.get("seconds", 0)))
        self._start = time.perf_counter()

    def training_step(self, batch: tuple[Tensor, Tensor], batch_index: int) -> Tensor:
        images, labels = batch
        generator = _generator(self.config.seed, 1, self.global_step)
        views = torch.cat([self.recipe(images.cpu(), self.config.encoder.crop, generator) for _ in range(2)])
        projected = nn.functional.normalize(self.projector(self.backbone(views.to(self.device))), dim=1)
        loss = self.loss(projected, torch.cat([labels, labels]))
        self._check(loss, projected)
        self.log("loss", loss, prog_bar=True, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def _check(self, loss: Tensor, projected: Tensor) -> None:
        """Stop a training that has gone wrong while there is something to say about it."""
        if not torch.isfinite(loss):
            raise TrainingError(f"the loss became {loss.item()} at step {self.global_step}; lower the learning rate")
        if projected.detach().std(dim=0).mean() < COLLAPSED:
            raise TrainingError(
                f"all embeddings became the same by step {self.global_step} (collapse); raise the temperature "
                f"(now {self.config.temperature}) or lower the learning rate"
            )

    def configure_optimizers(self) -> dict[str, object]:
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay
        )
        total = max(1, int(self.trainer.estimated_stepping_batches))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _cosine(step / total, self.config.warmup))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _cosine(progress: float, warmup: float) -> float:
    """Share of the peak learning rate: a linear rise, then half a cosine down to 0."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def _projector(widths: tuple[int, ...], seed: int) -> nn.Sequential:
    """A perceptron with batch normalisation between its layers, as in SimCLR."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths[:-1]):
            layers += [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU(inplace=True)]
        return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


class _NextEpoch(pl.Callback):
    """Tells the batches which epoch it is, also after a resume."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.batches.epoch = trainer.current_epoch


def train(catalogue: Catalogue, config: TrainConfig, output: Path, progress: bool = True) -> Encoder:
    """Train an encoder and write weights, card and configuration to `output`.

    A training that was cut off goes on from the last epoch's checkpoint in `output`, if its configuration and
    data are the same; a finished one is not trained again.

    Raises:
        TrainingError: if there is too little data, the loss turns NaN, or the embeddings collapse.
    """
    _check(config)
    data = training_set(catalogue, config)
    key = _key(config, data)
    finished = _finished(output, key)
    if finished is not None:
        return finished
    module = Contrastive(config)
    _fit(module, data, _prepare(output, config) / f"{config.method}-{key}.ckpt", progress)
    card = {**_card(config, data, module), "training_key": key}
    encoder = Encoder(config.method, config.encoder, module.backbone.eval(), card)
    encoder.card["metrics"] = _metrics(catalogue, encoder)
    save(encoder, output)
    return encoder


def _check(config: TrainConfig) -> None:
    if config.method not in METHODS:
        raise TrainingError(f"method {config.method}: unknown; there are {', '.join(METHODS)}")
    if config.recipe not in augment.RECIPES:
        raise TrainingError(f"recipe {config.recipe}: unknown; there are {', '.join(augment.RECIPES)}")


def _fit(module: Contrastive, data: TrainingSet, checkpoint: Path, progress: bool) -> None:
    """Train, from the checkpoint if there is one."""
    config, handler = module.config, signal.getsignal(signal.SIGINT)
    batches = Batches(data, config.batch_size, config.seed)
    keeper = ModelCheckpoint(checkpoint.parent, filename=checkpoint.stem, save_top_k=1, enable_version_counter=False)
    try:
        with _Quiet():
            trainer = pl.Trainer(
                max_epochs=config.epochs,
                accelerator="auto",
                callbacks=[_NextEpoch(batches), keeper],
                logger=False,
                enable_progress_bar=progress,
                enable_model_summary=False,
                use_distributed_sampler=False,
            )
            resume = checkpoint if checkpoint.exists() else None
            trainer.fit(module, DataLoader(batches, batch_size=None), ckpt_path=resume, weights_only=True)
    except SystemExit:
        # Lightning turns the person's interrupt into an exit and from then on ignores interrupts.
        raise KeyboardInterrupt from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)


def _key(config: TrainConfig, data: TrainingSet) -> str:
    """Names a training: another configuration or other data have another name; labels count where they are used."""
    parts = [json.dumps(asdict(config), sort_keys=True), candids_sha256(data.frame)]
    if config.method == "s-simclr":
        named = data.frame.sort_values("candid")["label"].fillna("")
        parts.append(hashlib.sha256("\n".join(named).encode()).hexdigest())
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:12]


def _finished(output: Path, key: str) -> Encoder | None:
    """The encoder in `output`, if it is this training's result."""
    if not (output / CARD_FILE).exists():
        return None
    try:
        encoder = load(output.resolve())  # a bare name would be that of a shipped encoder
    except EncoderError:  # an older or damaged one, which this training replaces
        return None
    return encoder if encoder.card.get("training_key") == key else None


def _prepare(output: Path, config: TrainConfig) -> Path:
    """Make the folder, write the configuration there, and return where checkpoints go."""
    try:
        (output / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(config), indent=1, sort_keys=True)
        (output / "config.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"output {output}: cannot be written ({error.strerror or error})") from error
    return output / CHECKPOINTS


def candids_sha256(frame: pd.DataFrame) -> str:
    """Names a set of alerts: the hash of their sorted candids, one a line."""
    return hashlib.sha256("\n".join(map(str, sorted(frame["candid"].tolist()))).encode()).hexdigest()


def _card(config: TrainConfig, data: TrainingSet, module: Contrastive) -> dict[str, object]:
    labelled = Counter(data.frame["label"].fillna("unlabelled"))
    surveys = sorted(set(data.frame["survey"]))
    loss = module.trainer.callback_metrics.get("loss")
    return {
        "method": config.method,
        "papers": {"simclr": "Chen et al. 2020, arXiv:2002.05709", "s-simclr": "Khosla et al. 2020, arXiv:2004.11362"}[
            config.method
        ],
        "training": asdict(config),
        "augmentations": [repr(step) for step in (*module.recipe.geometric, *module.recipe.photometric)],
        "trained_on": {
            "object_ids": sorted(set(data.frame["object_id"])),
            "labels_used": config.method == "s-simclr",
            "alerts": len(data.frame),
            "alerts_by_label": dict(sorted(labelled.items())),
            "candids_sha256": candids_sha256(data.frame),
            "surveys": surveys,
        },
        "split": "the first fold of StratifiedGroupKFold(5, shuffle=True, random_state=0) over the labelled objects "
        "is the test part; neither its images nor its labels were seen",
        "normalisation": "each channel in units of its own sky noise (1.4826 MAD) above its median; asinh stretch",
        "final_loss": None if loss is None else round(float(loss), 4),
        "hardware": f"{torch.get_num_threads()} threads, {platform.machine()}, torch {torch.__version__}",
        "minutes": round(module.seconds / 60, 1),
        "command": f"ztfexplore train --catalogue CATALOGUE --method {config.method} --output DIR",
        "licence": f"MIT (weights); trained on alerts of: {', '.join(SURVEYS[name].title for name in surveys)}",
    }


def _metrics(catalogue: Catalogue, encoder: Encoder) -> dict[str, object] | None:
    """The linear probe on the test part, for the card; None if there are no labels to probe with."""
    frame = catalogue.frame()
    values = encoder.embed(catalogue.stamps(np.arange(len(catalogue))))
    try:
        return {"what": "linear probe on the test part, images only", **asdict(probe_score(values, frame))}
    except TrainingError:  # too few labels for a probe are no reason to lose the weights
        return None


class _Quiet(warnings.catch_warnings):
    """Lightning's advice on workers, accelerators and products is not for the person who trains."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.filterwarnings("ignore", module="lightning")
        self._logger = logging.getLogger("lightning.pytorch")
        self._level = self._logger.level
        self._logger.setLevel(logging.ERROR)

    def __exit__(self, *error: object) -> None:
        self._logger.setLevel(self._level)
        super().__exit__(*error)
