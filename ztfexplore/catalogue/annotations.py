"""People's labels: an append-only log beside the stamps, and the labels that follow from it.

Nothing in the log is ever changed or removed. The newest action about an alert that is not undone wins; newest means
saved last, whatever the clock says.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ztfexplore.catalogue.annotation_file import LABEL, UNDO, UNLABEL, AnnotationFile
from ztfexplore.errors import CatalogueError, LabelsError

FILE = "annotations.sqlite"
LONGEST = 64  # characters of a label or a name
PERSON = "person:"  # prefix of the label source of a person's label
# What the pages call an alert without a label: these would be mistaken for classes.
RESERVED = ("unlabelled",)
_NEWEST = f"""
SELECT id FROM actions AS a WHERE who = ? AND kind != '{UNDO}'
AND NOT EXISTS (SELECT 1 FROM actions AS u WHERE u.undoes = a.id) ORDER BY id DESC LIMIT 1
"""
_STANDING = f"""
SELECT e.action, e.survey, e.candid, e.label FROM entries AS e
WHERE e.action NOT IN (SELECT undoes FROM actions WHERE kind = '{UNDO}') ORDER BY e.action
"""
# An undo has no alerts of its own: it applies to those of the action it undoes.
_LOG = """
SELECT a.id, a.kind, e.survey, e.candid, e.label, a.who, a.at, a.undoes FROM actions AS a
JOIN entries AS e ON e.action = coalesce(a.undoes, a.id) ORDER BY a.id, e.survey, e.candid
"""
LATEST_COLUMNS = ("survey", "candid", "label", "label_source", "who", "when", "action")
LOG_COLUMNS = ("action", "kind", "survey", "candid", "label", "who", "when", "undoes")
EXPORTED = ("candid", "label", "label_source", "who", "when", "survey")


@dataclass(frozen=True)
class Action:
    """What a person did in one step, to one alert or to thousands.

    Attributes:
        id: increases with every action in a catalogue.
        kind: 'label', 'unlabel' or 'undo'.
        who: the person.
        when: UTC, ISO 8601.
        labels: the classes given, sorted; empty if labels were removed.
        candids: those of the alerts, ascending.
        undoes: the action that this one undoes, if it is an undo.
    """

    id: int
    kind: str
    who: str
    when: str
    labels: tuple[str, ...]
    candids: tuple[int, ...]
    undoes: int | None = None

    @property
    def text(self) -> str:
        """What was done: 'SN on 12 alerts'."""
        what = "removed labels" if not self.labels else " / ".join(self.labels[:3]) + (" …" if self.labels[3:] else "")
        count = len(self.candids)
        return f"{what} on {count:,} alert{'' if count == 1 else 's'}"


class Annotations:
    """The labels that people gave to the alerts of a catalogue.

    Every call opens the file anew, so that threads, browser tabs and processes may read and write at once.
    """

    def __init__(self, path: Path) -> None:
        self._file = AnnotationFile(path)

    @classmethod
    def open(cls, catalogue: str | Path) -> Annotations:
        """The labels of the catalogue in this folder. The file is created with the first label.

        Raises:
            CatalogueError: if there is no such folder, or its file is damaged or another program's.
        """
        folder = Path(catalogue)
        if not folder.is_dir():
            raise CatalogueError(f"catalogue {folder}: no such folder")
        found = cls(folder / FILE)
        found.version  # noqa: B018 - an unreadable file is reported now
        return found

    # --- reading ---------------------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """Changes with every action; takes some 0.2 ms. '0' before the first.

        It contains the time: a file that replaced another has another version.
        """
        last = "SELECT id, at FROM actions ORDER BY id DESC LIMIT 1"
        with self._file.reading() as database:
            found = database.execute(last).fetchone() if database else None
        return f"{found[0]}@{found[1]}" if found else "0"

    def latest(self) -> pd.DataFrame:
        """The label of every alert that a person labelled, one row per alert, in the order of actions.

        Returns:
            survey, candid (int64), label, label_source ('person:NAME'), who, when (UTC) and action. Alerts whose
            newest valid action removed the label are not included.
        """
        with self._file.reading() as database:
            entries = database.execute(_STANDING).fetchall() if database else []
            actions = database.execute("SELECT id, who, at FROM actions").fetchall() if database else []
        frame = _frame(entries, ("action", "survey", "candid", "label"))
        keys = pd.DataFrame({"survey": pd.factorize(frame["survey"])[0], "candid": frame["candid"]})
        newest = ~keys.duplicated(keep="last").to_numpy()
        frame = frame[newest & frame["label"].notna().to_numpy()].reset_index(drop=True)
        about = _frame(actions, ("action", "who", "when")).set_index("action").reindex(frame["action"].to_numpy())
        frame = frame.assign(who=about["who"].to_numpy(), when=about["when"].to_numpy())
        return frame.assign(label_source=PERSON + frame["who"].astype(object))[list(LATEST_COLUMNS)]

    def log(self) -> pd.DataFrame:
        """All actions, oldest first, one row per alert of an action.

        Returns:
            action, kind, survey, candid (int64), label (missing where it was removed), who, when (UTC), and undoes:
            for an undo, the action that it undoes, whose alerts and labels are given.
        """
        with self._file.reading() as database:
            frame = _frame(database.execute(_LOG).fetchall() if database else [], LOG_COLUMNS)
        return frame.astype({"undoes": "Int64"})

    def classes(self) -> list[str]:
        """Every class that people ever gave, in the order of first use."""
        first = "SELECT label FROM entries WHERE label IS NOT NULL GROUP BY label ORDER BY min(action), label"
        with self._file.reading() as database:
            return [label for (label,) in database.execute(first)] if database else []

    def undoable(self, who: str) -> Action | None:
        """What `undo` would undo: the person's newest action that is not undone."""
        with self._file.reading() as database:
            found = database.execute(_NEWEST, (who,)).fetchone() if database else None
            return _action(database, found[0]) if database and found else None

    # --- writing ---------------------------------------------------------------------------------------------

    def add(self, candids: Sequence[int], label: str, who: str, survey: str | Sequence[str]) -> Action | None:
        """Label alerts, saved when this returns. Without alerts it writes nothing and returns None.

        Args:
            candids: int64; all of them are one action, which one undo reverts.
            label: a class, up to 64 characters.
            who: the person's name.
            survey: of all alerts, or of each. Labels of alerts that are not in the catalogue are kept.

        Raises:
            LabelsError: if a label, a name or a candid is not valid.
            CatalogueError: if the file cannot be written.
        """
        label = checked(label, "label")
        return self._append(LABEL, _entries(candids, survey, [label] * len(candids)), who)

    def add_each(self, labels: Mapping[tuple[str, int], str], who: str) -> Action | None:
        """As `add`, with a label for each (survey, candid)."""
        named = [checked(label, "label") for label in labels.values()]
        return self._append(LABEL, _entries([key[1] for key in labels], [key[0] for key in labels], named), who)

    def remove(self, candids: Sequence[int], who: str, survey: str | Sequence[str]) -> Action | None:
        """Remove people's labels from alerts, whoever gave them; the labels that came with the data count again."""
        return self._append(UNLABEL, _entries(candids, survey, [None] * len(candids)), who)

    def undo(self, who: str, action: int | None = None) -> Action | None:
        """Undo the person's last action, all of it; another call undoes the one before.

        The earlier labels count again; later labels by others stay.

        Args:
            action: undo this one only; another tab may have added a newer one since it was shown.

        Returns:
            the action that was undone; None if there is none, or it was already undone.
        """
        who = checked(who, "name")
        if self.version == "0":  # without any action no file is created
            return None
        with self._file.writing() as database:
            newest = _NEWEST if action is None else _NEWEST.replace("WHERE", "WHERE id = ? AND", 1)
            found = database.execute(newest, (who,) if action is None else (action, who)).fetchone()
            if found is None:
                return None
            database.execute(
                "INSERT INTO actions (kind, who, at, undoes) VALUES (?, ?, ?, ?)", (UNDO, who, _now(), *found)
            )
            return _action(database, found[0])

    def _append(self, kind: str, entries: list[tuple[str, int, str | None]], who: str) -> Action | None:
        who = checked(who, "name")
        if not entries:
            return None
        with self._file.writing() as database:
            row = (kind, who, _now())
            number = database.execute("INSERT INTO actions (kind, who, at) VALUES (?, ?, ?)", row).lastrowid
            database.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", ((number, *entry) for entry in entries))
        labels = tuple(sorted({label for _, _, label in entries if label is not None}))
        return Action(int(number or 0), kind, who, row[2], labels, tuple(sorted(candid for _, candid, _ in entries)))


