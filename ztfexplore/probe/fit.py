"""A probe to save, from a catalogue and an encoder: fitted outside the test part, scored by cross-validation and on it.

The test part is for reporting: neither C nor anything else is chosen on it.
"""

from __future__ import annotations

import datetime
import math
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from ztfexplore import __version__
from ztfexplore.catalogue.catalogue import Catalogue, Vectors
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.embeddings import embedding
from ztfexplore.encoders import encoder, pca
from ztfexplore.errors import ProbeError, TrainingError
from ztfexplore.evaluation.classifiers import DEFAULT_C, Parts, check_enough, fit_probe, linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy, bootstrap_interval, class_means, score
from ztfexplore.evaluation.split import FOLDS, has_test_part
from ztfexplore.probe.saved import CLASS_WEIGHTS, CrossValidation, SavedProbe
from ztfexplore.progress import OnStep, no_step

# Objects of each class, whatever the label fraction: cross-validation over objects needs two.
FEWEST_OBJECTS = 2


@dataclass(frozen=True)
class FitConfig:
    """How to fit.

    Attributes:
        label_fraction: share of the labelled objects of each class outside the test part, above 0, at most 1.
        class_weight: 'balanced' (rare classes weigh as much as common ones) or 'none'.
        C: the inverse of the regularisation's strength; None for a choice by cross-validation over objects.
        repeats: of the cross-validation that says how good the probe is.
        seed: of the folds and of the choice of objects.

    Raises:
        TrainingError: if a value is out of its range.
    """

    label_fraction: float = 1.0
    class_weight: str = "balanced"
    C: float | None = None
    repeats: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise TrainingError if a value is out of its range; comparisons with NaN are false, so NaN is too."""
        if not 0 < self.label_fraction <= 1:
            raise TrainingError(f"label fraction {self.label_fraction}: must be above 0 and at most 1")
        if self.class_weight not in CLASS_WEIGHTS:
            raise TrainingError(f"class weight {self.class_weight}: must be {' or '.join(CLASS_WEIGHTS)}")
        if self.C is not None and not 0 < self.C < math.inf:
            raise TrainingError(f"C {self.C}: must be a positive number")
        if self.repeats < 1 or self.seed < 0:
            raise TrainingError("repeats must be positive, and the seed must not be negative")

    @property
    def weights(self) -> str | None:
        """The class weight as scikit-learn calls it."""
        return None if self.class_weight == "none" else self.class_weight


def fit(
    source: Snapshot | Catalogue,
    encoder_name: str,
    config: FitConfig | None = None,
    on_step: OnStep = no_step,
) -> tuple[SavedProbe, dict[str, Any]]:
    """A probe on the embeddings of an encoder, fitted on the labelled objects outside the test part.

    Args:
        encoder_name: name, or path of a folder.
        on_step: called with what is being done and how far it is.

    Returns:
        the probe, and a report ready for JSON: encoder, weights_sha256, classes, C (also as 'regularisation', its name
        before), objects_by_class and alerts_by_class fitted on, not_embedded (labelled alerts left out),
        labels_seen_in_training, cross_validation, test_part (the fields of `Score`), seen_of_test_part ('nothing',
        'images' or 'images and labels'), notes.

    Raises:
        CatalogueError: if the encoder has embedded nothing here.
        EncoderError: if there is no such encoder.
        ProbeError: if its embeddings come from different weights than it has now.
        TrainingError: if there is too little to learn from.
    """
    with warnings.catch_warnings():
        # scikit-learn warns of rare classes on every split, and of every fold that lacks a class.
        warnings.filterwarnings("ignore", module=r"sklearn\.")
        return _fit_catalogue(as_snapshot(source), encoder_name, config or FitConfig(), on_step)


def _fit_catalogue(
    snapshot: Snapshot, encoder_name: str, config: FitConfig, on_step: OnStep
) -> tuple[SavedProbe, dict[str, Any]]:
    catalogue, frame = snapshot.catalogue, snapshot.frame
    name, card = card_of(encoder_name)
    vectors = embedding.read_embedding(catalogue, name)
    check_weights(catalogue, name, vectors, card)
    usable = np.isfinite(vectors.values).all(axis=1)
    # Where people gave all the labels there is no test part: what came with the data makes it.
    needs_test = has_test_part(frame) or not snapshot.by_person.any()
    parts = subsample_labels(Parts.of(frame, usable, needs_test), config)
    fitted, result = fit_parts(vectors.values, parts, config, on_step)
    seen_fit, seen_test = (_seen(card, parts.objects[rows]) for rows in (parts.fit, parts.test))
    fitted = replace(
        fitted,
        encoder=name,
        weights_sha256=vectors.metadata["weights_sha256"],
        labels_seen_in_training=seen_fit == "images and labels",
        labels_used=snapshot.labels_used(parts.fit),
    )
    left_out = int((frame["label"].notna().to_numpy() & ~usable).sum())
    notes = result.pop("notes")
    if fitted.labels_seen_in_training:
        notes.append(f"seen in training: {name} was trained with labels of the objects that the probe is fitted on")
    if seen_test != "nothing":
        notes.append(f"seen in training: {name} was trained on {seen_test} of the test part")
    if not len(parts.test):
        notes.append("no test part: too few labels came with the data to make one")
    if left_out:
        notes.append(f"labelled alerts left out because they have no embedding: {left_out}")
    report = {
        "encoder": fitted.encoder,
        "weights_sha256": fitted.weights_sha256,
        "classes": list(fitted.classes),
        "C": fitted.C,
        "regularisation": fitted.C,  # its name before; scripts read it
        "objects_by_class": fitted.objects_by_class,
        "alerts_by_class": fitted.alerts_by_class,
        "not_embedded": left_out,
        "labels_seen_in_training": fitted.labels_seen_in_training,
        **result,
        "seen_of_test_part": seen_test,
        **snapshot.labels_report(parts.fit, parts.test),
        "notes": notes,
    }
    return fitted, report


def subsample_labels(parts: Parts, config: FitConfig) -> Parts:
    """The parts with a share of each class's objects to fit on; a smaller share is part of a larger one.

    Raises:
        TrainingError: if that is too little to learn from, or a class has all its objects in the test part.
    """
    labels, objects = parts.labels[parts.fit], parts.objects[parts.fit]
    _check_taught(parts)
    if config.label_fraction == 1:
        return parts
    names, firsts = np.unique(objects, return_index=True)
    kept: set[str] = set()
    for number, label in enumerate(np.unique(labels)):
        own = names[labels[firsts] == label]  # an object with alerts of two labels counts by its first
        count = max(FEWEST_OBJECTS, math.ceil(config.label_fraction * len(own)))
        kept |= set(np.random.default_rng([config.seed, number]).permutation(own)[:count])
    chosen = replace(parts, fit=parts.fit[np.isin(objects, sorted(kept))])
    try:
        check_enough(chosen.labels[chosen.fit], chosen.objects[chosen.fit])
    except TrainingError as error:
        raise TrainingError(f"with a label fraction of {config.label_fraction:g}, {error}") from error
    _check_taught(chosen)
    return chosen


def _check_taught(parts: Parts) -> None:
    """Raise TrainingError if the test part has a class that the probe would not know."""
    untaught = sorted(set(parts.labels[parts.test]) - set(parts.labels[parts.fit]))
    if untaught:
        raise TrainingError(f"class {untaught[0]} has no object outside the test part; a probe needs two")


def fit_parts(
    features: np.ndarray,
    parts: Parts,
    config: FitConfig,
    on_step: OnStep = no_step,
    validated: CrossValidation | None = None,
) -> tuple[SavedProbe, dict[str, Any]]:
    """Fit on `parts.fit`; score there by cross-validation, and on `parts.test`.

    Args:
        features: (n, dim), one row per row of the frame behind `parts`; finite in the rows that are used.
        validated: the cross-validation, if already done.

    Returns:
        the probe, with encoder and weights_sha256 still 'unknown', and cross_validation, test_part (None without a
        test part) and notes.
    """
    values, labels, objects = features[parts.fit], parts.labels[parts.fit], parts.objects[parts.fit]
    on_step("fit", 0.0)
    with threadpool_limits(1):  # matrices this small are slower on several threads than on one
        pipeline, C = _fit(values, labels, objects, config)
        validated = validated or cross_validate(values, labels, objects, config, on_step)
    by_class = pd.DataFrame({"label": labels, "object": objects}).groupby("label")["object"]
    scaler, classifier = pipeline.named_steps["standardscaler"], pipeline.named_steps["logisticregression"]
    coefficients, intercepts = classifier.coef_, classifier.intercept_
    if len(coefficients) == 1:  # of two classes scikit-learn keeps the second's; the softmax with 0 is its sigmoid
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercepts = np.concatenate([np.zeros_like(intercepts), intercepts])
    try:
        fitted = SavedProbe(
            encoder="unknown",
            weights_sha256="unknown",
            classes=tuple(map(str, classifier.classes_)),
            mean=scaler.mean_,
            scale=scaler.scale_,
            coefficients=coefficients,
            intercepts=intercepts,
            C=C,
            class_weight=config.class_weight,
            label_fraction=config.label_fraction,
            seed=config.seed,
            objects_by_class={str(name): int(count) for name, count in by_class.nunique().items()},
            alerts_by_class={str(name): int(count) for name, count in by_class.size().items()},
            object_ids=tuple(map(str, np.unique(objects))),
            labels_seen_in_training=False,
            cross_validation=validated,
            versions={"ztfexplore": __version__, "scikit-learn": sklearn.__version__},
            created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        )
    except ValueError as error:
        raise TrainingError(f"these embeddings cannot be fitted: {error}") from error
    tested = None
    if len(parts.test):
        told = score(parts.predictions(fitted.classes, fitted.predict_proba(features[parts.test])), C)
        tested = told.as_dict()
    untested = sorted(set(labels) - set(parts.labels[parts.test])) if len(parts.test) else []
    notes = [f"no label in the test part: {', '.join(untested)} (not scored there)"] if untested else []
    if int(np.max(classifier.n_iter_)) >= classifier.max_iter:
        notes.append(f"the fit did not converge in {classifier.max_iter} steps; a smaller --C does")
    on_step("done", 1.0)
    return fitted, {"cross_validation": asdict(validated), "test_part": tested, "notes": notes}


def cross_validate(
    features: np.ndarray,
    labels: np.ndarray,
    objects: np.ndarray,
    config: FitConfig,
    on_step: OnStep = no_step,
) -> CrossValidation:
    """How good such a probe is on objects that it was not fitted on; C is chosen anew in every fold.

    (Choosing it once, on the objects that are then predicted, would flatter: Varma & Simon 2006, BMC Bioinf. 7, 91.)

    Args:
        features: (n, dim), finite.
        labels, objects: classes and object ids (n,).
    """
    classes = np.unique(labels)
    probabilities = cross_predict(features, labels, objects, config, on_step)
    return summarise_repeats(labels, objects, classes[probabilities.argmax(axis=2)].T)


def cross_predict(
    features: np.ndarray,
    labels: np.ndarray,
    objects: np.ndarray,
    config: FitConfig,
    on_step: OnStep = no_step,
) -> np.ndarray:
    """Probabilities of every alert by probes fitted on other objects, float64 (repeats, n, classes), classes sorted.

    Args:
        features, labels, objects, config, on_step: as in `cross_validate`.
    """
    made = np.zeros((config.repeats, len(labels), len(np.unique(labels))))
    for repeat in range(config.repeats):
        for fold, (rest, held) in enumerate(folds_of_repeat(labels, objects, config.seed, repeat)):
            done = (repeat * FOLDS + fold + 1) / (config.repeats * FOLDS + 1)
            on_step(f"cross-validation {repeat + 1}/{config.repeats}", done)
            if len(held):
                made[repeat, held] = _predict(features, labels, objects, rest, held, config)
    return made


def folds_of_repeat(
    labels: np.ndarray, objects: np.ndarray, seed: int, repeat: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The folds of one repeat: positions to fit on and to predict, int64; the same for every encoder."""
    shuffle = int(np.random.default_rng([seed, repeat]).integers(2**31))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=shuffle)
    return folds.split(np.zeros(len(labels)), labels, objects)


