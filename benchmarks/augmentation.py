"""How fast is a training with our batched augmentation, against lightly's SimCLR transform in a DataLoader?

Both train the same compact backbone, projector, NT-Xent loss and AdamW with the same batches of stamps, by the same
step; two views per stamp. They differ in where the views come from, and in how weights and images lie in memory:
- ours: float32 stamps in memory, a whole batch turned into views by tensor operations (the recipe of the shipped
  encoders), channels_last, in the process that trains;
- lightly: its SimCLRTransform with its own defaults (but for the size of the view), sample by sample in a torch
  DataLoader with two workers that stay alive, which is how lightly's examples train. Stamps wait as decoded 21x21 PIL
  images, uint8, asinh-stretched, science, template and difference as red, green and blue: nothing is left for the
  workers to read, decode or cut out. Tensors are as torch makes them (contiguous); --channels-last gives lightly's side
  our layout, so that the augmentation alone is compared.

The transforms are not the same: SimCLR's crops, jitters colours and blurs, ours turns, scales, adds noise and masks.
The waiting time is compared. A measurement is some steps of each in turn, without the first step, so that the workers
are running and have batches ready; ratios are of adjacent measurements, which a busy machine slows equally. The
network's own step takes both sides the same time and bounds the ratio, so making the views alone is measured too, as
stamps per second without training.

Usage: python benchmarks/augmentation.py [--repeats 5] [--steps 16] [--threads 2] [--channels-last] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightly.transforms import SimCLRTransform
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import _results  # noqa: E402
from ztfexplore.augment.registry import recipe_of  # noqa: E402
from ztfexplore.encoders.backbones import build  # noqa: E402
from ztfexplore.sources.simulation.simulate import simulate_alerts  # noqa: E402
from ztfexplore.training.config import METHODS, TrainConfig  # noqa: E402
from ztfexplore.training.data import Batches, TrainingSet, assemble, generator, prepare  # noqa: E402
from ztfexplore.training.train import objective  # noqa: E402

CONFIG = replace(METHODS["simclr"].config, simulated=0, positives="stamp")
WORKERS = 2
WHAT = {"training": True, "views alone": False}  # what is measured, and whether it trains
STRETCHED = 8.0  # asinh of a source some 1500 times the sky noise, shown as white

Views = Iterator[tuple[Tensor, Tensor, Tensor]]  # (first views, second views, labels) of one batch after the other


class Pictures(Dataset):
    """Stamps as decoded pictures, from which lightly's transform makes two views."""

    def __init__(self, images: np.ndarray, length: int) -> None:
        shades = np.clip((np.arcsinh(images) / STRETCHED + 1) / 2 * 255, 0, 255).astype(np.uint8)
        self.pictures = [Image.fromarray(shade.transpose(1, 2, 0)) for shade in shades]  # (crop, crop, channels)
        self.transform = SimCLRTransform(input_size=images.shape[-1])
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, int]:
        row = index % len(self.pictures)
        first, second = self.transform(self.pictures[row])
        return first, second, row


def our_views(data: TrainingSet, config: TrainConfig, steps: int) -> Views:
    """As `ztfexplore.training.train` makes them."""
    batches, recipe, made = Batches(data, config.batch_size, config.seed), recipe_of(config.recipe), 0
    while True:
        for images, partners, labels in batches:
            if made == steps:
                return
            random = generator(config.seed, 1, made)
            first, second = (recipe(stamps, config.encoder.crop, random) for stamps in (images, partners))
            yield first, second, labels
            made += 1
        batches.epoch += 1


