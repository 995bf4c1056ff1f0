"""Bring the tables up to what this version of the service needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from ..asgi.database import one_line, shown
from ..portfolio.errors import ProjectError
from .transactions import migrating

if TYPE_CHECKING:
    from sqlalchemy import Engine

MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(engine: Engine, revision: str = "head") -> None:
    """Run the steps that are missing, in one transaction; of processes that start at once, one runs them.

    Args:
        engine: a prepared one (transactions.py).
        revision: another one than the newest, for tests; a lower one takes the steps back.

    Raises:
        ProjectError: a later version of the service has changed the tables, or the database refuses.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    down = revision == "base"
    try:
        with one_line(engine), migrating(engine) as connection:
            config.attributes["connection"] = connection
            (command.downgrade if down else command.upgrade)(config, revision)
    except CommandError as error:
        raise ProjectError(
            f"database {shown(engine.url)}: {error}; it was used by a later version of this service"
        ) from None
