"""How good are an encoder's settings? Cross-validation over objects outside the test part, which is not used.

Settings are chosen by these results; `ztfexplore evaluate` reports on the test part afterwards. An encoder
that used no labels is scored unchanged: a linear probe on four fifths of the labelled objects predicts the other fifth,
in turn. A method that uses labels has to be trained anew for every fold without the fold's labels (--train), which
takes five trainings. Balanced accuracy; an object counts once.

Usage: python benchmarks/cross_validation.py CATALOGUE --encoder simclr --encoder random [--repeats 3]
       python benchmarks/cross_validation.py CATALOGUE --train s-simclr [--epochs 4]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ztfexplore.catalogue.catalogue import Catalogue  # noqa: E402
from ztfexplore.embeddings import embedding  # noqa: E402
from ztfexplore.encoders.encoder import Encoder  # noqa: E402
from ztfexplore.errors import EncoderError, ZtfexploreError  # noqa: E402
from ztfexplore.evaluation.classifiers import C_VALUES, linear_probe  # noqa: E402
from ztfexplore.evaluation.metrics import balanced_accuracy, bootstrap_interval  # noqa: E402
from ztfexplore.evaluation.split import FOLDS, test_objects  # noqa: E402
from ztfexplore.training.config import TrainConfig  # noqa: E402
from ztfexplore.training.data import assemble, config_for, prepare  # noqa: E402
from ztfexplore.training.train import fit_network  # noqa: E402

# Embeddings (n, dim) of all rows, by an encoder that has not seen the labels of these rows.
Embed = Callable[[np.ndarray], np.ndarray]


def folds(frame: pd.DataFrame, repeat: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Row numbers to fit on and to predict: labelled alerts outside the test part, whole objects together."""
    outside = frame["label"].notna() & ~frame["object_id"].isin(test_objects(frame))
    rows = frame.index[outside].to_numpy()
    split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=100 + repeat)
    for fitted, held in split.split(rows, frame["label"].iloc[rows], frame["object_id"].iloc[rows]):
        yield rows[fitted], rows[held]


def scores(frame: pd.DataFrame, embed: Embed, repeats: int) -> str:
    """Balanced accuracy at the best C of the probe, its interval over objects, and the spread of repeats."""
    labels, objects = frame["label"].to_numpy(dtype=object), frame["object_id"].to_numpy(dtype=str)
    found: dict[float, list[float]] = {C: [] for C in C_VALUES}
    intervals: dict[float, tuple[float, float]] = {}
    for repeat in range(repeats):
        predicted: dict[float, list[np.ndarray]] = {C: [] for C in C_VALUES}
        rows = []
        for fitted, held in folds(frame, repeat):
            vectors = embed(held)
            rows.append(held)
            for C in C_VALUES:
                with threadpool_limits(1):
                    probe = linear_probe(C=C).fit(vectors[fitted], labels[fitted].astype(str))
                predicted[C].append(probe.predict(vectors[held]))
        tested = np.concatenate(rows)
        true = labels[tested].astype(str)
        for C, parts in predicted.items():
            found[C].append(balanced_accuracy(true, np.concatenate(parts), objects[tested]))
            intervals.setdefault(C, bootstrap_interval(true, np.concatenate(parts), objects[tested]))
    best = max(found, key=lambda C: float(np.mean(found[C])))
    low, high = intervals[best]
    return f"{np.mean(found[best]):.3f} [{low:.3f}, {high:.3f}] ± {np.std(found[best]):.3f} over repeats, C {best}"


def retrained(catalogue: Catalogue, config: TrainConfig) -> Embed:
    """Trains on everything outside the test part except the labels of the rows that are held out."""
    frame = catalogue.frame()
    stamps = catalogue.stamps(np.arange(len(catalogue)))
    outside = ~frame["object_id"].isin(test_objects(frame)).to_numpy()

    def embed(held: np.ndarray) -> np.ndarray:
        hidden = frame["label"].where(~frame.index.isin(held))
        kept = np.flatnonzero(outside & (hidden.notna() if config.method == "supervised" else True))
        images = prepare([stamps[row] for row in kept], config)
        shown = frame.iloc[kept].assign(label=hidden.iloc[kept])
        with tqdm(total=config.simulated, desc="simulate", leave=False) as bar:
            data = assemble(images, shown, config, bar.update)
        learner, _ = fit_network(config, data, progress=True)
        return Encoder(config.method, config.encoder, learner.backbone).embed(stamps)

    return embed


def main() -> None:
    """Print one line per encoder or method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--encoder", action="append", dest="encoders", default=[], help="a name or a folder")
    parser.add_argument("--train", action="append", dest="methods", default=[], help="a method to train in every fold")
    parser.add_argument("--epochs", type=int, help="of --train; as shipped if not given")
    parser.add_argument("--repeats", type=int, default=3, help="of the five folds, with --encoder [3]")
    options = parser.parse_args()
    try:
        catalogue = Catalogue.open(options.catalogue)
        frame = catalogue.frame()
        for name in options.encoders:
            loaded = embedding.load_encoder(catalogue, name)
            if isinstance(loaded, Encoder) and loaded.card["trained_on"]["labels_used"]:
                raise EncoderError(f"encoder {name}: seen in training, the labels it would be scored on; use --train")
            vectors = loaded.embed(catalogue.stamps(np.arange(len(catalogue))))
            print(name, scores(frame, lambda held, vectors=vectors: vectors, options.repeats), flush=True)
        for method in options.methods:
            config = config_for(catalogue, method)
            config = replace(config, epochs=options.epochs or config.epochs)
            print(f"{method} (trained in every fold)", scores(frame, retrained(catalogue, config), 1), flush=True)
    except ZtfexploreError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
