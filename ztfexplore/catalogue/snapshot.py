"""One version of a catalogue with the labels that count, shared by the pages, the commands and notebooks.

    snapshot = Snapshot.open("data/demo")
    snapshot.frame["label"].value_counts()
    snapshot.labels_used()          # {'people': 3, 'data': 1247}
    snapshot.row_of(("ztf", 123))

Embeddings are added by `ztfexplore.embeddings.reader`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ztfexplore.alerts.keys import Key, written
from ztfexplore.alerts.survey import SURVEYS, Survey
from ztfexplore.catalogue import annotations as people_labels
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.matching import rows_of, the_row
from ztfexplore.errors import CatalogueError, ZtfexploreError

PEOPLE, DATA = "people", "data"
LABELS_BY = (PEOPLE, DATA)
# What `labels_used` counts; pages and commands state it beside the counts.
COUNTS = "alerts"
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One version of a catalogue and one state of its labels. It never changes: after labelling, open another.

    Attributes:
        catalogue: the open catalogue.
        frame: metadata, one row per alert, with the labels that count in `label` and `label_source`. If people's
            labels count, those that came with the data are kept as `label_given` and `label_source_given`.
        labels_by: 'people': the newest label of a person, or the data's where no person gave one; or 'data': only
            the labels that came with the data.
        by_person: whether a row's label is a person's, bool (n,).
        labels_version: identifies the state of people's labels; '' if they are not included.
        problem: why people's labels are missing, if they were asked for and cannot be read.
    """

    catalogue: Catalogue
    frame: pd.DataFrame
    labels_by: str
    by_person: np.ndarray
    labels_version: str = ""
    problem: str = ""
    _columns: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    # What does not depend on labels: computed once per version, however often labels change.
    _unlabelled: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, path: str | Path, labels_by: str = PEOPLE) -> Snapshot:
        """The latest version of the catalogue in a folder.

        Raises:
            CatalogueError: if there is no catalogue, or people's labels are asked for and cannot be read.
        """
        return cls.of(Catalogue.open(path), labels_by)

    @classmethod
    def of(cls, catalogue: Catalogue, labels_by: str = PEOPLE, columns: Sequence[str] | None = None) -> Snapshot:
        """An open catalogue, at its version.

        Args:
            columns: of the metadata, if not all are needed; survey, candid, label and label_source are always included.

        Raises:
            CatalogueError: if people's labels are asked for and cannot be read.
        """
        if labels_by not in LABELS_BY:
            raise CatalogueError(f"labels by {labels_by}: must be {' or '.join(LABELS_BY)}")
        always = ("survey", "candid", "label", "label_source")
        frame = catalogue.frame(None if columns is None else list(dict.fromkeys([*always, *columns])))
        bare = cls(catalogue, frame, DATA, np.zeros(len(frame), dtype=bool))
        return bare if labels_by == DATA else bare.with_people()

    def with_people(self) -> Snapshot:
        """The same version with people's current labels in place of the data's.

        Raises:
            CatalogueError: if they cannot be read.
        """
        people = Annotations.open(self.catalogue.path)
        version, latest = people.version, people.latest()
        frame = people_labels.apply(self.frame, latest)
        by_person = people_labels.labelled_by_person(frame, latest)
        return replace(self, frame=frame, labels_by=PEOPLE, by_person=by_person, labels_version=version, _columns={})

    def with_readable_people(self) -> Snapshot:
        """As `with_people`; if they cannot be read, without them, and `problem` says why."""
        try:
            return self.with_people()
        except ZtfexploreError as error:
            return replace(self, problem=str(error), _columns={})

    # --- alerts and their keys -------------------------------------------------------------------------------

    def row_of(self, key: Key) -> int:
        """The row number of an alert.

        Args:
            key: (survey, candid), or a bare candid that only one survey has.

        Raises:
            CatalogueError: if it is not in the catalogue, or alerts of several surveys have the candid.
        """
        return the_row(self.column("candid"), self.column("survey"), key, self.catalogue.path)

    def rows_of(self, key: Key) -> list[int]:
        """The rows that a key may mean: none, one, or for a bare candid one per survey that has it."""
        return rows_of(self.column("candid"), self.column("survey"), key)

    def key_of(self, row: int) -> str:
        """The shortest key of a row's alert: its candid, or 'ztf:123' if several surveys have that candid."""
        candid = int(self.column("candid")[row])
        return written((self.column("survey")[row], candid)) if candid in self._shared else str(candid)

    @property
    def _shared(self) -> frozenset[int]:
        """Candids that occur in several surveys."""
        candids = self.frame["candid"]
        return self._once("shared", lambda: frozenset(candids[candids.duplicated()].tolist()))

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        if name not in self._unlabelled:
            self._unlabelled[name] = make()
        return self._unlabelled[name]

    def column(self, name: str) -> np.ndarray:
        """A column of metadata as an array (n,); reading a single value is much faster than in a frame."""
        columns = self._columns if name.startswith("label") else self._once("columns", dict)
        if name not in columns:
            columns[name] = self.frame[name].to_numpy()
        return columns[name]

    # --- objects ---------------------------------------------------------------------------------------------

    @property
    def objects(self) -> np.ndarray:
        """A number for every object, int64 (n,); a million numbers are compared much faster than names."""
        return self._once("objects", lambda: object_numbers(self.frame))

    def same_object(self, row: int) -> list[int]:
        """The other alerts of a row's object, newest first."""
        same = np.flatnonzero(self.objects == self.objects[row])
        others = same[same != row]
        return self.frame["mjd"].iloc[others].sort_values(ascending=False).index.tolist()

    @property
    def has_same(self) -> bool:
        """Whether objects have several stamps, or stamps share pixels."""
        several = self._once("several", lambda: len(np.unique(self.objects)) < len(self.frame))
        return several or any(survey.one_picture for survey in self.surveys)

    @property
    def surveys(self) -> list[Survey]:
        """The surveys in the catalogue, most frequent first."""
        names = self._once("surveys", lambda: self.frame["survey"].value_counts().index.tolist())
        return [SURVEYS[name] for name in names if name in SURVEYS]

    # --- labels ----------------------------------------------------------------------------------------------

    @cached_property
    def is_labelled(self) -> bool:
        """Whether any object has a class."""
        return bool(self.frame["label"].notna().any())

    def labelled(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Which of some rows (of all if None) have a label, int64 (m,)."""
        has = self.frame["label"].notna().to_numpy()
        return np.flatnonzero(has) if rows is None else rows[has[rows]]

    def labels_used(self, rows: np.ndarray | None = None, tested: np.ndarray | Sequence[int] = ()) -> dict[str, int]:
        """How many labels come from people and how many from the data, counted in alerts.

        Args:
            rows: row numbers of labelled alerts, int64 (m,); None for all labelled alerts.
            tested: further rows, of the test part, where the labels that came with the data always count.
        """
        rows = self.labelled() if rows is None else rows
        people = int(self.by_person[rows].sum())
        return {PEOPLE: people, DATA: len(rows) - people + len(tested)}

    def labels_report(self, rows: np.ndarray | None = None, tested: np.ndarray | Sequence[int] = ()) -> dict[str, Any]:
        """What every output states about its labels, ready for JSON: labels_by, labels_used and what is counted."""
        used = self.labels_used(rows, tested)
        return {"labels_by": self.labels_by, "labels_used": used, "labels_used_counts": COUNTS}


def as_snapshot(source: Snapshot | Catalogue) -> Snapshot:
    """A snapshot unchanged; for a catalogue, a snapshot in which people's labels count first.

    Raises:
        CatalogueError: if people's labels cannot be read.
    """
    return source if isinstance(source, Snapshot) else Snapshot.of(source)


def labels_sentence(report: Mapping[str, Any]) -> str:
    """The same in words: 'labels: 3 by people, 1,247 by the data (alerts)'."""
    used = report["labels_used"]
    return f"labels: {used[PEOPLE]:,} by people, {used[DATA]:,} by the data ({report['labels_used_counts']})"


def object_numbers(frame: pd.DataFrame) -> np.ndarray:
    """A number for each (survey, object_id), int64 (n,): two surveys may use the same name for different objects."""
    names = frame["survey"].astype(str) + "\n" + frame["object_id"].astype(str)
    return pd.factorize(names)[0]