class Side:
    """A network in training.

    Attributes:
        batches: makes the views of a number of steps.
        layout: memory layout of weights and images.
    """

    def __init__(self, config: TrainConfig, batches: Callable[[], Views], layout: torch.memory_format) -> None:
        self.batches, self.layout = batches, layout
        self.backbone = build(config.encoder, config.seed).to(memory_format=layout)
        if layout is torch.contiguous_format:  # the backbone would turn its input into channels_last
            softening = config.encoder.softening
            self.backbone.stretch = lambda x: torch.asinh(x / softening)
        self.objective = objective(config, self.backbone, classes=0)
        parameters = [*self.backbone.parameters(), *self.objective.parameters()]
        self.optimizer = torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)

    def step(self, first: Tensor, second: Tensor, labels: Tensor) -> None:
        """The step of both sides."""
        views = torch.cat([first, second]).contiguous(memory_format=self.layout)
        loss, _ = self.objective(*self.backbone(views).chunk(2), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def speed(self, train: bool) -> float:
        """Stamps a second, without the first batch; without training, of the views alone."""
        done, start = 0, 0.0
        for first, second, labels in self.batches():
            if train:
                self.step(first, second, labels)
            if not start:
                start = time.perf_counter()
            else:
                done += len(labels)
        return done / (time.perf_counter() - start)


def measure(repeats: int, steps: int, stamps: int, layout: torch.memory_format) -> dict[str, dict[str, list[float]]]:
    """Stamps a second, 'training' and 'views alone', of 'ours' and 'lightly', in turns, after a round not counted."""
    alerts = list(simulate_alerts(stamps, seed=0))
    images = prepare([alert.stamp for alert in alerts], CONFIG)
    frame = pd.DataFrame({"object_id": [alert.object_id for alert in alerts], "label": None})
    data = assemble(images, frame, CONFIG)
    pictures = Pictures(images, (steps + 1) * CONFIG.batch_size)
    loader = DataLoader(pictures, CONFIG.batch_size, shuffle=True, num_workers=WORKERS, persistent_workers=True)
    sides = {
        "ours": Side(CONFIG, lambda: our_views(data, CONFIG, steps + 1), torch.channels_last),
        "lightly": Side(CONFIG, lambda: iter(loader), layout),
    }
    found: dict[str, dict[str, list[float]]] = {what: {name: [] for name in sides} for what in WHAT}
    for turn in range(repeats + 1):
        for what, train in WHAT.items():
            for name, side in sides.items():
                speed = side.speed(train)
                if turn:
                    found[what][name].append(speed)
    return found


def ratios(speeds: dict[str, list[float]]) -> list[float]:
    """How many times as fast ours is, by measurement."""
    return [ours / other for ours, other in zip(speeds["ours"], speeds["lightly"], strict=True)]


def summary(found: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, Any]]:
    """Median, lowest and highest of every speed and ratio."""

    def spread(values: list[float], digits: int) -> dict[str, float]:
        told = {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}
        return {name: round(value, digits) for name, value in told.items()}

    return {
        what: {**{name: spread(values, 0) for name, values in speeds.items()}, "ratio": spread(ratios(speeds), 2)}
        for what, speeds in found.items()
    }


def row(what: str, name: str, values: list[float], digits: int) -> str:
    """A line of the table."""
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
    return f"| {what} | {name} | {middle} | {low} to {high} |"


def main() -> None:
    """Print stamps per second of both and the ratio, or with --json every measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="measurements of each [5]")
    parser.add_argument("--steps", type=int, default=16, help="steps a measurement, one more not counted [16]")
    parser.add_argument("--stamps", type=int, default=1024, help="different stamps in memory [1024]")
    parser.add_argument("--threads", type=int, help="of the process that trains [torch's choice]")
    parser.add_argument("--channels-last", action="store_true", help="lightly's side in our memory layout too")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    _results.add_options(parser)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    warnings.filterwarnings("ignore", message="lance is not fork-safe")  # the workers open no catalogue
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    found = measure(options.repeats, options.steps, max(options.stamps, CONFIG.batch_size), layout)
    setting = {"threads": torch.get_num_threads(), "workers": WORKERS}
    _results.write(options, "same layout" if options.channels_last else "as each is used", setting | summary(found))
    if options.json:
        print(json.dumps(setting | found))
        return
    workers = f"{torch.get_num_threads()} threads, {WORKERS} workers"
    print(f"{workers}, batches of {CONFIG.batch_size}, two views per stamp\n")
    print("| | | stamps per second, median | lowest to highest |\n|---|---|---|---|")
    for what, speeds in found.items():
        for name, values in speeds.items():
            print(row(what, name, values, 0))
        print(row(what, "ratio", ratios(speeds), 2))


if __name__ == "__main__":
    main()
