"""One line about each catalogue, and what each encoder has done in one of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ztfexplore.alerts.survey import SURVEYS, Survey
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import DATA, Snapshot
from ztfexplore.embeddings import embedding, projection
from ztfexplore.encoders import cards
from ztfexplore.errors import ZtfexploreError

BASELINES = (embedding.PCA, "random")
# Modified Julian dates count days from here (UTC).
MJD_ZERO = np.datetime64("1858-11-17", "D")


def summary(catalogue: Catalogue) -> dict[str, Any]:
    """One line about a catalogue; `labelled` counts objects, dates are UTC, `bytes` those on disk."""
    frame = Snapshot.of(catalogue, DATA, ["object_id", "mjd"]).with_readable_people().frame
    days = dates(frame["mjd"])
    days = days[~np.isnat(days)]
    return {
        "survey": ", ".join(_title(name) for name in frame["survey"].value_counts().index),
        "alerts": len(frame),
        "objects": int(frame["object_id"].nunique()),
        "labelled": int(frame.loc[frame["label"].notna(), "object_id"].nunique()),
        "from": str(days.min()) if len(days) else "",
        "to": str(days.max()) if len(days) else "",
        "embedded": ", ".join(embedding.embedded_by(catalogue)),
        "mapped": ", ".join(projection.mapped(catalogue)),
        "bytes": bytes_on_disk(catalogue.path),
        "version": catalogue.version,
    }


def labels_version(path: Path) -> str:
    """A version that changes with every label a person gives; '' if their file cannot be read."""
    try:
        return Annotations.open(path).version
    except ZtfexploreError:
        return ""


def dates(mjd: pd.Series) -> np.ndarray:
    """Modified Julian dates as UTC dates, datetime64[D] (n,); NaT where one is missing or not a date."""
    values = mjd.to_numpy(dtype=np.float64)
    known = np.abs(values - 1_130_000) < 1_800_000  # years 25 to 9880: no chart could show dates outside
    found = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[D]")
    found[known] = MJD_ZERO + np.floor(values[known]).astype("timedelta64[D]")
    return found


def written(folder: Path) -> int:
    """When the newest version was written (ns): a catalogue that was deleted and made again counts from 1 again."""
    return max((file.stat().st_mtime_ns for file in (folder / "_versions").glob("*.manifest")), default=0)


def bytes_on_disk(folder: Path) -> int:
    """The sizes of all files below a folder; files that vanish meanwhile count 0."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue
    return total


def human_size(count: float) -> str:
    """Bytes as a person reads them: '85.5 MB'."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


@dataclass(frozen=True)
class EncoderState:
    """What an encoder has done in one version of a catalogue.

    Attributes:
        name: of the encoder.
        total: rows of the catalogue.
        embedded: rows that have its embedding.
        weights: the hash of the weights that made the embedding, None if there is none.
        shipped: the hash of the weights in models/, None if it is not shipped.
        placed: rows that have a place on its map, by the weights of the embedding.
        trustworthiness: of the map, None if there is none.
    """

    name: str
    total: int
    embedded: int
    weights: str | None
    shipped: str | None
    placed: int
    trustworthiness: float | None

    @property
    def is_stale(self) -> bool:
        """Whether the embedding was made with other weights than those shipped now."""
        return self.weights is not None and self.shipped is not None and self.weights != self.shipped

    @property
    def missing(self) -> int:
        """Rows that 'embed' would compute; PCA's axes depend on all stamps, so it is computed as a whole."""
        again = self.is_stale or (self.name == embedding.PCA and self.embedded < self.total)
        return self.total if again else self.total - self.embedded

    @property
    def unplaced(self) -> int:
        """Embedded rows that the map lacks."""
        return max(self.embedded - self.placed, 0)


def encoders(catalogue: Catalogue, surveys: Sequence[Survey]) -> list[EncoderState]:
    """What each encoder has done: those made for these stamps come first, those made for other stamps last."""
    names = [survey.name for survey in surveys]
    first, there = cards.made_for(names), embedding.embedded_by(catalogue)
    rest = cards.in_order({*cards.known(), *there} - set(first), names)
    states = [_state(catalogue, name) for name in [*first, *rest]]
    return sorted(states, key=lambda state: not (fits(state.name, surveys) or state.embedded))


def fits(name: str, surveys: Sequence[Survey]) -> bool:
    """Whether a shipped encoder fits such stamps, by its card; other encoders are assumed to fit."""
    return cards.fits(name, [survey.name for survey in surveys])


def _state(catalogue: Catalogue, name: str) -> EncoderState:
    column = embedding.column(name)
    mapped = name in projection.mapped(catalogue)
    worth = catalogue.vector_metadata(projection.column(name)).get("trustworthiness") if mapped else None
    return EncoderState(
        name=name,
        total=len(catalogue),
        embedded=catalogue.filled(column),
        weights=catalogue.vector_metadata(column).get("weights_sha256"),
        shipped=cards.weights_of(name),
        placed=catalogue.filled(projection.column(name)) if mapped else 0,
        trustworthiness=None if worth is None else float(worth),
    )


def _title(survey: str) -> str:
    return SURVEYS[survey].title if survey in SURVEYS else survey
