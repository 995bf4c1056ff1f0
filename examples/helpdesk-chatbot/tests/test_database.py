"""The database's engine: where the address comes from, how SQLite is set, what an error says."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from projects import ROOT
from sqlalchemy import text

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = tomllib.loads((ROOT / "portfolio.toml").read_text(encoding="utf-8"))["package"]
database: Any = importlib.import_module(f"{PACKAGE}.asgi.database")
errors: Any = importlib.import_module(f"{PACKAGE}.portfolio.errors")
VARIABLE = "DATABASE_OF_A_TEST"


def test_a_relative_file_lies_in_the_project_and_its_folder_is_made(tmp_path: Path) -> None:
    engine = database.connect(tmp_path, "sqlite:///var/new/a.db", VARIABLE)
    engine.dispose()
    assert (tmp_path / "var" / "new" / "a.db").is_file()


def test_the_environment_goes_before_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path}/other.db")
    database.connect(tmp_path, "sqlite:///a.db", VARIABLE).dispose()
    assert [path.name for path in tmp_path.glob("*.db")] == ["other.db"]
    monkeypatch.setenv(VARIABLE, "")
    database.connect(tmp_path, "sqlite:///a.db", VARIABLE).dispose()
    assert (tmp_path / "a.db").is_file()


def test_a_variable_that_cannot_be_read_is_named_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "my secret")
    with pytest.raises(errors.ProjectError, match=f"{VARIABLE}: the database's address cannot be read") as no:
        database.connect(tmp_path, "sqlite:///a.db", VARIABLE)
    assert "secret" not in str(no.value)


def test_a_database_in_memory_leaves_no_file(tmp_path: Path) -> None:
    database.connect(tmp_path, "sqlite://", VARIABLE).dispose()
    assert list(tmp_path.iterdir()) == []


def test_sqlite_reads_while_another_connection_writes(tmp_path: Path) -> None:
    engine = database.connect(tmp_path, "sqlite:///a.db", VARIABLE)
    with engine.begin() as writer:
        writer.execute(text("create table t (n integer)"))
    with engine.begin() as writer, engine.connect() as reader:
        writer.execute(text("insert into t values (1)"))
        assert reader.execute(text("select count(*) from t")).scalar() == 0
    engine.dispose()


def test_a_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    engine = database.connect(tmp_path, "sqlite:///a.db", VARIABLE)
    with engine.begin() as first:
        first.execute(text("create table t (n integer)"))

    def write_too() -> None:
        with engine.begin() as second:
            second.execute(text("insert into t values (2)"))

    other = threading.Thread(target=write_too)
    with engine.begin() as first:
        first.execute(text("insert into t values (1)"))
        other.start()
        other.join(0.2)
        assert other.is_alive()
    other.join(10)
    with engine.connect() as reader:
        assert reader.execute(text("select count(*) from t")).scalar() == 2
    engine.dispose()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "nonsense",
            "params.toml: the database's address cannot be read; expected an address such as sqlite:///var/",
        ),
        ("postgresql://me:secret@host:port/db", "the database's address cannot be read; expected"),
        ("oracle9://me:secret@host/db", "database oracle9://me:***@host/db: .*oracle9; expected an address"),
        ("sqlite+nothing:///a.db?password=secret", "database sqlite+nothing:///.*a.db: .*; expected"),
        ("sqlite:///file/a.db", "database sqlite:///file/a.db: .*(exists|directory)"),
        ("sqlite:///folder", "database sqlite:///.*folder: unable to open database file"),
    ],
)
def test_an_impossible_address_is_one_line_without_its_password(
    tmp_path: Path, address: str, said: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    expected = said.replace("+", r"\+").replace("***", r"\*\*\*")
    with pytest.raises(errors.ProjectError, match=expected) as refused:
        database.connect(tmp_path, address, VARIABLE)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir(mode=0o500)
    with pytest.raises(errors.ProjectError, match=r"database sqlite:///.*a\.db"):
        database.connect(tmp_path, "sqlite:///var/new/a.db", VARIABLE)


def test_errors_name_the_statement_and_never_its_values(tmp_path: Path) -> None:
    engine = database.connect(tmp_path, "sqlite:///a.db", VARIABLE)
    with (
        pytest.raises(errors.ProjectError, match=r"database sqlite:///.*a\.db: no such table: nowhere"),
        database.one_line(engine),
        engine.begin() as connection,
    ):
        connection.execute(text("insert into nowhere values (:word)"), {"word": "confidential"})
    with pytest.raises(Exception, match="nowhere") as plain, engine.begin() as connection:
        connection.execute(text("insert into nowhere values (:word)"), {"word": "confidential"})
    assert "confidential" not in str(plain.value)
    engine.dispose()
