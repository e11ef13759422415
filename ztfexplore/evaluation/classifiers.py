"""Probes on a frozen encoder: multinomial logistic regression, and a vote among the nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation.metrics import Predictions, Score, score
from ztfexplore.evaluation.split import FOLDS, given_labels, has_test_part, key_order, test_objects

C_VALUES = (0.003, 0.01, 0.03, 0.1, 0.3)
# For probes on too few labels to choose C by: the middle of the range in which the score hardly changes, from 5 to 25
# labels per class, for every encoder and PCA, on objects outside the test part.
DEFAULT_C = 0.03
NEIGHBOURS = 20
# Test alerts whose similarities to all others are held in memory at a time.
QUERY_ROWS = 512


@dataclass(frozen=True)
class Parts:
    """The labelled alerts of a catalogue in two parts: those a probe may learn from, and those it is tested on.

    Attributes:
        labels, objects: class and object id of every row, str (n,); '' where there is no label.
        fit, test: row numbers of the labelled alerts outside and inside the test part, in the order of candids, int64.
    """

    labels: np.ndarray
    objects: np.ndarray
    fit: np.ndarray
    test: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame, usable: np.ndarray | None = None, needs_test: bool = True) -> Parts:
        """The parts of a frame with candid, object_id and label (and label_given, see `split.given_labels`).

        Args:
            usable: rows that may be used, bool (n,), for instance those with an embedding; all if None.
            needs_test: whether too few labels for a test part are an error; if not, `test` is then empty.

        Raises:
            TrainingError: if there is too little for cross-validation over objects, or the test part is empty.
        """
        tested = in_test_part(frame, needs_test)
        # People's labels are for fitting; the test part and its correct classes are those that came with the data.
        frame = frame.assign(label=frame["label"].where(~tested, given_labels(frame)))
        labels = frame["label"].fillna("").to_numpy(dtype=str)
        kept = frame["label"].notna().to_numpy() & (True if usable is None else usable)
        objects = frame["object_id"].to_numpy(dtype=str)
        # Folds and draws depend on the order of rows: that of candids does not depend on how the alerts were ingested.
        order = key_order(frame)
        parts = cls(labels, objects, order[(kept & ~tested)[order]], order[(kept & tested)[order]])
        check_enough(labels[parts.fit], objects[parts.fit])
        if needs_test and not len(parts.test):
            raise TrainingError("no labelled alert of the test part has an embedding")
        return parts

    def predictions(self, classes: Iterable[str], probabilities: np.ndarray) -> Predictions:
        """A classifier's predictions for the test part, from its classes and probabilities (len(test), classes)."""
        names = np.asarray(list(classes), dtype=str)
        return Predictions(self.labels[self.test], self.objects[self.test], names, probabilities)


def in_test_part(frame: pd.DataFrame, needed: bool = True) -> np.ndarray:
    """Whether a row's object is in the test part, bool (n,).

    Args:
        frame: as in `Parts.of`.
        needed: whether too few labels for a test part are an error; if not, it is then empty.

    Raises:
        TrainingError: if there are too few and `needed` is true.
    """
    if not needed and not has_test_part(frame):
        return np.zeros(len(frame), dtype=bool)
    return frame["object_id"].isin(test_objects(frame)).to_numpy()


def linear_probe(seed: int = 0, C: float = DEFAULT_C, class_weight: str | None = "balanced") -> Pipeline:
    """Standardised features, then multinomial logistic regression.

    Args:
        seed: of the solver.
        C: the inverse of the regularisation's strength.
        class_weight: 'balanced' weights classes equally; None weights alerts equally.
    """
    # The default tolerance takes ten times as long and does not change a prediction.
    classifier = LogisticRegression(C=C, class_weight=class_weight, max_iter=1000, tol=1e-3, random_state=seed)
    return make_pipeline(StandardScaler(), classifier)