def summarise_repeats(labels: np.ndarray, objects: np.ndarray, predicted: np.ndarray) -> CrossValidation:
    """The scores of several repeats of predictions, str (n, repeats); labels and objects (n,)."""
    each = [balanced_accuracy(labels, column, objects) for column in predicted.T]
    recalls = class_means(labels, predicted == labels[:, None], objects).mean(axis=1)
    low, high = bootstrap_interval(labels, predicted, objects)
    return CrossValidation(
        balanced_accuracy=_share(float(np.mean(each))),
        interval=(_share(low), _share(high)),
        spread=float(np.std(each, ddof=1)) if len(each) > 1 else None,
        repeats=len(each),
        recall=dict(zip(np.unique(labels).tolist(), map(_share, recalls), strict=True)),
    )


def _share(value: float) -> float:
    """A share, clipped to 0 to 1: rounding may push a sum of floats just outside."""
    return float(np.clip(value, 0, 1))


def _predict(
    features: np.ndarray,
    labels: np.ndarray,
    objects: np.ndarray,
    rest: np.ndarray,
    held: np.ndarray,
    config: FitConfig,
) -> np.ndarray:
    """Probabilities of the rows `held` by a probe on the rows `rest`, float64 (len(held), classes of all rows)."""
    classes, known = np.unique(labels), np.unique(labels[rest])
    made = np.zeros((len(held), len(classes)))
    if len(known) < 2:  # all objects of the other classes fell into one fold
        made[:, np.searchsorted(classes, known)] = 1.0
        return made
    try:
        check_enough(labels[rest], objects[rest])
    except TrainingError:  # too few to choose C
        config = replace(config, C=config.C or DEFAULT_C)
    probe = _fit(features[rest], labels[rest], objects[rest], config)[0]
    made[:, np.searchsorted(classes, probe.classes_)] = probe.predict_proba(features[held])
    return made


