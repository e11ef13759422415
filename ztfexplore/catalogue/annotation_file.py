"""The file of people's labels: SQLite, in the catalogue's folder; no other module writes it.

Two append-only tables: actions (label, remove a label, undo) and the alerts of each. It is one file without a
write-ahead log, so that copying it copies every label; SQLite syncs it to the disk before an action counts as saved.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from ztfexplore.errors import CatalogueError

LABEL, UNLABEL, UNDO = "label", "unlabel", "undo"
WAIT_SECONDS = 60
APPLICATION = 0x7A746C62  # distinguishes our SQLite files from other programs'
LAYOUT = 1
_GUARD = "CREATE TRIGGER {0}_{1} BEFORE {1} ON {0} BEGIN SELECT RAISE(ABORT, 'this table only grows'); END"
_MAKE = (
    f"""CREATE TABLE actions (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('{LABEL}', '{UNLABEL}', '{UNDO}')),
        who TEXT NOT NULL,
        at TEXT NOT NULL,
        undoes INTEGER UNIQUE REFERENCES actions (id)
    )""",
    """CREATE TABLE entries (
        action INTEGER NOT NULL REFERENCES actions (id),
        survey TEXT NOT NULL,
        candid INTEGER NOT NULL,
        label TEXT,
        PRIMARY KEY (action, survey, candid)
    ) WITHOUT ROWID""",
    "CREATE INDEX actions_of ON actions (who, id)",
    *(_GUARD.format(table, what) for table in ("actions", "entries") for what in ("update", "delete")),
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {LAYOUT}",
)


class AnnotationFile:
    """Opened anew for every reading and writing, so that threads and processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A consistent view of the tables; None if there are none yet.

        Raises:
            CatalogueError: if the file is damaged, another program's, or unreadable.
        """
        with self._told("read"):
            if not self.path.exists():
                yield None
                return
            with closing(self._connect("rw")) as database:
                database.execute("BEGIN")
                yield database if self._is_made(database) else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, completely on the disk at its end or not at all; one writer at a time. Creates the file.

        Raises:
            CatalogueError: as from `reading`, or if it cannot be written.
        """
        with self._told("written"), closing(self._connect("rwc")) as database:
            database.execute("PRAGMA synchronous = EXTRA")  # the folder too is synced before a commit returns
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("BEGIN IMMEDIATE")
            if not self._is_made(database):
                for statement in _MAKE:
                    database.execute(statement)
            yield database
            database.execute("COMMIT")

    def _connect(self, mode: str) -> sqlite3.Connection:
        # 'rw' for readers too: the next one to open the file rolls back what a killed writer left unfinished. SQLite
        # itself falls back to reading if the file may not be written.
        address = f"file:{quote(str(self.path.resolve()))}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS, isolation_level=None)

    def _is_made(self, database: sqlite3.Connection) -> bool:
        """Whether our tables exist; an interrupted creation leaves a file without tables."""
        names = ("application_id", "user_version")
        application, layout = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
        if (application, layout) == (APPLICATION, LAYOUT):
            return True
        if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            return False
        newer = f"its layout is {layout}, from a newer version" if application == APPLICATION else None
        why = newer or "it is another program's SQLite file"
        raise CatalogueError(f"annotations {self.path}: {why}; it is left as it is")

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            locked = f"another process has been writing for {WAIT_SECONDS} s; try again"
            why = locked if "locked" in str(error) else str(error)
            raise CatalogueError(
                f"annotations {self.path}: cannot be {done} ({why}); the file is left as it is"
            ) from error
        except OSError as error:
            raise CatalogueError(f"annotations {self.path}: cannot be {done} ({error.strerror or error})") from error
