"""The engine of a service's database: SQLite in a file, or any database that SQLAlchemy knows.

No message of this module holds a password: addresses are shown without it and without their options.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from ..portfolio.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUSY_MS = 10_000  # how long a writer of SQLite waits for another one
_EXPECTED = "expected an address such as sqlite:///var/service.db or postgresql+psycopg://user@host/name"


def connect(root: Path, address: str, variable: str) -> Engine:
    """Connect to `address`, or to what the environment names instead.

    Args:
        root: the project's folder; a relative SQLite file is in it, and its folder is made.
        address: as SQLAlchemy has it.
        variable: of the environment; where it is set and not empty, it goes before `address`.

    Raises:
        ProjectError: no such kind of database, or it cannot be reached.
    """
    given = os.environ.get(variable)
    try:
        url = make_url(given or address)
    except (ArgumentError, ValueError):  # a port that is no number is a ValueError
        place = variable if given else "params.toml"
        raise ProjectError(f"{place}: the database's address cannot be read; {_EXPECTED}") from None
    file = _file(root, url)
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            url = url.set(database=str(file))
        # Errors are logged, and who did what is not. A server that was started again is noticed.
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise ProjectError(f"database {shown(url)}: {error}; {_EXPECTED}") from None
    except OSError as error:
        raise ProjectError(f"database {shown(url)}: {error.strerror}: {error.filename}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune)
    with one_line(engine), engine.connect():
        return engine


@contextmanager
def one_line(engine: Engine) -> Iterator[None]:
    """Turn what goes wrong with a database into one line that names it.

    Raises:
        ProjectError: in place of any error of SQLAlchemy.
    """
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ProjectError(f"database {shown(engine.url)}: {reason}") from None


def shown(url: URL) -> str:
    """Return the address as it may be shown and logged.

    >>> shown(make_url("postgresql+psycopg://me:secret@host/name?password=secret"))
    'postgresql+psycopg://me:***@host/name'
    """
    return url.set(query={}).render_as_string(hide_password=True)


def _file(root: Path, url: URL) -> Path | None:
    """Return the file of an SQLite database; None of one in memory, or of another kind."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return root / str(url.database)


def _tune(connection: Any, _record: object) -> None:
    """Let SQLite read while it writes, and wait for another writer instead of failing."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()