def _fit(values: np.ndarray, labels: np.ndarray, objects: np.ndarray, config: FitConfig) -> tuple[Pipeline, float]:
    """A fitted probe and its C, chosen by cross-validation over objects unless it is given."""
    if config.C is None:
        return fit_probe(values, labels, objects, config.weights, config.seed)
    pipeline = linear_probe(config.seed, config.C, config.weights)
    return pipeline.fit(values, labels), config.C


def card_of(encoder_name: str) -> tuple[str, dict[str, Any] | None]:
    """An encoder's name and card; 'pca' has none.

    Raises:
        EncoderError: if there is no such encoder.
    """
    if encoder_name == pca.NAME:
        return pca.NAME, None
    loaded = encoder.load(encoder_name)
    return loaded.name, loaded.card


def check_weights(catalogue: Catalogue, name: str, vectors: Vectors, card: dict[str, Any] | None) -> None:
    """Raise ProbeError if an embedding does not say which weights made it, or they are not the encoder's."""
    made_by = vectors.metadata.get("weights_sha256")
    if not made_by:
        raise ProbeError(f"catalogue {catalogue.path}: the embeddings of {name} do not say which weights made them")
    if card is not None and made_by != card["weights_sha256"]:
        raise ProbeError(
            f"catalogue {catalogue.path}: the embeddings of {name} were made by weights {made_by}, but the "
            f"encoder's weights are {card['weights_sha256']}; run 'ztfexplore embed --catalogue {catalogue.path} "
            f"--encoder {name}'"
        )


def _seen(card: dict[str, Any] | None, objects: np.ndarray) -> str:
    """What an encoder saw of some objects (n,) in training, by its card: 'nothing', 'images' or 'images and labels'."""
    if card is None:
        return "images"  # the axes of 'pca' are found on all stamps of the catalogue
    trained_on = card["trained_on"]
    if not set(trained_on["object_ids"]) & set(objects.tolist()):
        return "nothing"
    return "images and labels" if trained_on["labels_used"] else "images"