def fit_probe(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray, class_weight: str | None = "balanced", seed: int = 0
) -> tuple[Pipeline, float]:
    """A probe whose C is chosen by cross-validation over objects; returns it and its C.

    Args:
        features: (n, dim), finite.
        labels: classes (n,).
        groups: object ids (n,).
        class_weight: as in `linear_probe`.
        seed: of the folds.
    """
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1 + seed)
    grid = {"logisticregression__C": list(C_VALUES)}
    search = GridSearchCV(linear_probe(class_weight=class_weight), grid, scoring="balanced_accuracy", cv=folds)
    # Matrices this small are slower on several threads than on one.
    with threadpool_limits(1):
        search.fit(features, labels, groups=groups)
    return search.best_estimator_, float(search.best_params_["logisticregression__C"])


def probe_predictions(features: np.ndarray, parts: Parts) -> tuple[Predictions, float]:
    """Fit a linear probe outside the test part; returns its predictions for the test part, and its C.

    Args:
        features: (n, dim), one row per row of the frame behind `parts`; finite in the rows that are used.
    """
    probe, C = fit_probe(features[parts.fit], parts.labels[parts.fit], parts.objects[parts.fit])
    return parts.predictions(probe.classes_, probe.predict_proba(features[parts.test])), C


def probe_score(features: np.ndarray, frame: pd.DataFrame) -> Score:
    """Fit on the labelled objects outside the test part, score on the test part.

    Args:
        features: (n, dim), one row per row of `frame`; rows with NaN (not embedded yet) are left out.
        frame: with candid, object_id and label.

    Raises:
        TrainingError: if there are too few labelled objects for the folds.
    """
    return score(*probe_predictions(features, Parts.of(frame, np.isfinite(features).all(axis=1))))


def check_enough(labels: np.ndarray, groups: np.ndarray) -> None:
    """Raise TrainingError if there is too little for cross-validation over objects.

    Args:
        labels, groups: classes and object ids of the labelled alerts outside the test part, str (n,).
    """
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


def knn_predict(features: np.ndarray, parts: Parts, k: int = NEIGHBOURS) -> np.ndarray:
    """Classes of the test part by a majority vote of the k nearest labelled objects outside it (cosine), str (m,).

    An object votes once, with its nearest alert. Objects of the test part do not vote, so an alert never gets its class
    from another alert of its own object. If classes are tied, the one with the nearer neighbours wins.

    Args:
        features: (n, dim), as in `probe_predictions`.
        k: how many vote; all if there are fewer.
    """
    names, codes = np.unique(parts.labels[parts.fit], return_inverse=True)
    # An object with alerts of two labels votes for each: rows ordered by (object, label), and where each starts.
    voters = np.unique(np.stack([parts.objects[parts.fit], parts.labels[parts.fit]]), axis=1, return_inverse=True)[1]
    order = np.argsort(voters, kind="stable")
    starts = np.flatnonzero(np.diff(voters[order], prepend=-1))
    known, ballot = unit_length(features[parts.fit][order]), codes[order][starts]
    predicted = []
    for begin in range(0, len(parts.test), QUERY_ROWS):
        queries = unit_length(features[parts.test[begin : begin + QUERY_ROWS]])
        similarity = np.maximum.reduceat(queries @ known.T, starts, axis=1)  # (queries, voters)
        nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
        predicted.append(_vote(ballot[nearest], np.take_along_axis(similarity, nearest, axis=1), len(names)))
    return names[np.concatenate(predicted)]


def _vote(codes: np.ndarray, similarity: np.ndarray, classes: int) -> np.ndarray:
    """The class number with the most votes in each row of codes (m, k), the nearer one in a tie, int64 (m,)."""
    # Divided by more than twice k, all k similarities together differ by less than one vote.
    votes = 1 + similarity / (2 * codes.shape[1] + 1)
    tally = np.stack([np.where(codes == number, votes, 0).sum(axis=1) for number in range(classes)], axis=1)
    return tally.argmax(axis=1)
