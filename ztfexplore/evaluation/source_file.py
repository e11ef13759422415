"""Whether an embedding knows which file a stamp came from, beyond what the stamp's class tells about it."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from ztfexplore.evaluation.classifiers import linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy, bootstrap_interval, paired_difference
from ztfexplore.evaluation.split import FOLDS

# A source, or a source within a class, with fewer objects is left out.
FEWEST_OBJECTS = 10
# An alert's own measurements of brightness, seeing, shape, depth and significance.
PHOTOMETRY = ("magnitude", "fwhm", "elong", "diffmaglim", "scorr")
CONTAINER = re.compile(r"(.*?)\.(?:parquet|tar(?:\.\w+)?|tgz)(?=:|$)", re.IGNORECASE)


def source_group(source: str) -> str:
    """The kind of file an alert came from: its archive or table, otherwise its folder; digits are replaced.

    'night/ztf_public_part3.tar.gz:123.avro' -> 'ztf_public_part#', so that all nights of one archive are one source.
    """
    container = CONTAINER.match(source)
    if container:
        name = PurePath(container[1]).name
    else:
        path = PurePath(source)
        name = path.parent.name if path.suffix else path.name
    return re.sub(r"\d+", "#", name) or "files"


def source_groups(sources: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """The group of every alert's source (n,), str; '' for sources with fewer than FEWEST_OBJECTS objects."""
    groups = np.array([source_group(source) for source in sources.astype(str)], dtype=str)
    return np.where(_common(groups, objects)[0], groups, "")


def _common(groups: np.ndarray, objects: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """(alerts whose group has enough objects, bool (n,); objects of each such group)."""
    counts = {name: len(set(objects[groups == name])) for name in np.unique(groups).tolist() if name}
    large = {name: count for name, count in counts.items() if count >= FEWEST_OBJECTS}
    return np.isin(groups, list(large)), large


def without_images(frame: pd.DataFrame) -> np.ndarray:
    """Class and photometry of labelled alerts as features (n, d): how sources differ because their skies differ.

    If a source has fainter objects or worse seeing, an embedding that describes the object also tells the source;
    only what it knows beyond this could be an artefact of the file. Missing values become the column's median.
    """
    names = [name for name in PHOTOMETRY if name in frame and frame[name].notna().any()]
    measured = frame[names].astype(float)
    columns = [measured.fillna(measured.median()).to_numpy(), pd.get_dummies(frame["label"]).to_numpy(dtype=float)]
    return np.concatenate(columns, axis=1)


def source_probe(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray, objects: np.ndarray
) -> dict[str, Any] | None:
    """How well a linear probe tells the source from the embedding, from the class alone, and within each class.

    Balanced accuracy by cross-validation over objects, with 95 % intervals by bootstrap over objects.

    Args:
        features: (n, dim), finite.
        labels: classes (n,).
        groups: from `source_groups` (n,).
        objects: object ids (n,).

    Returns:
        'objects' of each source, 'chance', 'balanced_accuracy' and 'interval' of the embedding, 'class_alone' of the
        class, 'beyond_class' the paired difference of the two, and 'within_class' {class: objects, balanced_accuracy,
        interval} of the classes with at least two sources. None if all stamps come from one source.
    """
    kept, counts = _common(groups, objects)
    if len(counts) < 2:
        return None
    features, labels, groups, objects = features[kept], labels[kept], groups[kept], objects[kept]
    one_hot = (labels[:, None] == np.unique(labels)[None]).astype(float)
    told, told_by_class = _predict(features, groups, objects), _predict(one_hot, groups, objects)
    within = {name: _within(features, groups, objects, labels == name) for name in np.unique(labels).tolist()}
    return {
        "objects": counts,
        "chance": 1 / len(counts),
        "balanced_accuracy": balanced_accuracy(groups, told, objects),
        "interval": bootstrap_interval(groups, told, objects),
        "class_alone": balanced_accuracy(groups, told_by_class, objects),
        "beyond_class": asdict(paired_difference(groups, told, told_by_class, objects)),
        "within_class": {name: found for name, found in within.items() if found is not None},
    }


def _within(features: np.ndarray, groups: np.ndarray, objects: np.ndarray, own: np.ndarray) -> dict[str, Any] | None:
    """The same among the alerts of one class, where chance is 1 / sources."""
    kept, counts = _common(np.where(own, groups, ""), objects)
    if len(counts) < 2:
        return None
    told = _predict(features[kept], groups[kept], objects[kept])
    return {
        "objects": counts,
        "balanced_accuracy": balanced_accuracy(groups[kept], told, objects[kept]),
        "interval": bootstrap_interval(groups[kept], told, objects[kept]),
    }


def _predict(features: np.ndarray, groups: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """The source of every alert by a probe that has not seen its object, str (n,)."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=2)
    with threadpool_limits(1):
        return cross_val_predict(linear_probe(), features, groups, groups=objects, cv=folds)
