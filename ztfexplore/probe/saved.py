"""A linear probe as a file: plain JSON with all that is needed to use and to assess it. Needs only numpy."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ztfexplore.errors import ProbeError
from ztfexplore.files import check_ending, replacing

# Version 2 is written only where metadata are among the features: older programs can still read the others.
# Version 3 only where people's labels are among those it was fitted on, for the same reason.
IMAGES_VERSION, METADATA_VERSION, PROBE_VERSION = 1, 2, 3
FIELDS_SINCE = {"metadata": METADATA_VERSION, "labels_used": PROBE_VERSION}
PEOPLE = "people"
ENDING = ".json"
# What files call C: older programs can still read them.
C_IN_FILE = "regularisation"
CLASS_WEIGHTS = ("balanced", "none")
# Embeddings held as float64 at a time.
BATCH_ROWS = 65_536
ARRAYS = ("mean", "scale", "coefficients", "intercepts")
# Stands for the encoder, and for the hash of its weights, of a probe on metadata alone.
NO_ENCODER = "metadata"
# How a column of metadata becomes a feature: its value, whether it is missing, or whether it is a certain text.
KINDS = ("value", "missing", "is")


@dataclass(frozen=True)
class CrossValidation:
    """How well the probe does on objects it was not fitted on, outside the test part.

    Attributes:
        balanced_accuracy: mean over the repeats, with `interval`, 95 % by bootstrap over objects and repeats.
        spread: standard deviation over the repeats; None if there is only one.
        repeats: how often the objects were split into folds anew.
        recall: of each class, the mean over the repeats.
    """

    balanced_accuracy: float
    interval: tuple[float, float]
    spread: float | None
    repeats: int
    recall: dict[str, float]

    def __post_init__(self) -> None:
        """Raise ValueError if a value is not possible."""
        _require(
            isinstance(self.interval, tuple | list) and len(self.interval) == 2,
            "cross-validation: interval must be a pair",
        )
        _require(isinstance(self.recall, dict), "cross-validation: recall must be an object")
        figures = {"balanced_accuracy": self.balanced_accuracy, "low end of the interval": self.interval[0]}
        figures |= {"high end of the interval": self.interval[1]} | {f"recall {k}": v for k, v in self.recall.items()}
        if self.spread is not None:
            figures["spread"] = self.spread
        for name, value in figures.items():
            _require(_is_number(value) and 0 <= value <= 1, f"cross-validation: {name} must be between 0 and 1")
        _require(_is_count(self.repeats), "cross-validation: repeats must be a whole number above 0")
        object.__setattr__(self, "interval", tuple(self.interval))


@dataclass(frozen=True, eq=False)
class SavedProbe:
    """Standardisation and multinomial logistic regression on the embeddings of one encoder, on metadata, or on both.

    Shapes: c classes, dim the length of an embedding and the number of metadata features.

    Attributes:
        encoder: the name of its column in a catalogue.
        weights_sha256: of the weights that made the embeddings; other weights make other embeddings.
        classes: c names, in the order of the probabilities.
        mean, scale: of the standardisation, float64 (dim,).
        coefficients: float64 (c, dim).
        intercepts: float64 (c,).
        C: the inverse of the regularisation's strength; 'regularisation' in the file.
        class_weight: 'balanced' or 'none'.
        label_fraction: share of the labelled objects outside the test part that was used.
        seed: of that choice and of the folds.
        objects_by_class, alerts_by_class: how many it was fitted on.
        object_ids: of the objects whose labels were used.
        labels_seen_in_training: whether the encoder was trained with labels of these objects.
        cross_validation: how good it is, by cross-validation over those objects.
        versions: of ztfexplore and scikit-learn.
        created: date, YYYY-MM-DD.
        metadata: the features after the embedding, each (column, kind, value): see `features`.
        labels_used: how many labels it was fitted on are people's and how many the data's, in alerts; None if that is
            not known.

    Raises:
        ValueError: if the values do not fit together, or are not finite numbers.
    """

    encoder: str
    weights_sha256: str
    classes: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray
    C: float
    class_weight: str
    label_fraction: float
    seed: int
    objects_by_class: dict[str, int]
    alerts_by_class: dict[str, int]
    object_ids: tuple[str, ...]
    labels_seen_in_training: bool
    cross_validation: CrossValidation
    versions: dict[str, str]
    created: str
    metadata: tuple[tuple[str, str, float | str], ...] = ()
    labels_used: dict[str, int] | None = None

    def __post_init__(self) -> None:
        """Raise ValueError unless every finite embedding of the right length gets probabilities."""
        for name in ARRAYS:
            object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        for name in ("classes", "object_ids"):
            names = getattr(self, name)
            _require(isinstance(names, tuple | list), f"{name} must be a list")
            _require(all(map(_is_text, names)), f"{name} must hold names only")
            _require(len(set(names)) == len(names), f"{name} must not repeat")
            object.__setattr__(self, name, tuple(names))
        _require(len(self.classes) >= 2, "fewer than two classes")
        _require(self.mean.ndim == 1 and self.mean.size > 0, f"mean has the shape {self.mean.shape}")
        shapes = {"scale": self.mean.shape, "coefficients": (len(self.classes), len(self.mean))}
        shapes["intercepts"] = (len(self.classes),)
        for name, shape in shapes.items():
            found = getattr(self, name).shape
            _require(found == shape, f"{name} has the shape {found}, not {shape}")
        _require(bool((self.scale > 0).all()), "scale must be positive")
        for name in ("encoder", "weights_sha256", "created"):
            value = getattr(self, name)
            _require(_is_text(value), f"{name} must be a text")
        _require(_is_number(self.C) and self.C > 0, "regularisation (C) must be positive")
        fraction = self.label_fraction
        _require(_is_number(fraction) and 0 < fraction <= 1, "label_fraction must be above 0 and at most 1")
        _require(self.class_weight in CLASS_WEIGHTS, f"class_weight must be {' or '.join(CLASS_WEIGHTS)}")
        _require(type(self.seed) is int and self.seed >= 0, "seed must be a whole number, 0 or above")
        for name in ("objects_by_class", "alerts_by_class"):
            counts = getattr(self, name)
            fits = isinstance(counts, dict) and set(counts) == set(self.classes)
            _require(fits and all(map(_is_count, counts.values())), f"{name} must have a count for each class")
        _require(type(self.labels_seen_in_training) is bool, "labels_seen_in_training must be true or false")
        _require(isinstance(self.cross_validation, CrossValidation), "cross_validation is missing")
        known = isinstance(self.versions, dict) and all(isinstance(value, str) for value in self.versions.values())
        _require(known, "versions must be an object of texts")
        _require(isinstance(self.metadata, tuple | list), "metadata must be a list")
        _require(all(map(_is_feature, self.metadata)), "metadata must hold features only")
        object.__setattr__(self, "metadata", tuple(map(tuple, self.metadata)))
        _require(self.labels_used is None or _are_label_counts(self.labels_used), "labels_used must count labels")
        _require(self.embedding_dim >= 0, "metadata has more features than the probe")
        has_encoder = self.encoder != NO_ENCODER
        _require((self.embedding_dim > 0) == has_encoder, "encoder and metadata do not fit the number of features")

    @property
    def embedding_dim(self) -> int:
        """Length of the embeddings that it needs; 0 for a probe on metadata alone."""
        return len(self.mean) - len(self.metadata)

    @property
    def features(self) -> str:
        """Its features: 'images', 'metadata' or 'both'."""
        if not self.metadata:
            return "images"
        return "both" if self.embedding_dim else "metadata"

    def predict_proba(self, vectors: np.ndarray) -> np.ndarray:
        """Embeddings, then metadata features (n, dim), finite -> probabilities of the classes, float64 (n, c).

        Each row sums to 1.

        Raises:
            ProbeError: if the embeddings have the wrong length, or are so far out that the probabilities are NaN.
        """
        if vectors.ndim != 2 or vectors.shape[1] != len(self.mean):
            what = "features" if self.metadata else "embeddings"
            raise ProbeError(
                f"the probe needs {what} of length {len(self.mean)}; these have length {vectors.shape[-1]}"
            )
        # The first is empty, so that no embeddings give an empty result.
        made = [np.empty((0, len(self.classes)))]
        for start in range(0, len(vectors), BATCH_ROWS):
            made.append(self._softmax(vectors[start : start + BATCH_ROWS].astype(np.float64)))
        probabilities = np.concatenate(made)
        if not np.isfinite(probabilities).all():
            raise ProbeError(f"the probe for {self.encoder}: the probabilities of these embeddings are NaN")
        return probabilities

    def _softmax(self, vectors: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            logits = (vectors - self.mean) / self.scale @ self.coefficients.T + self.intercepts  # (n, c)
            # The largest logit becomes 0, so exp never overflows.
            shares = np.exp(logits - logits.max(axis=1, keepdims=True))
            return shares / shares.sum(axis=1, keepdims=True)

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON types."""
        values = asdict(self) | {name: getattr(self, name).tolist() for name in ARRAYS}
        values[C_IN_FILE] = values.pop("C")
        version = METADATA_VERSION if self.metadata else IMAGES_VERSION
        version = PROBE_VERSION if self.labels_used and self.labels_used[PEOPLE] else version
        later = [name for name, since in FIELDS_SINCE.items() if since > version]
        return {"probe_version": version, **{name: value for name, value in values.items() if name not in later}}


