"""Transactions of the service's database: many may read, one at a time changes what the service answers from.

SQLite takes the lock for writing at the beginning, because a transaction that has read and then wants to
write fails at once where another one has written since. PostgreSQL locks the audit instead, so that the ids
of its rows rise in the order in which they can be seen, and nobody who reads on from the last one misses any.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlmodel import Session

from .refusals import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

LOG = logging.getLogger("service")
_MIGRATION_LOCK = 0x48454C50  # any number that nothing else locks in the same PostgreSQL database
_RETRY_S = 5
_PATIENCE_S = 10.0  # of a writer of SQLite for others of this process, as long as for other processes
_TURN = (
    threading.Lock()
)  # they take turns here: SQLite's own waiting looks again at times and lets others pass
_REASONS = {  # by SQLite's name or by PostgreSQL's code
    "SQLITE_BUSY": "the database is locked by another program",
    "SQLITE_FULL": "the disk of the database is full",
    "SQLITE_READONLY": "the database may only be read",
    "53100": "the disk of the database is full",
}


def prepare(engine: Engine) -> None:
    """Let this module begin SQLite's transactions; Python's driver else begins them too late."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_it_to_us)
        event.listen(engine, "begin", _begin)
        engine.dispose()  # connections made before know nothing of this


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Read one state of the database.

    Raises:
        Unavailable: the database cannot be used now.
    """
    with _refusing(), Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine, *, audited: bool = False) -> Iterator[Session]:
    """Write all or nothing.

    Args:
        engine: a prepared one.
        audited: whether rows may be added to the audit.

    Raises:
        Unavailable: the database cannot be used now, and nothing was written.
    """
    writer = engine.execution_options(helpdesk_writes=True)
    with _refusing(), _turn(engine), Session(writer, expire_on_commit=False) as session:
        if audited and engine.dialect.name == "postgresql":
            session.connection().execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
        yield session
        session.commit()


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """Change the tables themselves, one process at a time."""
    with engine.execution_options(helpdesk_writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        yield connection


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    if engine.dialect.name != "sqlite":
        yield
        return
    if not _TURN.acquire(timeout=_PATIENCE_S):
        reason = _REASONS["SQLITE_BUSY"]
        raise Unavailable(f"{reason}; nothing of this was kept, try again", retry_after_s=_RETRY_S)
    try:
        yield
    finally:
        _TURN.release()


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in one line what is the matter with the database; what else goes wrong is a bug."""
    try:
        yield
    except (OperationalError, InterfaceError, NoConnection) as error:
        code = _code(getattr(error, "orig", None))
        LOG.error("database", extra={"reason": code})
        reason = _REASONS.get(code, "the database cannot be used now")
        raise Unavailable(f"{reason}; nothing of this was kept, try again", retry_after_s=_RETRY_S) from None


def _code(error: Any) -> str:
    """Return how SQLite or PostgreSQL calls an error, without what follows an underscore in detail."""
    name = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    name = name or type(error).__name__
    return "_".join(str(name).split("_")[:2])


def _leave_it_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("helpdesk_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
