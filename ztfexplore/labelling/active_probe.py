"""A small linear probe on the current labels: what it predicts for every alert while a person labels.

It is fast and nothing is tuned; `probe.fit` makes probes to keep and to report.
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

# At most this many per class, so that retraining takes seconds for a catalogue of any size.
MOST_OBJECTS = 1_000
_PLACES = (("predicted", 0), ("second", 1))


@dataclass(frozen=True)
class CurrentProbe:
    """What a probe on the current labels predicts.

    Attributes:
        table: one row per alert: `predicted` (class) and its `probability`, `margin` to the second class, `entropy`
            (nats), `second` (class), and for labelled alerts `label_error`, the largest probability of another class
            minus that of their own (the negative margin of Northcutt, Jiang & Chuang 2021, JAIR 70, 1373); missing
            where nothing is embedded. An alert that the probe was fitted on is predicted by a probe that did not see
            its object, as long as there are enough labels for that.
        objects_by_class: number of objects of each class that it was fitted on.
        accuracy, interval: balanced accuracy by cross-validation over these objects, and its 95 % interval by
            bootstrap over them; None if there are too few.
        notes: what a reader must know about these figures.
    """

    table: pd.DataFrame
    objects_by_class: dict[str, int]
    accuracy: float | None
    interval: tuple[float, float] | None
    notes: tuple[str, ...]


def fit_current(
    frame: pd.DataFrame, vectors: np.ndarray, encoder: str, on_step: OnStep = no_step, seed: int = 0
) -> CurrentProbe:
    """A probe on all labelled objects outside the test part (at most 1,000 per class, drawn), with a fixed C.

    Args:
        frame: candid, object_id, label, and label_given if label holds people's labels.
        vectors: float32 (n, dim), one row per row of `frame`; NaN where nothing is embedded.
        encoder: the encoder of this embedding, to report what it was trained on.
        on_step: called with the current activity and the share done.
        seed: seed of the draw and the folds.

    Raises:
        TrainingError: if the labels so far have fewer than two classes.
    """
    embedded = np.isfinite(vectors).all(axis=1)
    rows = _fitted_rows(frame, embedded, seed)
    labels, objects = (frame[name].to_numpy(dtype=object)[rows].astype(str) for name in ("label", "object_id"))
    classes = np.unique(labels)
    if len(classes) < 2:
        so_far = f"only {classes[0]} so far" if len(classes) else "none so far"
        raise TrainingError(f"a probe needs labels of two classes outside the test part; {so_far}")
    with warnings.catch_warnings(), threadpool_limits(1):  # matrices this small are slower on several threads
        warnings.filterwarnings("ignore", module=r"sklearn\.")  # about rare classes, on every split
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
            notes.append(f"too few labels to measure its accuracy: {error}")
        else:
            rest = (vectors[rows[judged]], labels[judged], objects[judged])
            probabilities[rows[judged]] = held_out = _held_out(*rest, classes, on_step, seed)
            guessed = classes[held_out.argmax(axis=1)]
            accuracy = balanced_accuracy(rest[1], guessed, rest[2])
            interval = bootstrap_interval(rest[1], guessed[:, None], rest[2])
            notes += [f"classes with one object are left out of this figure: {', '.join(rare)}"] if rare else []
    on_step("Done", 1.0)
    table = _table(frame, classes, probabilities, rows[judged])
    return CurrentProbe(table, {str(name): int(n) for name, n in counts.items()}, accuracy, interval, tuple(notes))


def _fitted_rows(frame: pd.DataFrame, embedded: np.ndarray, seed: int) -> np.ndarray:
    """Rows to fit on, ordered by candid: all alerts of at most MOST_OBJECTS objects per class."""
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
    """Probabilities (n, c) of each alert from a probe fitted on other objects."""
    found = np.zeros((len(labels), len(classes)))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (rest, held) in enumerate(folds.split(features, labels, objects)):
        on_step(f"Cross-validation, fold {number + 1} of {FOLDS}", (number + 1) / (FOLDS + 1))
        if not len(held):
            continue
        if len(np.unique(labels[rest])) < 2:
            found[held, np.searchsorted(classes, labels[rest][0])] = 1.0
            continue
        probe = linear_probe(seed).fit(features[rest], labels[rest])
        found[np.ix_(held, np.searchsorted(classes, probe.classes_))] = probe.predict_proba(features[held])
    return found


def _table(frame: pd.DataFrame, classes: np.ndarray, probabilities: np.ndarray, held_out: np.ndarray) -> pd.DataFrame:
    """The columns of `CurrentProbe.table` from probabilities (n, c); `held_out`: rows whose labels can be checked."""
    known = np.isfinite(probabilities[:, 0])
    filled = np.where(known[:, None], probabilities, 0.0)
    order = np.argsort(-filled, axis=1, kind="stable")
    first, second = (np.take_along_axis(filled, order[:, [place]], axis=1)[:, 0] for place in (0, 1))
    entropy = -(filled * np.log(np.where(filled > 0, filled, 1.0))).sum(axis=1)
    label_error = np.full(len(frame), np.nan)
    own = np.searchsorted(classes, frame["label"].to_numpy(dtype=object)[held_out].astype(str))
    others = filled[held_out].copy()
    others[np.arange(len(held_out)), own] = -1.0
    label_error[held_out] = others.max(axis=1) - filled[held_out, own]
    nothing = np.full(len(frame), None, dtype=object)
    texts = {name: np.where(known, classes.astype(object)[order[:, place]], nothing) for name, place in _PLACES}
    numbers = {"probability": first, "margin": first - second, "entropy": np.abs(entropy)}
    numbers = {name: np.where(known, values, np.nan) for name, values in numbers.items()}
    return pd.DataFrame({**texts, **numbers, "label_error": label_error}, index=frame.index)


def _seen(encoder: str, objects: np.ndarray) -> list[str]:
    """A note if the encoder was trained on these objects (n,), from its card; torch is not loaded."""
    card = MODELS / encoder / "card.json"
    if not card.exists():
        return []
    trained_on = json.loads(card.read_text(encoding="utf-8")).get("trained_on", {})
    if not set(trained_on.get("object_ids", ())) & set(objects.tolist()):
        return []
    what = "images and labels" if trained_on.get("labels_used") else "images"
    return [f"seen in training: {encoder} was trained on {what} of these objects"]
