"""Migrations of copier templates: as copier runs them, but on a copy, and all or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from scaffolder import places
from scaffolder.cli.app import execute
from scaffolder.engine import foreign
from scaffolder.project import read_record

from .conftest import git
from .foreign_templates import ANSWERS, commit
from .trees import differences, read_tree

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="its commands are for a POSIX shell")

BASE = {
    **ANSWERS,
    "copier.yml": "name: {type: str, default: World}\n",
    "settings.ini": "".join(f"{number}\n" for number in range(9)),
    "kept.txt": "kept\n",
}


@pytest.fixture(autouse=True)
def _place(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    foreign._asked.clear()


def config(migrations: object, questions: str = BASE["copier.yml"]) -> str:
    return questions + yaml.safe_dump({"_migrations": migrations})


def project(tmp_path: Path, migrations: object, **changes: str) -> Path:
    """Return a project of version 1 whose template has a version 2 with these migrations."""
    commit(tmp_path / "t", BASE, "v1.0.0")
    assert execute(["new", "./t", "project", "--defaults"]) == 0
    commit(tmp_path / "t", {**BASE, "copier.yml": config(migrations), **changes}, "v2.0.0")
    return tmp_path / "project"


LOG = "echo $STAGE $VERSION_FROM $VERSION_TO ${VERSION_CURRENT:-none} {{ _stage }} {{ name }} >> log.txt"
BOTH = [
    {"version": "v2.0.0", "before": [LOG], "after": [LOG, ["touch", "{{ _version_to }}.txt"]]},
    {"version": "v1.0.0", "before": ["false"], "after": ["false"]},
    {"version": "v3.0.0", "before": ["false"], "after": ["false"]},
    LOG,
    {"version": "1.5", "command": LOG, "when": "{{ _stage == 'before' }}"},
    {"command": "pwd | sed 's,.*/,,' > where.txt", "working_directory": "sub"},
]


def test_both_formats_run_as_in_plain_copier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = project(tmp_path, BOTH, **{"sub/a.txt": ""})
    plain = tmp_path / "plain/project"
    subprocess.run(["git", "clone", "--quiet", str(made), str(plain)], check=True)
    capsys.readouterr()
    assert execute(["update", "project", "--trust"]) == 0
    said = capsys.readouterr().err
    assert "  migration  echo $STAGE" in said
    assert "not run" not in said
    command = [sys.executable, "-m", "copier", "update", "--defaults", "--trust", "--quiet", str(plain)]
    subprocess.run(command, check=True, capture_output=True)
    ours, copied = read_tree(made), read_tree(plain)
    stages = [line.split()[0] for line in (made / "log.txt").read_text().splitlines()]
    assert stages == ["before", "before", "after", "after"]
    # Copier has no answers yet before the update; we know those that are recorded.
    copied["log.txt"] = (False, copied["log.txt"][1].replace(b" before\n", b" before World\n"))
    assert differences(ours, copied) == []
    assert git("diff", "--name-only", cwd=made) == ""  # all of it is staged


def test_what_a_migration_renames_keeps_the_owners_lines(tmp_path: Path) -> None:
    lines = BASE["settings.ini"].replace("0\n", "zero\n")
    migrations = [{"version": "v2.0.0", "before": ["mkdir conf && mv settings.ini conf/all.ini"]}]
    files = {"conf/all.ini": lines, "settings.ini": ""}
    made = project(tmp_path, migrations, **files)
    git("rm", "--quiet", "settings.ini", cwd=tmp_path / "t")
    git("commit", "--quiet", "-m", "Gone", cwd=tmp_path / "t")
    git("tag", "v2.0.1", cwd=tmp_path / "t")
    (made / "settings.ini").write_text(BASE["settings.ini"] + "mine\n")
    git("commit", "--quiet", "-am", "Mine", cwd=made)
    assert execute(["update", "project", "--trust"]) == 0
    assert (made / "conf/all.ini").read_text() == lines + "mine\n"
    assert not (made / "settings.ini").exists()


def test_a_migration_of_answers_is_seen_by_the_new_version(tmp_path: Path) -> None:
    commit(tmp_path / "t", {**BASE, "a.txt.jinja": "{{ name }}"}, "v1.0.0")
    assert execute(["new", "./t", "project", "--defaults", "-d", "name=Ada"]) == 0
    rename = (
        "sed 's/^name:/title:/' {{ _copier_conf.answers_file }} > x && mv x {{ _copier_conf.answers_file }}"
    )
    questions = config([{"version": "v2.0.0", "before": [rename]}], "title: {type: str, default: Nobody}\n")
    commit(tmp_path / "t", {**BASE, "copier.yml": questions, "a.txt.jinja": "{{ title }}"}, "v2.0.0")
    assert execute(["update", "project", "--trust", "--defaults"]) == 0
    assert (tmp_path / "project/a.txt").read_text() == "Ada"
    assert read_record(tmp_path / "project").values == {"title": "Ada"}


def test_what_a_migration_changes_and_what_it_deletes_is_merged(tmp_path: Path) -> None:
    migrations = [
        {
            "command": "sed 's/8/eight/' settings.ini > x && mv x settings.ini",
            "when": "{{ _stage == 'before' }}",
        },
        "rm kept.txt && echo new > own.txt && chmod +x own.txt",
    ]
    made = project(tmp_path, migrations, **{"settings.ini": BASE["settings.ini"].replace("0\n", "zero\n")})
    (made / "mine.txt").write_text("mine\n")
    git("add", "mine.txt", cwd=made)
    git("commit", "--quiet", "-m", "Mine", cwd=made)
    (made / "untracked.txt").write_text("x\n")
    assert execute(["update", "project", "--trust"]) == 0
    assert (made / "settings.ini").read_text().split() == ["zero", *"1234567", "eight"]
    assert not (made / "kept.txt").exists()
    assert os.access(made / "own.txt", os.X_OK)
    assert (made / "mine.txt").read_text() == "mine\n"
    assert (made / "untracked.txt").read_text() == "x\n"


def test_what_lies_in_the_way_of_a_migration_is_not_written_over(tmp_path: Path) -> None:
    made = project(tmp_path, ["echo theirs > own.txt"])
    (made / "own.txt").write_text("untracked\n")
    assert execute(["update", "project", "--trust"]) == 0
    assert (made / "own.txt").read_text() == "untracked\n"
    assert (made / "own.txt.new").read_text() == "theirs\n"


@pytest.mark.parametrize("stage", ["before", "after"])
@pytest.mark.parametrize("command", ["rm -r * && false", "ln -s /etc/passwd x", "rm .copier-answers.yml"])
def test_a_migration_that_fails_leaves_the_project_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stage: str, command: str
) -> None:
    made = project(tmp_path, [{"version": "v2.0.0", stage: [command]}], **{"kept.txt": "new\n"})
    before = read_tree(made)
    capsys.readouterr()
    assert execute(["update", "project", "--trust"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert read_tree(made) == before
    assert git("status", "--porcelain", cwd=made) == ""


@pytest.mark.parametrize("option", [["--dry-run"], ["--branch", "next"]])
def test_a_dry_run_and_a_branch_leave_the_files_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    made = project(tmp_path, ["echo new > own.txt"])
    before = read_tree(made)
    capsys.readouterr()
    assert execute(["update", "project", "--trust", *option]) == 0
    assert read_tree(made) == before
    if option == ["--dry-run"]:
        assert "+++ b/own.txt" in capsys.readouterr().out
    else:
        assert git("show", "next:own.txt", cwd=made) == "new\n"


def test_without_trust_they_are_named_where_they_belong_to_the_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = project(
        tmp_path, [{"version": "v2.0.0", "after": ["touch it-ran"]}, {"version": "v9", "before": ["no"]}]
    )
    capsys.readouterr()
    assert execute(["update", "project"]) == 0
    said = capsys.readouterr().err
    assert "the migration 'touch it-ran' from v1.0.0 to v2.0.0 was not run; --trust runs it" in said
    assert not (made / "it-ran").exists()
    git("commit", "--quiet", "-am", "Updated", cwd=made)
    assert execute(["update", "project", "-d", "name=Ada"]) == 0  # the same version: no step
    assert "migration" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "migrations", [[{"version": "soon", "before": ["x"]}], [{"after": ["x"]}], [{"when": "x"}], [7]]
)
def test_migrations_that_make_no_sense_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], migrations: object
) -> None:
    made = project(tmp_path, migrations)
    capsys.readouterr()
    for option in ([], ["--trust"]):
        assert execute(["update", "project", *option]) == 1
        said = capsys.readouterr().err
        assert said.splitlines()[-1].startswith("error: template t cannot be rendered: ")
        assert "Traceback" not in said
    assert git("status", "--porcelain", cwd=made) == ""
