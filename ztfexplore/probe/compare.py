"""Linear probes on up to three encoders at once: fitted and scored on the same objects, with the same folds.

An encoder's card says what it was trained with: a score on objects whose labels it has seen is not a fair test.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.embeddings import embedding
from ztfexplore.encoders import pca
from ztfexplore.errors import EncoderError, TrainingError
from ztfexplore.evaluation.classifiers import Parts, in_test_part
from ztfexplore.evaluation.split import given_labels
from ztfexplore.probe import features as probe_features
from ztfexplore.probe.features import FEATURES, IMAGES
from ztfexplore.probe.fit import (
    FEWEST_OBJECTS,
    FitConfig,
    card_of,
    check_weights,
    cross_predict,
    fit_parts,
    subsample_labels,
    summarise_repeats,
)
from ztfexplore.probe.saved import NO_ENCODER, SavedProbe
from ztfexplore.progress import OnStep, no_step

MOST_ENCODERS = 3


@dataclass(frozen=True)
class Question:
    """Which probes to compare, and how to fit them.

    Attributes:
        encoders: names, at most three; ignored if `features` is 'metadata'.
        config: how to fit.
        features: 'images', 'metadata' or 'both'.
        external: whether to use only labels from external catalogues.

    Raises:
        TrainingError: if there is no encoder, more than three, or `features` is something else.
    """

    encoders: tuple[str, ...]
    config: FitConfig = field(default_factory=FitConfig)
    features: str = IMAGES
    external: bool = False

    def __post_init__(self) -> None:
        """Raise TrainingError if the question makes no sense."""
        if self.features not in FEATURES:
            raise TrainingError(f"features {self.features}: must be {', '.join(FEATURES)}")
        if self.features != probe_features.METADATA and not 1 <= len(self.encoders) <= MOST_ENCODERS:
            raise TrainingError(f"choose at least one encoder, and up to {MOST_ENCODERS}")

    @property
    def probes(self) -> tuple[str, ...]:
        """A name for each probe that is fitted: the encoders', or one for metadata alone."""
        return (NO_ENCODER,) if self.features == probe_features.METADATA else tuple(dict.fromkeys(self.encoders))


@dataclass(frozen=True, eq=False)
class ProbeData:
    """What all probes of a question share: the labelled alerts that they are fitted and scored on.

    Attributes:
        frame: metadata of the catalogue, one row per alert.
        parts: of the frame, at the label fraction asked for; `parts.test` may be empty.
        embeddings: by encoder, float32 (n, dim); NaN where an alert has none.
        made_by: the hash of the weights, by encoder.
        recipe: the metadata features; empty for images.
        notes: what was left out, in words.
        labels: which labels count and how many of each are in the parts, see `Snapshot.labels_report`.
        labels_fitted_on: how many of each the probes are fitted on, see `Snapshot.labels_used`.
    """

    frame: pd.DataFrame
    parts: Parts
    embeddings: dict[str, np.ndarray]
    made_by: dict[str, str]
    recipe: tuple[probe_features.Feature, ...]
    notes: tuple[str, ...]
    labels: dict[str, Any] = field(default_factory=dict)
    labels_fitted_on: dict[str, int] | None = None


def prepare_probe_data(source: Snapshot | Catalogue, question: Question) -> ProbeData:
    """The labelled alerts that every encoder of a question has embedded, with the test part kept apart.

    Args:
        source: a snapshot, whose labels count; of a catalogue, people's newest count first. The test part and its
            labels are those that came with the data, whatever people added or changed.

    Raises:
        CatalogueError: if an encoder has embedded nothing here.
        ProbeError: if its embeddings come from different weights than it has now.
        TrainingError: if there is too little to learn from.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"sklearn\.")  # it warns of rare classes on every split
        return _prepare(as_snapshot(source), question)


def _prepare(snapshot: Snapshot, question: Question) -> ProbeData:
    catalogue, frame = snapshot.catalogue, snapshot.frame
    embeddings, made_by, usable = {}, {}, np.ones(len(frame), dtype=bool)
    for name in question.probes if question.features != probe_features.METADATA else ():
        vectors = embedding.read_embedding(catalogue, name)
        check_weights(catalogue, name, vectors, known_card(name))
        embeddings[name], made_by[name] = vectors.values, vectors.metadata["weights_sha256"]
        usable &= vectors.present
    labelled = frame["label"].notna().to_numpy()
    if not labelled.any():
        raise TrainingError("no object here has a label: a probe needs two classes")
    notes = []
    if count := int((labelled & ~usable).sum()):
        notes.append(f"labelled alerts left out because not every encoder has embedded them: {count}")
    if question.external:
        usable &= probe_features.is_external(frame)
        notes.append(f"labels from external catalogues only: {int((labelled & usable).sum())} of {labelled.sum()}")
        if not (labelled & usable).any():
            raise TrainingError("no label here comes from an external catalogue (VSX, SIMBAD or TNS)")
    usable, rare = _without_rare(frame, usable)
    notes += rare
    parts = subsample_labels(Parts.of(frame, usable, needs_test=False), question.config)
    notes += _few(parts, question.config)
    recipe: tuple[probe_features.Feature, ...] = ()
    if question.features != IMAGES:
        tested = frame["object_id"].isin(set(parts.objects[parts.test])).to_numpy()
        recipe = probe_features.recipe(frame, np.flatnonzero(~tested))
        if not recipe and question.features == probe_features.METADATA:
            raise TrainingError("no metadata here differ from alert to alert: there is nothing to learn from")
    labels = snapshot.labels_report(parts.fit, parts.test)
    return ProbeData(frame, parts, embeddings, made_by, recipe, tuple(notes), labels, snapshot.labels_used(parts.fit))


def _without_rare(frame: pd.DataFrame, usable: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Leave out classes with too few objects outside the test part: one stray label must not stop everything."""
    # A class that occurs only in the test part is no use either, so the split comes first.
    tested = in_test_part(frame, needed=False)
    labels = frame["label"].where(~tested, given_labels(frame)).astype(object)
    labelled = usable & labels.notna().to_numpy()
    kept = frame[labelled & ~tested]
    counts = kept.groupby(labels[kept.index].astype(str))["object_id"].nunique()
    enough = counts.index[counts >= FEWEST_OBJECTS]
    there = sorted(set(labels[labelled].astype(str)))
    rare = [name for name in there if name not in enough]
    if len(enough) < 2:  # nothing left to compare: the check that follows says so
        return usable, []
    notes = [
        f"class {name} left out: {int(counts.get(name, 0))} labelled objects outside the test part; a probe needs two"
        for name in rare
    ]
    return usable & ~labels.isin(rare).to_numpy(dtype=bool), notes


