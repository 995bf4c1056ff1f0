"""Where an import keeps what it has read so far: data/import.db, one SQLite file.

Tickets, refused rows and the place in the file are committed together. Whatever stops an import (a full disk,
`kill -9`), the next run finds either a batch and the place after it, or neither, and goes on from there.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from .import_state import Counts, Import, RefusedRow
from .reading import Place
from .tickets import from_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from .tickets import Ticket

FILE = "data/import.db"
_WAITS_S = 2.0  # for another import to end
_SCHEMA = """
CREATE TABLE IF NOT EXISTS file (
    number INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT NOT NULL, rules TEXT NOT NULL, name TEXT NOT NULL,
    line INTEGER NOT NULL, byte INTEGER, is_done INTEGER NOT NULL, counts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ticket (
    file INTEGER NOT NULL, id TEXT NOT NULL, moment INTEGER NOT NULL, line TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS ticket_of_file ON ticket (id, file);
CREATE TABLE IF NOT EXISTS refused (
    file INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, field TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS refused_of_file ON refused (file);
"""
_STALE = """
SELECT number FROM file WHERE (content = ? AND rules <> ?) OR (name = ? AND content <> ? AND NOT is_done)
"""
_BEGIN = """
INSERT INTO file (content, rules, name, line, byte, is_done, counts) VALUES (?, ?, ?, 0, NULL, 0, ?)
"""
# Of each id the ticket of the file that was imported last.
_LATEST = """
SELECT line FROM ticket AS one WHERE file IN (SELECT number FROM file WHERE is_done) AND NOT EXISTS (
    SELECT 1 FROM ticket AS other JOIN file ON number = other.file
    WHERE other.id = one.id AND other.file > one.file AND is_done)
ORDER BY moment, id
"""
_REPLACED = """
SELECT count(*) FROM ticket AS new WHERE file = ? AND line <> (
    SELECT old.line FROM ticket AS old JOIN file ON number = old.file
    WHERE old.id = new.id AND old.file < new.file AND is_done ORDER BY old.file DESC LIMIT 1)
"""


class Staging:
    """The file of a project; one process has it at a time."""

    def __init__(self, root: Path) -> None:
        path = root / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        with explained():
            self._db = sqlite3.connect(path, timeout=_WAITS_S, isolation_level=None)
            try:
                for statement in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
                    self._db.execute(f"PRAGMA {statement}")
                self._db.executescript(_SCHEMA)
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with explained():
            self._db.close()

    def begin(self, content: str, rules: str, name: str) -> Import:
        """Return the import of a file: a new one, or where an earlier one has come to.

        What was read of it under other rules is forgotten, and so is the unfinished import of another file
        of that name.

        Args:
            content: names what is in the file.
            rules: name how it is read.
            name: of the file.
        """
        with self._transaction():
            for (number,) in self._db.execute(_STALE, (content, rules, name, content)).fetchall():
                self._forget(number)
            query = "SELECT number, line, byte, is_done, counts FROM file WHERE content = ?"
            if row := self._db.execute(query, (content,)).fetchone():
                number, line, byte, is_done, counts = row
                return Import(number, Place(line, byte), bool(is_done), Counts(**json.loads(counts)))
            made = self._db.execute(_BEGIN, (content, rules, name, json.dumps(asdict(Counts()))))
            return Import(made.lastrowid or 0, Place(), is_done=False, counts=Counts())

    def lines_of(self, one: Import, ids: Sequence[str]) -> dict[str, str]:
        """Return the tickets of a file that have one of these ids, as lines."""
        query = "SELECT id, line FROM ticket WHERE file = ? AND id IN (SELECT value FROM json_each(?))"
        with explained():
            return dict(self._db.execute(query, (one.number, json.dumps(ids))))

    def commit(
        self, one: Import, tickets: Sequence[tuple[Ticket, str]], refused: Sequence[RefusedRow]
    ) -> None:
        """Keep a batch, with the place and the counts after it, or nothing of it."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO ticket VALUES (?, ?, ?, ?)",
                ((one.number, ticket.id, ticket.created or 0, line) for ticket, line in tickets),
            )
            self._db.executemany(
                "INSERT INTO refused VALUES (?, ?, ?, ?)",
                ((one.number, row.line, row.reason, row.field) for row in refused),
            )
            self._db.execute(
                "UPDATE file SET line = ?, byte = ?, is_done = ?, counts = ? WHERE number = ?",
                (one.place.line, one.place.byte, one.is_done, json.dumps(asdict(one.counts)), one.number),
            )

    def refused(self, one: Import) -> Iterator[RefusedRow]:
        """Yield the refused rows of a file."""
        query = "SELECT line, reason, field FROM refused WHERE file = ? ORDER BY line"
        with explained():
            for row in self._db.execute(query, (one.number,)):
                yield RefusedRow(*row)

    def replaced(self, one: Import) -> int:
        """Return how many tickets of a file say something else than an earlier file did."""
        with explained():
            return int(self._db.execute(_REPLACED, (one.number,)).fetchone()[0])

    def done(self) -> list[tuple[str, Counts]]:
        """Return name and counts of all files that have been imported."""
        with explained():
            rows = self._db.execute("SELECT name, counts FROM file WHERE is_done ORDER BY number").fetchall()
        return [(name, Counts(**json.loads(counts))) for name, counts in rows]

    def forget(self, one: Import) -> None:
        """Keep nothing of a file."""
        with self._transaction():
            self._forget(one.number)

    def _forget(self, number: int) -> None:
        for statement in ("ticket WHERE file", "refused WHERE file", "file WHERE number"):
            self._db.execute(f"DELETE FROM {statement} = ?", (number,))  # noqa: S608

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def latest(root: Path) -> Iterator[Ticket]:
    """Yield the tickets of all imported files in the order of time, then of id; the last file's counts."""
    with explained(), closing(sqlite3.connect(root / FILE, timeout=_WAITS_S)) as db:
        yield from from_lines(line for (line,) in db.execute(_LATEST))


@contextmanager
def explained() -> Iterator[None]:
    """Say what SQLite's errors mean for an import.

    Raises:
        DataError: the file is in use, cannot grow, or is damaged.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        said = str(error)
        if "locked" in said:
            advice = "another import is running; wait until it has ended"
        elif "full" in said or "I/O" in said:
            advice = f"cannot be written ({said}); free some space and run the same command again to go on"
        elif "not a database" in said or "malformed" in said:
            advice = f"is damaged ({said}); delete it and import your files again"
        else:
            advice = f"{said}; may this user write here?"
        raise DataError(f"{FILE}: {advice}") from error
