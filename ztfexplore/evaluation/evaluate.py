"""The table of encoders: probes on the frozen encoder and its geometry, scored on the fixed test part.

The baselines stand in the same table, made in the same run and scored on the same alerts: PCA of the pixels, untrained
weights and, if a trainer is given, a network trained on the labels from scratch.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.embeddings import principal_axes
from ztfexplore.encoders import pca
from ztfexplore.encoders.config import EncoderConfig
from ztfexplore.encoders.embedder import Embedder
from ztfexplore.encoders.encoder import Encoder, random_encoder
from ztfexplore.errors import EncoderError, TrainingError
from ztfexplore.evaluation import geometry, low_labels
from ztfexplore.evaluation.classifiers import Parts, knn_predict, probe_predictions, probe_score
from ztfexplore.evaluation.low_labels import Scratch
from ztfexplore.evaluation.metrics import (
    Predictions,
    balanced_accuracy,
    bootstrap_interval,
    calibration,
    paired_difference,
    score,
)
from ztfexplore.evaluation.source_file import source_groups, source_probe, without_images
from ztfexplore.progress import OnStep, no_step

__all__ = ["BASELINES", "evaluate", "probe_score"]

PCA, PCA_WHOLE, RANDOM, SCRATCH = pca.NAME, "pca-whole", "random", "scratch"
BASELINES = (PCA, PCA_WHOLE, RANDOM)
# What every row is compared with, as far as it is in the table.
COMPARED_WITH = ("supervised", SCRATCH, PCA, RANDOM)
ALL = "all"


@dataclass
class SharedData:
    """What all rows share: the labelled alerts, the parts, the draws of labels; and what each row predicted.

    Attributes:
        frame: the labelled alerts, with `row`, their row numbers in the catalogue.
        parts: of that frame.
        draws: by count of labels, the rows of each draw.
        stamps: as read, one per row of the frame.
        sampled: positions in `parts.test` of the sample that is used where all pairs are compared.
        views: two augmented views of the sampled alerts.
        predicted: by row and count of labels, str (len(parts.test), fits).
        notes: what could not be done as asked, in words.
    """

    frame: pd.DataFrame
    parts: Parts
    draws: dict[int, list[np.ndarray]]
    stamps: list[np.ndarray]
    sampled: np.ndarray
    views: tuple[list[np.ndarray], list[np.ndarray]]
    predicted: dict[str, dict[int | str, np.ndarray]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class _Steps:
    """Counts what is done of a known number of steps."""

    def __init__(self, total: int, on_step: OnStep) -> None:
        self.total, self.done, self.on_step = total, 0, on_step

    def __call__(self, text: str) -> None:
        self.on_step(text, self.done / self.total)
        self.done += 1


def evaluate(
    source: Snapshot | Catalogue,
    encoders: Sequence[Encoder],
    scratch: Scratch | None = None,
    on_step: OnStep = no_step,
) -> dict[str, Any]:
    """Score encoders and baselines on the test part; ready for JSON.

    Args:
        source: a snapshot, whose labels count; of a catalogue, people's newest count first. The labels of the test
            part are always those that came with the data.
        encoders: those with a baseline's name are left out, since every baseline has a row anyway.
        scratch: trains a network on labelled stamps and predicts others; without it there is no row 'scratch'.
        on_step: called with what is being done and how far it is.

    Returns:
        'encoders', one row each: encoder, the fields of `Score` by the linear probe on all labels, knn, knn_interval,
        seen_of_test_part, labels_seen_in_training, calibration, alignment, uniformity, silhouette, low_labels by
        count, source, and difference_to by baseline. What a row cannot have is None.
        'test_part' and 'fit_part', objects and alerts, by class; 'source_without_images', the source probe on class
        and photometry, for comparison; labels_by and labels_used, see `Snapshot.labels_report`; 'notes', what could
        not be done, in words.

    Raises:
        EncoderError: if the stamps do not fit an encoder, or it embeds some as NaN.
        TrainingError: if there are too few labelled objects.
    """
    with warnings.catch_warnings():
        # scikit-learn warns of rare classes on every fold; the notes say it once.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"sklearn\.(model_selection|metrics)")
        return _evaluate(as_snapshot(source), encoders, scratch, on_step)


def _evaluate(
    snapshot: Snapshot, encoders: Sequence[Encoder], scratch: Scratch | None, on_step: OnStep
) -> dict[str, Any]:
    chosen = list({encoder.name: encoder for encoder in encoders if encoder.name not in BASELINES}.values())
    shared = _shared_data(snapshot)
    trainings = 0 if scratch is None else 1 + sum(map(len, shared.draws.values()))
    steps = _Steps(len(chosen) + len(BASELINES) + trainings, on_step)
    rows = []
    for encoder in chosen:
        steps(encoder.name)
        rows.append({**_row(encoder, shared), **_seen(encoder, shared.parts)})
    for baseline in _baselines(snapshot.catalogue, shared, chosen):
        steps(baseline.name)
        rows.append({**_row(baseline, shared), **SEEN_NOTHING})
    if scratch is not None:
        rows.append({**_scratch_row(scratch, shared, steps), **SEEN_NOTHING})
    for row in rows:
        _compare(row, shared)
    control = _source(without_images(shared.frame), shared)
    if control is None:
        shared.notes.append("source probe: all labelled alerts come from one kind of file")
    parts = shared.parts
    counts = {"test_part": _counts(parts, parts.test), "fit_part": _counts(parts, parts.fit)}
    own = shared.frame["row"].to_numpy()
    labels = snapshot.labels_report(own[parts.fit], own[parts.test])
    on_step("done", 1.0)
    notes = list(dict.fromkeys(shared.notes))
    return {"encoders": rows, **counts, "source_without_images": control, **labels, "notes": notes}


def _shared_data(snapshot: Snapshot) -> SharedData:
    catalogue, frame = snapshot.catalogue, snapshot.frame
    frame = frame.assign(row=np.arange(len(frame)))[frame["label"].notna()].reset_index(drop=True)
    parts = Parts.of(frame)
    draws = {count: low_labels.label_draws(parts, count) for count in low_labels.COUNTS}
    stamps = catalogue.stamps(frame["row"].to_numpy())
    if len({stamp.shape[0] for stamp in stamps}) > 1:
        raise EncoderError(f"catalogue {catalogue.path}: stamps with different numbers of channels cannot be compared")
    sampled = geometry.sample_objects(parts.objects[parts.test])
    views = geometry.two_views([stamps[row] for row in parts.test[sampled]])
    shared = SharedData(frame, parts, draws, stamps, sampled, views)
    for count in draws:
        found = low_labels.labels_per_class(parts, draws[count][0])
        few = [f"{name} {had}" for name, had in found.items() if had < count]
        if few:
            shared.notes.append(f"{count} labels per class: only {', '.join(few)} outside the test part")
    untaught = sorted(set(parts.labels[parts.test]) - set(parts.labels[parts.fit]))
    untested = sorted(set(parts.labels[parts.fit]) - set(parts.labels[parts.test]))
    if untaught:
        shared.notes.append(f"no label outside the test part: {', '.join(untaught)} (recall is 0)")
    if untested:
        shared.notes.append(f"no label in the test part: {', '.join(untested)} (not scored)")
    return shared


def _baselines(catalogue: Catalogue, shared: SharedData, encoders: Sequence[Encoder]) -> list[Embedder]:
    """PCA of the pixels that an encoder sees and of all pixels, found outside the test part; untrained weights."""
    shapes = principal_axes.shapes(catalogue)
    whole = min(min(shape[1:]) for shape in shapes)
    config = encoders[0].config if encoders else replace(EncoderConfig(), channels=shapes[0][0])
    crop = min(config.crop, whole)
    tested = set(shared.parts.objects[shared.parts.test])
    outside = np.flatnonzero(~catalogue.frame(["object_id"])["object_id"].isin(tested).to_numpy())
    made: list[Embedder] = [
        principal_axes.fit(catalogue, outside, crop, PCA),
        principal_axes.fit(catalogue, outside, whole, PCA_WHOLE),
    ]
    made.append(random_encoder(replace(config, crop=crop)))
    return made


def _row(embedder: Embedder, shared: SharedData) -> dict[str, Any]:
    """All measurements of one embedder by itself."""
    parts = shared.parts
    values = _embed(embedder, shared.stamps)
    predictions, C = probe_predictions(values, parts)
    voted = knn_predict(values, parts)
    few = {count: low_labels.probe_fits(values, parts, rows) for count, rows in shared.draws.items()}
    shared.predicted[embedder.name] = {ALL: predictions.predicted} | dict(few)
    sampled = parts.test[shared.sampled]
    return {
        **_scored(embedder.name, predictions, C),
        "knn": balanced_accuracy(predictions.true, voted, predictions.objects),
        "knn_interval": bootstrap_interval(predictions.true, voted, predictions.objects),
        **geometry.measure_geometry(
            embedder, values[sampled], parts.labels[sampled], parts.objects[sampled], shared.views
        ),
        "low_labels": {str(count): _low_labels(count, few[count], shared) for count in few},
        "source": _source(values, shared),
    }


def _source(features: np.ndarray, shared: SharedData) -> dict[str, Any] | None:
    groups = source_groups(shared.frame["source"].to_numpy(), shared.parts.objects)
    return source_probe(features, shared.parts.labels, groups, shared.parts.objects)


def _embed(embedder: Embedder, stamps: list[np.ndarray]) -> np.ndarray:
    values = embedder.embed(stamps)
    bad = int((~np.isfinite(values).all(axis=1)).sum())
    if bad:
        raise EncoderError(f"encoder {embedder.name}: the embeddings of {bad} of {len(stamps)} stamps are NaN")
    return values


def _scored(name: str, predictions: Predictions, C: float | None) -> dict[str, Any]:
    return {
        "encoder": name,
        **score(predictions, C).as_dict(),
        "calibration": calibration(predictions),
    }


def _low_labels(count: int, predicted: np.ndarray, shared: SharedData) -> dict[str, Any]:
    per_class = low_labels.labels_per_class(shared.parts, shared.draws[count][0])
    return {**low_labels.summarise_fits(predicted, shared.parts), "labels_per_class": per_class}


def _scratch_row(scratch: Scratch, shared: SharedData, steps: _Steps) -> dict[str, Any]:
    """The network trained from scratch: it has no embedding, so neither k-NN nor geometry."""
    parts, stamps = shared.parts, shared.stamps
    steps("from scratch, all labels")
    test = [stamps[row] for row in parts.test]
    probabilities, classes = scratch([stamps[row] for row in parts.fit], parts.labels[parts.fit], test, 0)
    predictions = parts.predictions(classes, np.asarray(probabilities))
    row = _scored(SCRATCH, predictions, None)
    shared.predicted[SCRATCH] = {ALL: predictions.predicted}
    few: dict[str, Any] = {}
    for count, draws in shared.draws.items():
        text = f"from scratch, {count} labels per class"
        try:
            found = low_labels.scratch_fits(scratch, stamps, parts, draws, partial(steps, text))
        except TrainingError as error:
            shared.notes.append(f"{text}: {error}")
            few[str(count)] = None
            continue
        shared.predicted[SCRATCH][count] = found
        few[str(count)] = _low_labels(count, found, shared)
    nothing = dict.fromkeys(("knn", "knn_interval", "alignment", "uniformity", "silhouette", "source"))
    return {**row, **nothing, "low_labels": few}


SEEN_NOTHING = {"seen_of_test_part": "nothing", "labels_seen_in_training": False}


def _seen(encoder: Encoder, parts: Parts) -> dict[str, Any]:
    """What an encoder saw in training, by its card: of the test part, and of the labels that the probe is fitted on."""
    trained_on = encoder.card["trained_on"]
    objects, labels_used = set(trained_on["object_ids"]), bool(trained_on["labels_used"])
    seen = "images and labels" if labels_used else "images"
    return {
        "seen_of_test_part": seen if objects & set(parts.objects[parts.test]) else "nothing",
        "labels_seen_in_training": labels_used and bool(objects & set(parts.objects)),
    }


def _compare(row: dict[str, Any], shared: SharedData) -> None:
    """Add the paired differences to the baselines, with all labels and with few."""
    predicted, name, parts = shared.predicted, row["encoder"], shared.parts
    true, objects = parts.labels[parts.test], parts.objects[parts.test]

    def differences(count: int | str) -> dict[str, Any]:
        return {
            other: asdict(paired_difference(true, predicted[name][count], predicted[other][count], objects))
            for other in COMPARED_WITH
            if other != name and count in predicted.get(other, {}) and count in predicted[name]
        }

    row["difference_to"] = differences(ALL)
    for count, few in row["low_labels"].items():
        if few is not None:
            few["labels_seen_in_training"] = row["labels_seen_in_training"]
            few["difference_to"] = differences(int(count))


def _counts(parts: Parts, rows: np.ndarray) -> dict[str, Any]:
    """Objects and alerts of some rows, and objects by class."""
    pairs = pd.DataFrame({"label": parts.labels[rows], "object": parts.objects[rows]})
    by_class = pairs.groupby("label")["object"].nunique()
    return {
        "objects": int(pairs["object"].nunique()),
        "alerts": len(rows),
        "objects_by_class": {str(name): int(count) for name, count in by_class.items()},
    }
