"""One run: train a network, freeze it, and measure its embedding on the test part. The same run gives the same numbers.

Everything runs on one thread: sums taken in another order would give slightly different numbers.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import ztfexplore
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.encoders.backbones import Backbone, build
from ztfexplore.encoders.encoder import Encoder
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation.classifiers import DEFAULT_C, NEIGHBOURS, Parts, fit_probe, knn_predict, linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy, class_means, uniformity
from ztfexplore.progress import OnText, no_text
from ztfexplore.research import SCIENCE_VERSION
from ztfexplore.research.datasets import Arm, RunDatasets, UnfitError, data_hash
from ztfexplore.research.grid import ALL, Run
from ztfexplore.training.train import fit_network

DONE, SKIPPED, FAILED = "done", "skipped", "failed"
# A set with few labels per class does not have NEIGHBOURS of each class.
FEW_NEIGHBOURS, FEW_LABELS = 10, 50
UNKNOWN = "-"  # a predicted class that does not occur among the tested alerts
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class RunResult:
    """What a run gives: rows for the three tables.

    Attributes:
        rows: rows of the table of results, one per probe.
        predictions: rows of the table of predictions, one per probe; one character per tested alert.
        tested: rows of the table of tested alerts; empty if nothing was tested.
    """

    rows: list[dict[str, Any]]
    predictions: list[dict[str, str]]
    tested: list[dict[str, Any]]


def execute_run(run: Run, arm: Arm, say: OnText = no_text) -> RunResult:
    """Carry out a run; if the data are not enough or the training fails, the result is a row with the reason.

    Args:
        say: called with the current activity.
    """
    start = time.perf_counter()
    with one_thread():
        try:
            datasets = arm.datasets(run, say)
            say("train")
            backbone, loss = _trained(datasets)
        except (UnfitError, TrainingError) as error:
            status = SKIPPED if isinstance(error, UnfitError) else FAILED
            reason = {"status": status, "reason": str(error), "seconds": _since(start)}
            return RunResult([describe_run(run, arm.data) | reason], [], [])
        say("measure")
        measured, predictions, tested = _measure(run, datasets, Encoder("research", datasets.config.encoder, backbone))
    common = (
        describe_run(run, arm.data)
        | dataset_counts(datasets)
        | {"status": DONE, "loss": loss, "seconds": _since(start)}
    )
    return RunResult(
        [common | row for row in measured],
        [{"key": common["key"]} | row for row in predictions],
        tested,
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch and BLAS on one thread; afterwards as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def _since(start: float) -> float:
    return round(time.perf_counter() - start, 1)


def _trained(datasets: RunDatasets) -> tuple[Backbone, float | None]:
    if datasets.training is None:
        return build(datasets.config.encoder, datasets.config.seed).eval(), None
    learner, loss = fit_network(datasets.config, datasets.training)
    return learner.backbone, loss


def describe_run(run: Run, data: str) -> dict[str, Any]:
    """The columns of a row that describe the run itself."""
    return {
        "key": run.key(data),
        "science": SCIENCE_VERSION,
        "data": data,
        "experiment": run.experiment,
        "arm": run.arm,
        "method": run.method,
        "recipe": run.recipe,
        "positives": run.positives,
        "ratio": run.ratio,
        "rare": run.rare,
        "labels": run.labels,
        "sampling": run.sampling,
        "seed": run.seed,
        "steps": run.steps,
        "versions": f"ztfexplore {ztfexplore.__version__}, torch {torch.__version__.partition('+')[0]}, "
        f"numpy {np.__version__}, python {platform.python_version()}",
    }


def dataset_counts(datasets: RunDatasets) -> dict[str, int]:
    """The columns of a row that count what was trained on and tested."""
    training, parts = datasets.training, datasets.parts
    return {
        "train_objects": len(torch.unique(training.objects)) if training else 0,
        "train_alerts": len(training) if training else 0,
        "train_labels": datasets.labelled,
        "test_objects": len(set(parts.objects[parts.test])),
        "test_alerts": len(parts.test),
    }


def _measure(
    run: Run, datasets: RunDatasets, encoder: Encoder
) -> tuple[list[dict[str, Any]], list[dict[str, str]], list[dict[str, Any]]]:
    """(rows of results, rows of predictions, rows of tested alerts)."""
    parts = datasets.parts
    features = _embedded(encoder, datasets)
    true, objects = parts.labels[parts.test], parts.objects[parts.test]
    names = np.unique(true)
    k = NEIGHBOURS if not 0 < run.probe < FEW_LABELS else FEW_NEIGHBOURS
    voted, same = knn_predict(features, parts, k), same_class(features, parts, k)
    tested = tested_rows(datasets, true, objects)
    common = {
        "knn_accuracy": balanced_accuracy(true, voted, objects),
        "knn_purity": float(class_means(true, same[:, None] / k, objects).mean()),
        "uniformity": uniformity(features[parts.test], objects),
        "test": tested[0]["test"],
        "neighbours": k,
    }
    rows: list[dict[str, Any]] = []
    predictions: list[dict[str, str]] = []
    for labels, fitted in datasets.probes.items():
        predicted, C = _probed(features, parts, fitted, labels, run.seed)
        recalls = dict(zip(names, class_means(true, (predicted == true)[:, None], objects)[:, 0], strict=True))
        row = {
            "probe_labels": labels,
            "probe_alerts": len(fitted),
            "C": C,
            "balanced_accuracy": balanced_accuracy(true, predicted, objects),
            "recall": " ".join(f"{name}:{value:.4f}" for name, value in recalls.items()),
        }
        rows.append(common | row)
        predictions.append({"probe_labels": labels, "linear": encode_classes(predicted, names)})
    # The neighbours need no probe, so they are stored once per run.
    predictions[0] |= {"knn": encode_classes(voted, names), "same": "".join(DIGITS[count] for count in same)}
    return rows, predictions, tested


def _embedded(encoder: Encoder, datasets: RunDatasets) -> np.ndarray:
    """Embeddings of the rows that are used, (rows of `stamps`, dim); NaN in the other rows."""
    parts = datasets.parts
    used = np.unique(np.concatenate([parts.fit, parts.test, *datasets.probes.values()]))
    features = np.full((len(datasets.stamps), encoder.embedding_dim), np.nan, dtype=np.float32)
    features[used] = encoder.embed([datasets.stamps[row] for row in used])
    return features


def _probed(features: np.ndarray, parts: Parts, rows: np.ndarray, labels: str, seed: int) -> tuple[np.ndarray, float]:
    """Predicted classes (m,) of the test part by a linear probe on these rows, and its C (tuned with all labels)."""
    if labels == ALL:
        probe, C = fit_probe(features[rows], parts.labels[rows], parts.objects[rows])
    else:
        probe, C = linear_probe(seed, DEFAULT_C).fit(features[rows], parts.labels[rows]), DEFAULT_C
    return probe.predict(features[parts.test]), C


def same_class(features: np.ndarray, parts: Parts, k: int) -> np.ndarray:
    """How many of the k nearest labelled objects outside the test part (cosine) share a tested alert's class, (m,).

    An object counts once, by its nearest alert, as in `evaluation.classifiers.knn_predict`.
    """
    known = parts.fit[np.argsort(parts.objects[parts.fit], kind="stable")]
    starts = np.flatnonzero(np.r_[True, parts.objects[known][1:] != parts.objects[known][:-1]])
    similarity = np.maximum.reduceat(unit_length(features[parts.test]) @ unit_length(features[known]).T, starts, axis=1)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    labels = parts.labels[known[starts]]
    return (labels[nearest] == parts.labels[parts.test][:, None]).sum(axis=1)


def tested_rows(datasets: RunDatasets, true: np.ndarray, objects: np.ndarray) -> list[dict[str, Any]]:
    """Rows for the tested alerts, in the order of the predictions' characters, with a hash of them all."""
    candids = [str(candid) for candid in datasets.candids]
    test = data_hash(candids, true.tolist(), objects.tolist())
    return [
        {"test": test, "candid": candid, "object_id": of, "label": label}
        for candid, of, label in zip(candids, objects.tolist(), true.tolist(), strict=True)
    ]


def encode_classes(classes: np.ndarray, names: np.ndarray) -> str:
    """One character per class: its place among the sorted tested classes, or '-'."""
    places = {name: DIGITS[place] for place, name in enumerate(names)}
    return "".join(places.get(name, UNKNOWN) for name in classes)
