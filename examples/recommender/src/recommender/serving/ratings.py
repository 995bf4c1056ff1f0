"""The ratings of a running service, in SQLite or any database that SQLAlchemy knows.

Nothing is overwritten: each rating is an event, and undoing marks the last event of a pair, so that the one
before it holds again. A new database starts with the histories that the model was stored with.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Engine, Index, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel

from ..asgi.database import connect, one_line
from ..model import training

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from ..portfolio.store import StoredModel

VARIABLE = "RECOMMENDER_DATABASE"
_CHUNK = 20_000  # rows of one insert


LONGEST_ID = 64  # characters


def may_be_id(text: str) -> bool:
    r"""Say whether somebody or something could be called so; what could not is not looked up.

    >>> [may_be_id(text) for text in ("u1", "", " u1", "two\nlines", "\ud800", 65 * "u")]
    [True, False, False, False, False, False]
    """
    return 1 <= len(text) <= LONGEST_ID and text.isprintable() and text == text.strip()


class Event(SQLModel, table=True):
    """One rating; of those of a pair that are not undone, the last one holds."""

    __table_args__ = (
        Index("event_of_user", "user_id", "id"),
        Index("event_of_item", "item_id", "undone", "value"),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(max_length=LONGEST_ID)
    item_id: str = Field(max_length=LONGEST_ID)
    value: float
    at: int  # seconds since 1970, UTC
    imported: bool  # came with the model, so it cannot be undone
    undone: bool = False


class Note(SQLModel, table=True):
    """What the service remembers of itself."""

    key: str = Field(primary_key=True, max_length=64)
    value: str


@dataclass(frozen=True, slots=True)
class History:
    """What holds of a user's ratings."""

    values: dict[str, float]  # by item, oldest first
    state: str  # changes with each rating and each undoing
    known: bool  # whether there was ever an event of this user


NOBODY = History({}, "", known=False)


