"""Catalogues whose embedding is known: the classes lie apart in it, so that a probe on it must find them."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from click.testing import CliRunner

from tests.support.packets import CANDID, alerts
from tests.support.snapshots import snapshot
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.cli import main
from ztfexplore.embeddings import embedding
from ztfexplore.encoders import encoder
from ztfexplore.probe.compare import ProbeData, Question, TrainedProbe, prepare_probe_data, train_probe

CLASSES = ("AGN", "SN", "VS")
# 60 labelled objects and 9 without a label.
LABELS = [*(CLASSES[i % 3] for i in range(60)), *([None] * 9)]
# In the address of the probe page: with C given, a training takes a moment.
QUICK = {"c": "0.1"}


def build(
    path: Path,
    labels: list[str | None],
    name: str = "random",
    weights: str | None = None,
    magnitudes: tuple[float, ...] | None = None,
) -> Catalogue:
    """A catalogue with one alert per object, and an embedding in which the classes lie apart, unlabelled ones as SN.

    The alerts are alike in their metadata, unless they are given magnitudes, which repeat.
    """
    made = Catalogue.create(path)
    one = alerts(0)[0]
    made.add(
        [
            replace(
                one,
                candid=CANDID + i,
                object_id=f"o{i}",
                label=label,
                label_source="test" if label else None,
                magnitude=magnitudes[i % len(magnitudes)] if magnitudes else one.magnitude,
            )
            for i, label in enumerate(labels)
        ]
    )
    codes = [CLASSES.index(label) if label in CLASSES else 1 for label in labels]
    values = 6 * np.eye(3, 5)[codes] + np.random.default_rng(0).normal(size=(len(labels), 5))
    metadata = {"weights_sha256": weights or encoder.load("random").weights_sha256, "encoder": name}
    made.write_vectors(embedding.column(name), np.arange(len(labels)), values.astype(np.float32), metadata)
    return made


def train_all(
    catalogue: Catalogue, question: Question, frame: pd.DataFrame | None = None
) -> tuple[ProbeData, dict[str, TrainedProbe]]:
    """The data and the trained probes of a question, by name."""
    data = prepare_probe_data(snapshot(catalogue, frame), question)
    return data, {name: train_probe(data, name, question.config) for name in question.probes}


def taught(folder: Path, monkeypatch, objects: list[str], labels_used: bool = True) -> str:
    """An encoder 'own' among the shipped ones, trained on these objects; returns its hash."""
    own = encoder.random_encoder(seed=3)
    own.name = "own"
    own.card |= {"name": "own", "trained_on": {"object_ids": objects, "labels_used": labels_used}}
    encoder.save(own, folder / "own")
    monkeypatch.setattr(encoder, "MODELS", folder)
    return encoder.load("own").weights_sha256


def argue(path: Path) -> Path:
    """A catalogue of 60 objects that came with labels, embedded by two encoders (one of them not everywhere), and
    labels by people, who disagree about a dozen of them and label six more."""
    made = build(path, LABELS, magnitudes=(17.0, 18.5, 19.0, 17.2))
    noise = np.random.default_rng(1).normal(size=(len(LABELS), 4)).astype(np.float32)
    made.write_vectors(embedding.column("noise"), np.arange(5, len(LABELS)), noise[5:], {"weights_sha256": "n" * 64})
    frame = made.frame(["candid", "label"])
    people, disputed = Annotations.open(path), frame["label"].eq("VS").to_numpy().nonzero()[0][:12]
    people.add(frame["candid"].iloc[disputed].tolist(), "AGN", "Ann", "ztf")
    people.add(frame["candid"].iloc[60:66].tolist(), "SN", "Bob", "ztf")
    return path


def run_printed(command: str) -> dict:
    """What a command says with --json that a page printed for a person to copy."""
    program, *arguments = shlex.split(command)
    assert program == "ztfexplore"
    done = CliRunner().invoke(main, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)
