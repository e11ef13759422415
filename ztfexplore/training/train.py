"""Training with Lightning: the only module with an optimiser, and one path for every method."""

from __future__ import annotations

import json
import logging
import math
import signal
import threading
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from ztfexplore.augment.registry import recipe_of
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.embeddings import principal_axes
from ztfexplore.encoders import pca
from ztfexplore.encoders.backbones import Backbone, build
from ztfexplore.encoders.encoder import CARD_FILE, Encoder, load, save
from ztfexplore.encoders.whitening import fit_whitening
from ztfexplore.errors import CatalogueError, EncoderError, TrainingError
from ztfexplore.evaluation.agreement import MEASURED, agreement
from ztfexplore.evaluation.classifiers import probe_score
from ztfexplore.progress import OnCount, no_count
from ztfexplore.training.card import encoder_name, training_card, training_key
from ztfexplore.training.config import METHODS, TrainConfig, check
from ztfexplore.training.data import Batches, TrainingSet, generator, training_rows, training_set
from ztfexplore.training.objectives import Objective

CHECKPOINTS = "checkpoints"
AGREEMENT = "mean absolute difference of an object and its nearest neighbours, overlapping stamps left out"
# Below this spread (1 if the vectors fill the sphere) the encoder gives all stamps the same vector: it has collapsed.
COLLAPSED = 1e-2


class Learner(pl.LightningModule):
    """A backbone under a method's objective."""

    def __init__(self, config: TrainConfig, classes: int = 0) -> None:
        super().__init__()
        self.config = config
        self.backbone = build(config.encoder, config.seed)
        self.objective = objective(config, self.backbone, classes)
        self.recipe = recipe_of(config.recipe)
        self._start, self._earlier = time.perf_counter(), 0.0

    @property
    def seconds(self) -> float:
        """Seconds spent on this training, including the time before an interruption."""
        return self._earlier + time.perf_counter() - self._start

    def on_save_checkpoint(self, checkpoint: dict[str, object]) -> None:
        checkpoint["seconds"] = self.seconds

    def on_load_checkpoint(self, checkpoint: dict[str, object]) -> None:
        self._earlier = float(str(checkpoint.get("seconds", 0)))
        self._start = time.perf_counter()

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_index: int) -> Tensor:
        images, partners, labels = batch
        random = generator(self.config.seed, 1, self.global_step)
        views = [self.recipe(stamps.cpu(), self.config.encoder.crop, random) for stamps in (images, partners)]
        first, second = (view.to(self.device) for view in views)
        loss, spread = self.objective.step(self.backbone, (first, second), labels)
        self._check(loss, spread)
        self.log("loss", loss, prog_bar=True, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def on_train_batch_end(self, *_: object) -> None:
        self.objective.after_step(self.backbone, self.global_step / self._total_steps)

    @property
    def _total_steps(self) -> int:
        return max(1, int(self.trainer.estimated_stepping_batches))

    def _check(self, loss: Tensor, spread: Tensor) -> None:
        """Stop a training that has gone wrong, with a message about the reason."""
        if not torch.isfinite(loss):
            raise TrainingError(f"the loss became {loss.item()} at step {self.global_step}; lower the learning rate")
        if spread < COLLAPSED:
            advice = METHODS[self.config.method].advice.format(temperature=self.config.temperature)
            raise TrainingError(f"all embeddings became the same by step {self.global_step} (collapse); {advice}")

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=self.config.learning_rate, weight_decay=self.config.weight_decay)
        total = self._total_steps
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _cosine(step / total, self.config.warmup))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _cosine(progress: float, warmup: float) -> float:
    """Fraction of the peak learning rate: a linear rise, then half a cosine down to 0."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def objective(config: TrainConfig, backbone: Backbone, classes: int) -> Objective:
    """A method's heads and loss, with fresh weights that depend only on the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed + 1)
        return METHODS.find(config.method).build(config, backbone, classes)


def fit_network(
    config: TrainConfig, data: TrainingSet, checkpoint: Path | None = None, progress: bool = False
) -> tuple[Learner, float | None]:
    """Train a network, starting from the checkpoint if there is one.

    Args:
        checkpoint: file to resume from and to save to after every epoch; None for no checkpoint.
        progress: whether to show a bar.

    Returns:
        the trained learner, in evaluation mode, and the last epoch's mean loss.

    Raises:
        TrainingError: if the loss turns NaN, or the embeddings collapse.
    """
    module = Learner(config, len(data.classes))
    batches = Batches(data, config.batch_size, config.seed)
    handler = signal.getsignal(signal.SIGINT)
    try:
        with _Quiet():
            trainer = _trainer(config, batches, checkpoint, progress)
            resume = checkpoint if checkpoint is not None and checkpoint.exists() else None
            trainer.fit(module, DataLoader(batches, batch_size=None), ckpt_path=resume, weights_only=True)
    except SystemExit:
        # Lightning turns the user's interrupt into an exit and ignores further interrupts.
        raise KeyboardInterrupt from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)
    loss = trainer.callback_metrics.get("loss")
    return module.eval(), None if loss is None else float(loss)