def apply(frame: pd.DataFrame, latest: pd.DataFrame) -> pd.DataFrame:
    """A catalogue's metadata with people's labels in place of those that came with the data.

    Args:
        frame: with survey, candid, label and label_source; a frame that this returned is accepted.
        latest: of `Annotations.latest`, of this or a larger catalogue.

    Returns:
        the frame with people's labels in `label` and `label_source`; those that came with the data are kept as
        `label_given` and `label_source_given`.
    """
    given = {name: frame[f"{name}_given" if f"{name}_given" in frame else name] for name in ("label", "label_source")}
    found = _positions(frame, latest)
    rows = np.flatnonzero(found >= 0)
    columns: dict[str, pd.Series] = {}
    for name, old in given.items():
        values = old.to_numpy(dtype=object, copy=True)
        values[rows] = latest[name].to_numpy(dtype=object)[found[rows]]
        columns |= {name: pd.Series(values, index=frame.index, dtype=old.dtype), f"{name}_given": old}
    return frame.assign(**columns)


def labelled_by_person(frame: pd.DataFrame, latest: pd.DataFrame) -> np.ndarray:
    """Which rows of a frame (survey, candid) a person labelled, bool (n,); `latest` as of `apply`."""
    return _positions(frame, latest) >= 0


def unknown(frame: pd.DataFrame, latest: pd.DataFrame) -> pd.DataFrame:
    """The rows of `latest` whose alerts are not in a catalogue (`frame`: survey and candid). They are kept."""
    return latest[_positions(latest, frame) < 0]


