"""How good an embedding is: a linear probe and k-NN on the frozen encoder, scored on the fixed test part.

The yardsticks stand in the same table, made in the same run: PCA of the pixels and untrained weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score, recall_score
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ztfexplore import stamps as pixels
from ztfexplore.catalogue import Catalogue
from ztfexplore.encoder import Encoder, EncoderConfig, random_encoder
from ztfexplore.errors import EncoderError, TrainingError
from ztfexplore.neighbours import unit_length
from ztfexplore.split import FOLDS, test_objects

PCA_COMPONENTS = 64
NEIGHBOURS = 20
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)
DRAWS = 1000


@dataclass(frozen=True)
class ProbeScore:
    """Result of a linear probe on the test part. An object counts once, however many alerts it has.

    Attributes:
        balanced_accuracy: mean recall of the classes, with `interval`, the 95 % bootstrap interval over objects.
        macro_f1: mean F1 of the classes.
        recall: of each tested class.
        classes: tested or predicted.
        confusion: counts of alerts; rows are true, columns predicted, in the order of `classes`.
        objects, alerts: how many were tested.
        regularisation: the probe's C, chosen by cross-validation outside the test part.
    """

    balanced_accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    recall: dict[str, float]
    classes: list[str]
    confusion: list[list[int]]
    objects: int
    alerts: int
    regularisation: float


def linear_probe(seed: int = 0) -> Pipeline:
    """Standardised features, then multinomial logistic regression with classes weighted equally."""
    classifier = LogisticRegression(class_weight="balanced", max_iter=1000, tol=1e-3, random_state=seed)
    return make_pipeline(StandardScaler(), classifier)


def fit_probe(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> tuple[Pipeline, float]:
    """A probe whose regularisation is chosen by cross-validation over objects; returns it and the C chosen."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1)
    grid = {"logisticregression__C": list(STRENGTHS)}
    search = GridSearchCV(linear_probe(), grid, scoring="balanced_accuracy", cv=folds)
    # Matrices this small are slower on several threads than on one.
    with threadpool_limits(1):
        search.fit(features, labels, groups=groups)
    return search.best_estimator_, float(search.best_params_["logisticregression__C"])


def probe_score(features: np.ndarray, frame: pd.DataFrame) -> ProbeScore:
    """Fit on the labelled objects outside the test part, score on the test part.

    Args:
        features: (n, dim), one row a row of `frame`; rows with NaN (not embedded yet) are left out.
        frame: with candid, object_id and label.

    Raises:
        TrainingError: if there are too few labelled objects for the folds.
    """
    tested = frame["object_id"].isin(test_objects(frame)).to_numpy()
    usable = frame["label"].notna().to_numpy() & np.isfinite(features).all(axis=1)
    fit, test = usable & ~tested, usable & tested
    labels, groups = frame["label"].to_numpy(dtype=object), frame["object_id"].to_numpy(dtype=object)
    _check_enough(labels[fit], groups[fit])
    probe, strength = fit_probe(features[fit], labels[fit], groups[fit])
    if not test.any():
        raise TrainingError("no labelled alert of the test part has an embedding")
    true, predicted = labels[test], probe.predict(features[test])
    names, weights = sorted(set(true)), object_weights(groups[test])
    classes = sorted({*true, *predicted})
    recall = recall_score(true, predicted, labels=names, average=None, zero_division=0, sample_weight=weights)
    return ProbeScore(
        balanced_accuracy=float(balanced_accuracy_score(true, predicted, sample_weight=weights)),
        interval=bootstrap_interval(true, predicted, groups[test]),
        macro_f1=float(
            f1_score(true, predicted, labels=names, average="macro", zero_division=0, sample_weight=weights)
        ),
        recall={name: float(value) for name, value in zip(names, recall, strict=True)},
        classes=classes,
        confusion=confusion_matrix(true, predicted, labels=classes).tolist(),
        objects=len(set(groups[test])),
        alerts=int(test.sum()),
        regularisation=strength,
    )


def _check_enough(labels: np.ndarray, groups: np.ndarray) -> None:
    """Raise TrainingError if cross-validation over objects has nothing to learn from."""
    objects = pd.DataFrame({"label": labels, "object": groups}).groupby("label")["object"].nunique()
    if len(objects) < 2:
        raise TrainingError(
            f"a probe needs two classes; outside the test part there is {', '.join(objects.index) or 'none'}"
        )
    if objects.sum() < FOLDS:
        raise TrainingError(f"{objects.sum()} labelled objects outside the test part are too few for {FOLDS} folds")
    if pd.Series(labels).value_counts().max() < FOLDS:
        raise TrainingError(f"no class has {FOLDS} labelled alerts outside the test part, too few for {FOLDS} folds")
    if objects.min() < 2:
        raise TrainingError(f"class {objects.idxmin()} has one object outside the test part; a probe needs two")


