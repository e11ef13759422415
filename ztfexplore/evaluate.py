"""How good an embedding is: a linear probe on the frozen encoder, scored on the fixed test part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score, recall_score
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from ztfexplore.split import FOLDS, test_objects

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
DRAWS = 1000


@dataclass(frozen=True)
class ProbeScore:
    """Result of a linear probe on the test part.

    Attributes:
        balanced_accuracy: mean recall of the classes, with `interval`, the 95 % bootstrap interval over objects.
        macro_f1: mean F1 of the classes.
        recall: of each class.
        confusion: counts, rows are true classes, in the order of `recall`.
        objects, alerts: how many were tested.
        regularisation: the probe's C, chosen by cross-validation outside the test part.
    """

    balanced_accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    recall: dict[str, float]
    confusion: list[list[int]]
    objects: int
    alerts: int
    regularisation: float


def linear_probe(seed: int = 0) -> Pipeline:
    """Standardised features, then multinomial logistic regression with classes weighted equally."""
    classifier = LogisticRegression(class_weight="balanced", max_iter=2000, random_state=seed)
    return make_pipeline(StandardScaler(), classifier)


def fit_probe(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> tuple[Pipeline, float]:
    """A probe whose regularisation is chosen by cross-validation over objects; returns it and the C chosen."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1)
    grid = {"logisticregression__C": list(STRENGTHS)}
    search = GridSearchCV(linear_probe(), grid, scoring="balanced_accuracy", cv=folds)
    search.fit(features, labels, groups=groups)
    return search.best_estimator_, float(search.best_params_["logisticregression__C"])


def probe_score(features: np.ndarray, frame: pd.DataFrame) -> ProbeScore:
    """Fit on the labelled objects outside the test part, score on the test part.

    Args:
        features: (n, dim), one row a row of `frame`.
        frame: with candid, object_id and label.

    Raises:
        TrainingError: if there are too few labelled objects for the folds.
    """
    tested = frame["object_id"].isin(test_objects(frame)).to_numpy()
    labelled = frame["label"].notna().to_numpy()
    fit, test = labelled & ~tested, labelled & tested
    labels, groups = frame["label"].to_numpy(dtype=object), frame["object_id"].to_numpy(dtype=object)
    probe, strength = fit_probe(features[fit], labels[fit], groups[fit])
    true, predicted = labels[test], probe.predict(features[test])
    names = sorted(set(true))
    recall = recall_score(true, predicted, labels=names, average=None, zero_division=0)
    return ProbeScore(
        balanced_accuracy=float(balanced_accuracy_score(true, predicted)),
        interval=bootstrap_interval(true, predicted, groups[test]),
        macro_f1=float(f1_score(true, predicted, average="macro", zero_division=0)),
        recall={name: float(value) for name, value in zip(names, recall, strict=True)},
        confusion=confusion_matrix(true, predicted, labels=names).tolist(),
        objects=len(set(groups[test])),
        alerts=int(test.sum()),
        regularisation=strength,
    )


def bootstrap_interval(
    true: np.ndarray, predicted: np.ndarray, groups: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the balanced accuracy, by drawing objects with replacement.

    Draws are within each class, so that every draw has every class; an object's alerts are drawn together.
    """
    rng = np.random.default_rng(seed)
    correct = pd.DataFrame({"class": true, "object": groups, "right": true == predicted})
    per_object = correct.groupby(["class", "object"])["right"].agg(["sum", "count"])
    recalls = []
    for _, objects in per_object.groupby(level="class"):
        drawn = rng.integers(len(objects), size=(draws, len(objects)))
        right, count = objects["sum"].to_numpy()[drawn], objects["count"].to_numpy()[drawn]
        recalls.append(right.sum(axis=1) / count.sum(axis=1))
    low, high = np.percentile(np.mean(recalls, axis=0), [2.5, 97.5])
    return float(low), float(high)