def _trainer(config: TrainConfig, batches: Batches, checkpoint: Path | None, progress: bool) -> pl.Trainer:
    callbacks: list[pl.Callback] = [_NextEpoch(batches)]
    if progress:
        callbacks.append(_Bar())
    if checkpoint is not None:
        callbacks.append(
            ModelCheckpoint(checkpoint.parent, filename=checkpoint.stem, save_top_k=1, enable_version_counter=False)
        )
    return pl.Trainer(
        max_epochs=config.epochs,
        accelerator="auto",
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=checkpoint is not None,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )


class _NextEpoch(pl.Callback):
    """Tells the batches which epoch it is, including after a resume."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.batches.epoch = trainer.current_epoch


class _Bar(pl.Callback):
    """A bar of the steps on stderr: Lightning's own writes to stdout, which is for results."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        total = int(trainer.estimated_stepping_batches)
        self.bar = tqdm(total=total, initial=trainer.global_step, desc="train", unit="steps", leave=False)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *_: object) -> None:
        self.bar.set_postfix(epoch=trainer.current_epoch + 1, loss=f"{outputs['loss'].item():.3f}", refresh=False)
        self.bar.update(1)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.bar.close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        if hasattr(self, "bar"):
            self.bar.close()


def train(
    source: Snapshot | Catalogue,
    config: TrainConfig,
    output: Path,
    progress: bool = True,
    on_simulated: OnCount = no_count,
) -> Encoder:
    """Train an encoder and write weights, card and configuration to `output`.

    An interrupted training continues from the last epoch's checkpoint in `output` if its configuration and data are
    the same; a finished one is not repeated.

    Args:
        progress: whether to show a bar of the steps, on stderr.
        on_simulated: called with the number of objects simulated since the last call.

    Raises:
        TrainingError: if there is too little data, the loss turns NaN, or the embeddings collapse.
    """
    check(config)
    snapshot = as_snapshot(source)
    key = training_key(config, training_rows(snapshot, config))
    finished = _finished(output, key)
    if finished is not None:
        return finished
    data = training_set(snapshot, config, on_simulated)
    learner, loss = fit_network(config, data, _prepare(output, config) / f"{config.method}-{key}.ckpt", progress)
    card = {**training_card(config, data, loss, learner.seconds), "training_key": key}
    name = encoder_name(config, set(data.frame["survey"]))
    encoder = Encoder(name, config.encoder, learner.backbone, card)
    if config.encoder.whitened:
        encoder.whitening = fit_whitening(_vectors(snapshot.catalogue, encoder, data), config.encoder.whitened)
    encoder.card["metrics"] = _metrics(snapshot, encoder)
    save(encoder, output)
    return encoder


def _vectors(catalogue: Catalogue, encoder: Encoder, data: TrainingSet) -> np.ndarray:
    """The embeddings of the catalogue's stamps that were trained on."""
    return encoder.embed(catalogue.stamps(data.frame.index.to_numpy()))


def _finished(output: Path, key: str) -> Encoder | None:
    """The encoder in `output` if it is the result of this training."""
    if not (output / CARD_FILE).exists():
        return None
    try:
        encoder = load(output.resolve())  # a bare name would mean a shipped encoder
    except EncoderError:  # older or damaged: this training replaces it
        return None
    return encoder if encoder.card.get("training_key") == key else None


def _prepare(output: Path, config: TrainConfig) -> Path:
    """Make the folder, write the configuration there, and return where checkpoints go."""
    try:
        (output / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
        text = json.dumps(config.as_dict(), indent=1, sort_keys=True)
        (output / "config.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"output {output}: cannot be written ({error.strerror or error})") from error
    return output / CHECKPOINTS


def _metrics(snapshot: Snapshot, encoder: Encoder) -> dict[str, object] | None:
    """How good it is, for the card: scored with labels if there are any, else by measured size and shape."""
    catalogue, frame = snapshot.catalogue, snapshot.frame
    rows = np.arange(len(catalogue))
    stamps = catalogue.stamps(rows)
    values = encoder.embed(stamps)
    try:
        if frame.reindex(columns=list(MEASURED)).notna().any(axis=None):
            baseline = principal_axes.fit(catalogue, rows, encoder.config.crop).embed(stamps)
            found = agreement(frame, {encoder.name: values, pca.NAME: baseline})
            return {"what": AGREEMENT, "agreement": [asdict(one) for one in found]}
        return {"what": "linear probe on the test part, images only", **probe_score(values, frame).as_dict()}
    except (TrainingError, CatalogueError):  # too little data for a score must not lose the weights
        return None


class _Quiet(warnings.catch_warnings):
    """Silence Lightning's advice on workers, accelerators and products, which does not concern users."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.filterwarnings("ignore", module="lightning")
        self._logger = logging.getLogger("lightning.pytorch")
        self._level = self._logger.level
        self._logger.setLevel(logging.ERROR)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._logger.setLevel(self._level)
        super().__exit__(kind, error, trace)