def save_probe(probe: SavedProbe, output: Path) -> None:
    """Write a probe as JSON; numbers read back are the same to the last bit.

    Raises:
        ZtfexploreError: if the file does not end in .json, or cannot be written.
    """
    check_ending(output, ENDING)
    with replacing(output) as partial:
        partial.write_text(json.dumps(probe.as_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def load_probe(path: Path) -> SavedProbe:
    """A probe from its file.

    Raises:
        ProbeError: if the file cannot be read, has a newer version, or is damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProbeError(f"probe {path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise ProbeError(f"probe {path}: not JSON, or damaged ({str(error)[:100]})") from error
    if not isinstance(values, dict) or type(values.get("probe_version")) is not int:
        raise ProbeError(f"probe {path}: not a saved probe (it has no probe_version)")
    version = values.pop("probe_version")
    if not 1 <= version <= PROBE_VERSION:
        raise ProbeError(f"probe {path}: probe_version {version}; this ztfexplore reads up to {PROBE_VERSION}")
    named = [field.name for field in fields(SavedProbe) if FIELDS_SINCE.get(field.name, IMAGES_VERSION) <= version]
    needed = [C_IN_FILE if name == "C" else name for name in named]
    missing = [name for name in needed if name not in values]
    if missing:
        raise ProbeError(f"probe {path}: damaged, it has no {', '.join(missing)}")
    try:
        values["cross_validation"] = _cross_validation(values["cross_validation"])
        return SavedProbe(C=values.pop(C_IN_FILE), **values)
    except (TypeError, ValueError) as error:  # a TypeError means one key too many or too few
        raise ProbeError(f"probe {path}: damaged ({str(error)[:100]})") from error


def _cross_validation(values: object) -> CrossValidation:
    """From its JSON; raises ValueError if keys are missing or too many."""
    names = {field.name for field in fields(CrossValidation)}
    if not isinstance(values, dict) or set(values) != names:
        raise ValueError(f"cross_validation must have {', '.join(sorted(names))}")
    return CrossValidation(**values)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _is_number(value: object) -> bool:
    """Whether it is a finite number that fits a float; true and false are not numbers."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_feature(value: object) -> bool:
    """Whether it is (column, kind, value) with a value that suits the kind."""
    if not isinstance(value, tuple | list) or len(value) != 3 or value[1] not in KINDS:
        return False
    return _is_text(value[0]) and (_is_text(value[2]) if value[1] == "is" else _is_number(value[2]))


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 1


def _are_label_counts(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {PEOPLE, "data"}
        and all(type(count) is int and count >= 0 for count in value.values())
    )


def _is_text(value: object) -> bool:
    """Whether it is a text, not empty, that UTF-8 can encode; JSON can hold half characters (surrogates)."""
    return isinstance(value, str) and bool(value) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _numbers(name: str, values: Any) -> np.ndarray:
    """Nested lists or an array as float64; raises ValueError if they hold anything else than finite numbers."""
    # Items of lists are checked one by one: numpy would accept texts and truth values as numbers.
    array = np.asarray(values, dtype=object) if isinstance(values, list) else np.asarray(values)
    if array.dtype == object:
        _require(all(map(_is_number, array.ravel())), f"{name} must hold finite numbers, in lists of the same length")
    array = array.astype(np.float64)
    _require(bool(np.isfinite(array).all()), f"{name} must hold finite numbers")
    return array