def _few(parts: Parts, config: FitConfig) -> list[str]:
    """Notes on the classes that a label fraction leaves with the fewest objects that a probe can have."""
    pairs = pd.DataFrame({"label": parts.labels[parts.fit], "object": parts.objects[parts.fit]})
    counts = pairs.groupby("label")["object"].nunique()
    few = [str(name) for name in counts.index[counts <= FEWEST_OBJECTS]]
    if config.label_fraction == 1 or not few:
        return []
    return [
        f"at this fraction {', '.join(few)} is left with {FEWEST_OBJECTS} objects, the fewest that a probe can have"
    ]


@dataclass(frozen=True, eq=False)
class TrainedProbe:
    """One probe, and its probabilities for objects that it was not fitted on.

    Attributes:
        saved: the probe, fitted on all of `parts.fit`.
        validated: probabilities by cross-validation, float64 (repeats, len(parts.fit), c).
        tested: probabilities of the test part by `saved`, float64 (1, len(parts.test), c).
        seen: ids of objects whose labels the encoder was trained with; None if unknown.
        notes: on the fit, in words.
    """

    saved: SavedProbe
    validated: np.ndarray
    tested: np.ndarray
    seen: frozenset[str] | None
    notes: tuple[str, ...] = ()


def features_of(data: ProbeData, name: str) -> np.ndarray:
    """Features of the probe `name`, (n, dim), one row per row of the frame; rows outside the parts may hold NaN."""
    columns = [data.embeddings[name]] if name in data.embeddings else []
    if data.recipe:
        columns.append(probe_features.metadata(data.frame, data.recipe))
    return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)


def train_probe(data: ProbeData, name: str, config: FitConfig, on_step: OnStep = no_step) -> TrainedProbe:
    """Fit one probe of a question and cross-validate it.

    Raises:
        TrainingError: if it cannot be fitted.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        # scikit-learn warns of rare classes on every split, and of every fold that lacks a class.
        warnings.filterwarnings("ignore", module=r"sklearn\.")
        return _train(data, name, config, on_step)


def _train(data: ProbeData, name: str, config: FitConfig, on_step: OnStep) -> TrainedProbe:
    parts, features = data.parts, features_of(data, name)
    labels, objects = parts.labels[parts.fit], parts.objects[parts.fit]
    validated = cross_predict(features[parts.fit], labels, objects, config, on_step)
    predicted = np.unique(labels)[validated.argmax(axis=2)].T
    fitted, report = fit_parts(features, parts, config, validated=summarise_repeats(labels, objects, predicted))
    seen = labels_seen(name)
    fitted = replace(
        fitted,
        encoder=name,
        weights_sha256=data.made_by.get(name, NO_ENCODER),
        labels_seen_in_training=bool(seen and seen & set(objects.tolist())),
        metadata=data.recipe,
        labels_used=data.labels_fitted_on,
    )
    return TrainedProbe(
        fitted, validated, fitted.predict_proba(features[parts.test])[None], seen, tuple(report["notes"])
    )


def known_card(name: str) -> dict[str, object] | None:
    """An encoder's card; None for 'pca', metadata, and an encoder that is no longer here."""
    try:
        return None if name == NO_ENCODER else card_of(name)[1]
    except EncoderError:
        return None


def labels_seen(name: str) -> frozenset[str] | None:
    """Ids of the objects whose labels an encoder was trained with, by its card; None if the card is not here."""
    if name in (NO_ENCODER, pca.NAME):
        return frozenset()
    card = known_card(name)
    if card is None:
        return None
    trained_on = cast(Mapping[str, Any], card["trained_on"])
    return frozenset(trained_on["object_ids"] if trained_on["labels_used"] else ())