def object_weights(groups: np.ndarray) -> np.ndarray:
    """A weight for every alert (n,), so that each object's alerts together weigh 1."""
    _, of, counts = np.unique(groups.astype(str), return_inverse=True, return_counts=True)
    return 1.0 / counts[of]


def bootstrap_interval(
    true: np.ndarray, predicted: np.ndarray, groups: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the balanced accuracy, by drawing objects with replacement.

    Draws are within each class, so that every draw has every class; an object counts by the mean over its alerts.
    """
    rng = np.random.default_rng(seed)
    correct = pd.DataFrame({"class": true, "object": groups, "right": true == predicted})
    per_object = correct.groupby(["class", "object"])["right"].mean()
    recalls = []
    for _, objects in per_object.groupby(level="class"):
        drawn = rng.integers(len(objects), size=(draws, len(objects)))
        recalls.append(objects.to_numpy(dtype=float)[drawn].mean(axis=1))
    low, high = np.percentile(np.mean(recalls, axis=0), [2.5, 97.5])
    return float(low), float(high)


def knn_score(features: np.ndarray, frame: pd.DataFrame, k: int = NEIGHBOURS) -> float:
    """Balanced accuracy on the test part of a majority vote among the k nearest labelled alerts outside it (cosine).

    Objects of the test part are in no vote, so no alert is named by another of its own object.
    """
    tested = frame["object_id"].isin(test_objects(frame)).to_numpy()
    labelled = frame["label"].notna().to_numpy()
    fit, test = labelled & ~tested, labelled & tested
    names, codes = np.unique(frame["label"].to_numpy(dtype=object)[fit].astype(str), return_inverse=True)
    similarity = unit_length(features[test]) @ unit_length(features[fit]).T
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    votes = np.apply_along_axis(np.bincount, 1, codes[nearest], minlength=len(names))
    true = frame["label"].to_numpy(dtype=object)[test].astype(str)
    weights = object_weights(frame["object_id"].to_numpy(dtype=object)[test])
    return float(balanced_accuracy_score(true, names[votes.argmax(axis=1)], sample_weight=weights))


def pca_features(stamps: Sequence[np.ndarray], fit: np.ndarray, crop: int) -> np.ndarray:
    """The yardstick 'pca': the stretched pixels of the central crop on their 64 principal axes.

    Args:
        stamps: as read, all of one shape.
        fit: rows the axes are found on, bool (n,).
        crop: pixels.
    """
    prepared = np.stack([pixels.centre_crop(pixels.normalise(stamp), crop) for stamp in stamps])
    flat = np.arcsinh(prepared).reshape(len(prepared), -1)
    components = min(PCA_COMPONENTS, int(fit.sum()), flat.shape[1])
    return PCA(components, random_state=0).fit(flat[fit]).transform(flat)


def evaluate(
    catalogue: Catalogue, encoders: Sequence[Encoder], on_done: Callable[[int], object] = lambda count: None
) -> list[dict[str, Any]]:
    """One row an encoder, then the yardsticks: probe and k-NN on the test part, and what the encoder has seen of it.

    Args:
        on_done: called with 1 after each row.

    Raises:
        EncoderError: if the stamps do not fit an encoder.
        TrainingError: if there are too few labelled objects.
    """
    frame = catalogue.frame()
    tested = test_objects(frame)
    stamps = catalogue.stamps(np.arange(len(catalogue)))
    if len({stamp.shape for stamp in stamps}) != 1:
        raise EncoderError(f"catalogue {catalogue.path}: stamps of several shapes cannot share a PCA")
    crop = encoders[0].config.crop if encoders else EncoderConfig().crop
    outside = ~frame["object_id"].isin(tested).to_numpy()
    rows = []
    for name, features, seen in (
        *((encoder.name, encoder.embed, _seen(encoder, tested)) for encoder in encoders),
        ("pca", lambda all_stamps: pca_features(all_stamps, outside, crop), "nothing"),
        ("random", random_encoder().embed, "nothing"),
    ):
        values = features(stamps)
        score = asdict(probe_score(values, frame))
        rows.append({"encoder": name, **score, "knn": knn_score(values, frame), "seen_of_test_part": seen})
        on_done(1)
    return rows


def _seen(encoder: Encoder, tested: set[str]) -> str:
    """What an encoder's training saw of the test part's objects, by its card."""
    trained_on = encoder.card["trained_on"]
    if not tested & set(trained_on["object_ids"]):
        return "nothing"
    return "images and labels" if trained_on["labels_used"] else "images"


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The rows of `evaluate` as a Markdown table."""
    classes = list(rows[0]["recall"])
    head = ["encoder", "balanced accuracy [95 %]", "macro-F1", "k-NN", *(f"recall {name}" for name in classes)]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        low, high = row["interval"]
        figures = [row["macro_f1"], row["knn"], *(row["recall"][name] for name in classes)]
        accuracy = f"{row['balanced_accuracy']:.3f} [{low:.3f}, {high:.3f}]"
        lines.append([row["encoder"], accuracy, *(f"{figure:.3f}" for figure in figures)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