class Ratings:
    """Reads and writes events; safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, root: Path, address: str) -> Ratings:
        """Connect to `address`, or to what the environment names instead, and make what is missing.

        Args:
            root: the project's folder; a relative SQLite file is in it.
            address: as SQLAlchemy has it.

        Raises:
            ProjectError: no such kind of database, or it cannot be reached.
        """
        engine = connect(root, address, VARIABLE)
        with one_line(engine):
            SQLModel.metadata.create_all(engine, tables=[_EVENTS, _NOTES])
        return cls(engine)

    def start_from(self, stored: StoredModel) -> int:
        """Fill an empty database with the histories of the model; returns how many were added.

        Once filled, the database is the truth: another model adds nothing.
        """
        with self._writing() as connection:
            if connection.execute(select(_NOTES.c.key).where(_NOTES.c.key == "histories")).first():
                return 0
        try:
            with self._writing() as connection:
                # The note first: a second process that starts at the same time fails on it, and adds nothing.
                connection.execute(insert(Note).values(key="histories", value=stored.version))
                return _add_histories(connection, stored)
        except IntegrityError:
            return 0

    def history(self, user_id: str) -> History:
        """Return what a user has rated."""
        return self.histories((user_id,))[user_id]

    def histories(self, user_ids: Sequence[str]) -> dict[str, History]:
        """Return what some users have rated; one query."""
        statement = (
            select(_EVENTS.c.user_id, _EVENTS.c.id, _EVENTS.c.item_id, _EVENTS.c.value, _EVENTS.c.undone)
            .where(_EVENTS.c.user_id.in_(user_ids))
            .order_by(_EVENTS.c.id)
        )
        with self.engine.connect() as connection:
            rows = connection.execute(statement).all()
        by_user: dict[str, list[Any]] = {user_id: [] for user_id in user_ids}
        for row in rows:
            by_user[row.user_id].append(row)
        return {user_id: _history(events) for user_id, events in by_user.items()}

    def users(self, first: int) -> list[str]:
        """Return the first ids in their order, to have some to try."""
        statement = select(_EVENTS.c.user_id).distinct().order_by(_EVENTS.c.user_id).limit(first)
        with self.engine.connect() as connection:
            return list(connection.execute(statement).scalars())

    def rate(self, user_id: str, item_id: str, value: float) -> None:
        """Keep a rating; it is on disk when this returns."""
        row = {
            "user_id": user_id,
            "item_id": item_id,
            "value": value,
            "at": int(time.time()),
            "imported": False,
            "undone": False,
        }
        with self._writing() as connection:
            connection.execute(insert(Event).values(row))

    def undo(self, user_id: str, item_id: str) -> bool:
        """Take the last rating of the pair back; False where there is none, or it came with the model."""
        of_pair = (_EVENTS.c.user_id == user_id) & (_EVENTS.c.item_id == item_id) & ~_EVENTS.c.undone
        with self._writing() as connection:
            statement = select(_EVENTS.c.id, _EVENTS.c.imported).where(of_pair).order_by(_EVENTS.c.id.desc())
            last = connection.execute(statement.limit(1)).first()
            if last is None or last.imported:
                return False
            connection.execute(update(Event).where(_EVENTS.c.id == last.id).values(undone=True))
            return True

    def summaries(self, item_ids: Sequence[str]) -> dict[str, tuple[int, float]]:
        """Return, for some items, how many ratings there are and their mean; in one query."""
        statement = (
            select(_EVENTS.c.item_id, func.count(), func.avg(_EVENTS.c.value))
            .where(_EVENTS.c.item_id.in_(item_ids) & ~_EVENTS.c.undone)
            .group_by(_EVENTS.c.item_id)
        )
        with self.engine.connect() as connection:
            return {row[0]: (row[1], float(row[2])) for row in connection.execute(statement)}

    def values(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """Return the value that holds of some pairs of user and item; in one query."""
        users, items = ({pair[side] for pair in pairs} for side in (0, 1))
        statement = (
            select(_EVENTS.c.user_id, _EVENTS.c.item_id, _EVENTS.c.value)
            .where(_EVENTS.c.user_id.in_(users) & _EVENTS.c.item_id.in_(items) & ~_EVENTS.c.undone)
            .order_by(_EVENTS.c.id)
        )
        with self.engine.connect() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(statement)}

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with Session(self.engine) as session:
            yield session.connection()
            session.commit()


_EVENTS: Any = SQLModel.metadata.tables["event"]
_NOTES: Any = SQLModel.metadata.tables["note"]


def _history(events: Sequence[Any]) -> History:
    found: dict[str, float] = {}
    for one in events:
        if not one.undone:
            found.pop(one.item_id, None)
            found[one.item_id] = one.value
    undone = sum(one.undone for one in events)
    return History(found, f"{events[-1].id}.{undone}" if events else "", known=bool(events))


def _add_histories(connection: Connection, stored: StoredModel) -> int:
    with np.load(stored.file(training.HISTORIES), allow_pickle=False) as file:
        users, user, item, value, at = (file[name] for name in ("users", "user", "item", "value", "time"))
    items = [row["id"] for row in _catalogue(stored)]
    order = np.argsort(at, kind="stable")
    for first in range(0, len(order), _CHUNK):
        part = order[first : first + _CHUNK]
        columns = (user[part].tolist(), item[part].tolist(), value[part].tolist(), at[part].tolist())
        rows = [
            {
                "user_id": str(users[one]),
                "item_id": items[other],
                "value": score,
                "at": moment,
                "imported": True,
                "undone": False,
            }
            for one, other, score, moment in zip(*columns, strict=True)
        ]
        connection.execute(insert(Event), rows)
    return len(order)


def _catalogue(stored: StoredModel) -> list[dict[str, Any]]:
    import json

    rows: list[dict[str, Any]] = json.loads(stored.file(training.CATALOGUE).read_text(encoding="utf-8"))
    return rows