def csv(latest: pd.DataFrame) -> str:
    """People's labels as CSV: candid, label, label_source, who, when, survey; `ingest --labels` reads it."""
    return latest[list(EXPORTED)].to_csv(index=False, lineterminator="\n")


def checked(text: str, what: str) -> str:
    """A label or a person's name in the form that is saved: without surrounding space, accents in one form (NFC).

    Raises:
        LabelsError: if it is empty, longer than 64 characters, contains unprintable characters, or is reserved.
    """
    if not isinstance(text, str):
        raise LabelsError(f"{what} {text!r}: not text")
    kept = unicodedata.normalize("NFC", text).strip()
    if not kept:
        raise LabelsError(f"{what}: empty")
    if len(kept) > LONGEST:
        raise LabelsError(f"{what} {kept[:20]!r}…: {len(kept)} characters, more than {LONGEST}")
    if not kept.isprintable():  # line breaks, control characters, and marks that change the direction of writing
        raise LabelsError(f"{what} {kept!r}: has a character that does not print")
    if what == "label" and kept.casefold() in RESERVED:
        raise LabelsError(f"label {kept!r}: means that there is no label; remove the label instead")
    return kept


def _entries(
    candids: Sequence[int], survey: str | Sequence[str], labels: Sequence[str | None]
) -> list[tuple[str, int, str | None]]:
    """(survey, candid, label) of distinct alerts; integers never pass through a float."""
    surveys = [survey] * len(candids) if isinstance(survey, str) else list(survey)
    entries = {
        (str(name), _candid(candid)): label for name, candid, label in zip(surveys, candids, labels, strict=True)
    }
    return [(*key, label) for key, label in entries.items()]


def _candid(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not -(2**63) <= int(value) < 2**63:
        raise LabelsError(f"candid {value!r} is not a 64-bit integer")
    return int(value)


def _positions(wanted: pd.DataFrame, among: pd.DataFrame) -> np.ndarray:
    """The position of each row's (survey, candid) among other rows, int64 (n,); -1 if it is not there."""
    found = np.full(len(wanted), -1, dtype=np.int64)
    surveys = wanted["survey"].to_numpy(dtype=object)
    for name, group in among.groupby("survey").indices.items():
        mine = np.flatnonzero(surveys == name)
        index = pd.Index(among["candid"].to_numpy()[group])
        hits = index.get_indexer(wanted["candid"].to_numpy()[mine])
        found[mine] = np.where(hits >= 0, group[hits], -1)
    return found


def _action(database: sqlite3.Connection, number: int) -> Action:
    kind, who, when, undoes = database.execute(
        "SELECT kind, who, at, undoes FROM actions WHERE id = ?", (number,)
    ).fetchone()
    entries = database.execute(
        "SELECT candid, label FROM entries WHERE action = ? ORDER BY candid", (number,)
    ).fetchall()
    labels = tuple(sorted({label for _, label in entries if label is not None}))
    return Action(number, kind, who, when, labels, tuple(candid for candid, _ in entries), undoes)


def _frame(rows: list[tuple], columns: Sequence[str]) -> pd.DataFrame:
    """Rows of a query as a frame: ids and candids int64, the rest objects."""
    whole = ("action", "candid")
    return pd.DataFrame(
        {
            name: np.fromiter((row[place] for row in rows), np.int64 if name in whole else object, len(rows))
            for place, name in enumerate(columns)
        }
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
