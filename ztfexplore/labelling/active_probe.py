"""A small linear probe on the labels as they are now: what it thinks of every alert, while a person labels.

Quick, and nothing in it is tuned: `probe.fit` is for a probe to keep and to report.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from ztfexplore.errors import TrainingError
from ztfexplore.evaluation.classifiers import check_enough, linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy, bootstrap_interval
from ztfexplore.evaluation.split import FOLDS, has_test_part, test_objects
from ztfexplore.paths import MODELS
from ztfexplore.progress import OnStep, no_step

# Of each class at most, so that a retraining takes seconds whatever the catalogue's size.
MOST_OBJECTS = 1_000
_PLACES = (("predicted", 0), ("second", 1))


@dataclass(frozen=True)
class CurrentProbe:
    """What a probe on the current labels says.

    Attributes:
        table: one row an alert: `predicted` (class), `probability` of it, `margin` to the second class, `entropy`
            (nats), `second` (class), and of alerts with a label `doubt`, the probability of another class less that of
            their own; missing where nothing is embedded. An alert that the probe learned from is predicted by a probe
            that did not see its object, as long as there are enough labels for that.
        objects_by_class: how many objects of each class it was fitted on.
        accuracy, interval: balanced accuracy by cross-validation over these objects, and 95 % by bootstrap over them;
            None where there are too few.
        notes: what a reader must know of these figures.
    """

    table: pd.DataFrame
    objects_by_class: dict[str, int]
    accuracy: float | None
    interval: tuple[float, float] | None
    notes: tuple[str, ...]


def fit_current(
    frame: pd.DataFrame, vectors: np.ndarray, encoder: str, on_step: OnStep = no_step, seed: int = 0
) -> CurrentProbe:
    """A probe on every labelled object outside the test part (1,000 a class at most, drawn), with a fixed C.

    Args:
        frame: candid, object_id, label, and label_given where people's labels are in label.
        vectors: float32 (n, dim), one row a row of `frame`; NaN where nothing is embedded.
        encoder: whose embedding this is, to say what it has seen.
        on_step: told what is being done and how far it is.
        seed: of the draw and the folds.

    Raises:
        TrainingError: if the labels so far are of fewer than two classes.
    """
    embedded = np.isfinite(vectors).all(axis=1)
    rows = _fitted_rows(frame, embedded, seed)
    labels, objects = (frame[name].to_numpy(dtype=object)[rows].astype(str) for name in ("label", "object_id"))
    classes = np.unique(labels)
    if len(classes) < 2:
        so_far = f"only {classes[0]} so far" if len(classes) else "none so far"
        raise TrainingError(f"a probe needs labels of two classes outside the test part; {so_far}")
    with warnings.catch_warnings(), threadpool_limits(1):  # matrices this small are slower on several threads
        warnings.filterwarnings("ignore", module=r"sklearn\.")  # of rare classes, on every split
        on_step(f"Fitting on {len(rows):,} alerts", 0.0)
        probe = linear_probe(seed).fit(vectors[rows], labels)
        probabilities = np.full((len(frame), len(classes)), np.nan)
        probabilities[embedded] = probe.predict_proba(vectors[embedded])
        counts = pd.DataFrame({"label": labels, "object": objects}).groupby("label")["object"].nunique()
        rare = sorted(counts.index[counts < 2])  # a probe that does not see the object does not know the class
        judged = np.flatnonzero(~np.isin(labels, rare))
        notes = _seen(encoder, objects)
        accuracy = interval = None
        try:
            check_enough(labels[judged], objects[judged])
        except TrainingError as error:
            judged = judged[:0]
            notes.append(f"too few labels to say how good it is: {error}")
        else:
            rest = (vectors[rows[judged]], labels[judged], objects[judged])
            probabilities[rows[judged]] = held_out = _held_out(*rest, classes, on_step, seed)
            guessed = classes[held_out.argmax(axis=1)]
            accuracy = balanced_accuracy(rest[1], guessed, rest[2])
            interval = bootstrap_interval(rest[1], guessed[:, None], rest[2])
            notes += [f"with one object, left out of this figure: {', '.join(rare)}"] if rare else []
    on_step("Done", 1.0)
    table = _table(frame, classes, probabilities, rows[judged])
    return CurrentProbe(table, {str(name): int(n) for name, n in counts.items()}, accuracy, interval, tuple(notes))


def _fitted_rows(frame: pd.DataFrame, embedded: np.ndarray, seed: int) -> np.ndarray:
    """Rows to fit on, in the order of candids: whole objects, so many of a class at most."""
    tested = test_objects(frame) if has_test_part(frame) else set()
    usable = embedded & frame["label"].notna().to_numpy() & ~frame["object_id"].isin(tested).to_numpy()
    rows = np.flatnonzero(usable)[np.argsort(frame["candid"].to_numpy()[usable], kind="stable")]
    known = frame.iloc[rows]
    firsts = known.drop_duplicates("object_id").sample(frac=1, random_state=seed)
    kept = firsts.groupby("label").head(MOST_OBJECTS)["object_id"]
    return rows[known["object_id"].isin(kept).to_numpy()]


def _held_out(
    features: np.ndarray, labels: np.ndarray, objects: np.ndarray, classes: np.ndarray, on_step: OnStep, seed: int
) -> np.ndarray:
    """Probabilities (n, c) of each alert by a probe fitted on other objects."""
    found = np.zeros((len(labels), len(classes)))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (rest, held) in enumerate(folds.split(features, labels, objects)):
        on_step(f"Cross-validation, part {number + 1} of {FOLDS}", (number + 1) / (FOLDS + 1))
        if not len(held):
            continue
        if len(np.unique(labels[rest])) < 2:
            found[held, np.searchsorted(classes, labels[rest][0])] = 1.0
            continue
        probe = linear_probe(seed).fit(features[rest], labels[rest])
        found[np.ix_(held, np.searchsorted(classes, probe.classes_))] = probe.predict_proba(features[held])
    return found


def _table(frame: pd.DataFrame, classes: np.ndarray, probabilities: np.ndarray, held_out: np.ndarray) -> pd.DataFrame:
    """The columns of `CurrentProbe.table` from probabilities (n, c); `held_out`: rows that may be doubted."""
    known = np.isfinite(probabilities[:, 0])
    filled = np.where(known[:, None], probabilities, 0.0)
    order = np.argsort(-filled, axis=1, kind="stable")
    first, second = (np.take_along_axis(filled, order[:, [place]], axis=1)[:, 0] for place in (0, 1))
    entropy = -(filled * np.log(np.where(filled > 0, filled, 1.0))).sum(axis=1)
    doubt = np.full(len(frame), np.nan)
    own = np.searchsorted(classes, frame["label"].to_numpy(dtype=object)[held_out].astype(str))
    others = filled[held_out].copy()
    others[np.arange(len(held_out)), own] = -1.0
    doubt[held_out] = others.max(axis=1) - filled[held_out, own]
    texts = {name: np.where(known, classes.astype(object)[order[:, place]], None) for name, place in _PLACES}
    numbers = {"probability": first, "margin": first - second, "entropy": np.abs(entropy)}
    numbers = {name: np.where(known, values, np.nan) for name, values in numbers.items()}
    return pd.DataFrame({**texts, **numbers, "doubt": doubt}, index=frame.index)


def _seen(encoder: str, objects: np.ndarray) -> list[str]:
    """Says so if the encoder was trained on these objects (n,), by its card; read without loading torch."""
    card = MODELS / encoder / "card.json"
    if not card.exists():
        return []
    trained_on = json.loads(card.read_text(encoding="utf-8")).get("trained_on", {})
    if not set(trained_on.get("object_ids", ())) & set(objects.tolist()):
        return []
    what = "images and labels" if trained_on.get("labels_used") else "images"
    return [f"seen in training: {encoder} was trained on {what} of these objects"]
