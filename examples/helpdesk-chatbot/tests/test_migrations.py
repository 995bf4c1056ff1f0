"""The tables are those that the steps of migrations/ make, forwards and backwards, whoever comes first."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from desks import KNOWN, desk_of
from projects import ROOT
from sqlalchemy import inspect

from helpdesk.asgi.database import connect
from helpdesk.portfolio.errors import ProjectError
from helpdesk.serving.migrating import MIGRATIONS, migrate
from helpdesk.serving.tables import METADATA
from helpdesk.serving.transactions import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from helpdesk.serving.predictor import Predictor

VARIABLE = "NOT_SET_IN_TESTS"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = connect(tmp_path, "sqlite:///helpdesk.db", VARIABLE)
    prepare(made)
    yield made
    made.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_the_steps_make_the_tables_of_the_code(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_steps_go_back_and_forth(engine: Engine) -> None:
    for _ in range(2):
        migrate(engine)
        assert tables(engine) == set(METADATA.tables)
        migrate(engine)  # nothing is left to do
        migrate(engine, "base")
        assert tables(engine) == set()


def test_a_step_that_fails_leaves_the_tables_as_they_were(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE handover (id INTEGER)")  # in the way of the first step
    with pytest.raises(ProjectError, match=r"database sqlite.*: table handover already exists"):
        migrate(engine)
    assert tables(engine) == {"handover"}
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE handover")
    migrate(engine)
    assert tables(engine) == set(METADATA.tables)


def test_tables_of_a_later_version_are_refused_in_a_line(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ProjectError, match="'9999'; it was used by a later version of this service"):
        migrate(engine)


def test_steps_follow_each_other_by_their_numbers() -> None:
    numbers = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_processes_that_start_at_once_do_not_get_in_each_others_way(trained: Path, tmp_path: Path) -> None:
    """Each migrates, takes in the model's tickets and answers; none waits for another's mistake."""
    code = (
        "from pathlib import Path; from helpdesk import params; from helpdesk.serving.desk import Desk\n"
        "from helpdesk.serving.predictor import Predictor\n"
        f"root = Path({str(trained)!r}); desk = Desk.open(root, params.load(root), Predictor.load(root))\n"
        f"print(desk.known(), desk.ask({KNOWN!r}).message.kind); desk.close()"
    )
    environment = {"PYTHONPATH": str(ROOT / "src"), "HELPDESK_DATABASE": f"sqlite:///{tmp_path}/helpdesk.db"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    found = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0], found
    assert len({out for out, _ in found}) == 1, found
    assert found[0][0].endswith(" answer\n")


def test_a_database_of_before_goes_on(trained: Path, predictor: Predictor, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/helpdesk.db"
    with desk_of(trained, predictor, database) as desk:
        token = desk.ask(KNOWN).conversation
    with desk_of(trained, predictor, database) as desk:
        assert desk.conversation(token).messages[0].text == KNOWN
