"""`status` at the command line: what it tells, and what it must not load or touch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scaffolder import history
from scaffolder.cli.app import execute
from scaffolder.create import new_project

from . import foreign_templates
from .conftest import git
from .toy_projects import commit, make_project, release_second


@pytest.fixture
def projects(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, in which one stands, with a project of 0.1.0 and one of 0.2.0, the newest."""
    make_project(tmp_path / "projects" / "old")
    release_second(released)
    make_project(tmp_path / "projects" / "new", "0.2.0")
    monkeypatch.chdir(tmp_path / "projects")
    return tmp_path / "projects"


def statuses(capsys: pytest.CaptureFixture[str], *args: str, exit_status: int) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert execute(["status", "--json", *args]) == exit_status
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {Path(one["path"]).name: one for one in found}


def test_a_table_of_all(projects: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (projects / "new" / "notes.txt").touch()
    assert execute(["status", "--all", "."]) == 1
    assert capsys.readouterr().out == (
        "PROJECT  TEMPLATE  VERSION  NEWEST  STATE              CHANGED  UNCOMMITTED\n"
        "new      toy       0.2.0    0.2.0   current            0        1\n"
        "old      toy       0.1.0    0.2.0   behind, 1 release  0        0\n"
    )


def test_only_current_projects_are_zero(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert execute(["status", "new"]) == 0
    assert execute(["status", "old"]) == 1
    assert execute(["status", "new", "old"]) == 1
    monkeypatch.chdir(projects / "new")
    assert execute(["status"]) == 0


def test_what_its_owner_did_is_counted(projects: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = projects / "old"
    commit(old, {"run.sh": "#!/bin/sh\necho mine\n", "own.txt": "own\n", "README.md": "# Mine\n"})
    (old / "portfolio.toml").write_bytes((old / "portfolio.toml").read_bytes().replace(b"\n", b"\r\n"))
    (old / ".gitignore").write_text("*.bak\n")
    (old / "web" / "a page.html").unlink()
    (old / "untracked.txt").touch()
    found = statuses(capsys, "old", exit_status=1)["old"]
    assert found["changed"] == [
        ".gitignore",
        "run.sh",
    ]  # line ends alone are no change, README.md is rendered
    assert found["uncommitted"] == len(git("status", "--porcelain", cwd=old).splitlines())
    assert found["uncommitted"] >= 3


def test_states(projects: Path, released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = statuses(capsys, "--all", ".", exit_status=1)
    assert (found["old"]["state"], found["old"]["releases_behind"]) == ("behind", 1)
    assert (found["new"]["state"], found["new"]["releases_behind"]) == ("current", 0)
    (released / "templates" / "toy" / "project" / "newer.txt").touch()  # not released
    found = statuses(capsys, "new", exit_status=1)
    assert (found["new"]["state"], found["new"]["releases_behind"]) == ("behind", 0)
    assert found["new"]["newest"].startswith("0.2.1.dev0+g")
    new_project("toy", projects / "unreleased", answers={}, ask=False, git=True)
    assert statuses(capsys, "unreleased", exit_status=0)["unreleased"]["state"] == "current"
    (released / "templates" / "toy" / "project" / "newer.txt").unlink()
    assert statuses(capsys, "unreleased", exit_status=1)["unreleased"]["state"] == "ahead"
    assert execute(["update", "--check", "unreleased"]) == 0  # nothing to update to


def test_a_version_that_changes_nothing_for_the_template_leaves_it_current(
    projects: Path, released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history.newest() == "0.2.0"
    new_project("other", projects / "other", answers={"colour": "red"}, ask=False, git=True, version="0.1.0")
    found = statuses(capsys, "other", exit_status=0)["other"]
    assert (found["version"], found["newest"], found["state"]) == ("0.1.0", "0.2.0", "current")


def test_an_update_that_was_interrupted_is_told(projects: Path, capsys: pytest.CaptureFixture[str]) -> None:
    staging = projects / "new" / ".git" / "scaffolder" / "staging"
    staging.mkdir(parents=True)
    (staging / "journal.json").touch()
    assert statuses(capsys, "new", exit_status=1)["new"]["state"] == "interrupted"


def test_what_cannot_be_read_is_told_and_stops_no_other(
    projects: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (projects / "old" / ".copier-answers.yml").write_text("nonsense")
    (projects / "newer").mkdir()
    text = (projects / "new" / ".copier-answers.yml").read_text().replace("v0.2.0", "v9.0.0")
    (projects / "newer" / ".copier-answers.yml").write_text(text)
    assert execute(["status", "new", "newer", "nowhere", "old"]) == 1
    shown = capsys.readouterr()
    assert [line.split()[0] for line in shown.out.splitlines()] == ["PROJECT", "new"]
    assert [line.partition(":")[0] for line in shown.err.splitlines()] == ["error"] * 3
    assert f"error: {projects / 'newer'}: made by scaffolder v9.0.0" in shown.err
    assert "nowhere is not a generated project" in shown.err
    assert "expected a mapping of questions to answers" in shown.err
    assert statuses(capsys, "old", exit_status=1)["old"]["state"] == "failed"


def test_the_diff_has_what_its_owner_changed_and_nothing_else(
    projects: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["status", "new", "--diff"]) == 0
    assert capsys.readouterr().out == ""
    new = projects / "new"
    (new / "README.md").write_text((new / "README.md").read_text() + "\nMy own line.\n")
    (new / "portfolio.toml").write_bytes((new / "portfolio.toml").read_bytes().replace(b"\n", b"\r\n"))
    (new / "own.txt").write_text("own\n")
    (new / "new.txt").unlink()
    assert execute(["status", "new", "--diff"]) == 0
    shown = capsys.readouterr().out
    changed = [line for line in shown.splitlines() if line.startswith("diff ")]
    assert changed == ["diff --git a/README.md b/README.md", "diff --git a/new.txt b/new.txt"]
    assert "\n+My own line.\n" in shown
    assert "\ndeleted file mode 100644\n" in shown
    assert execute(["status", "new", "old", "--diff"]) == 1
    assert capsys.readouterr().out == f"# new\n{shown}# old\n"


def test_a_template_of_others_is_asked_for_news(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "template"
    foreign_templates.commit(template, foreign_templates.PLAIN, tag="v1.0.0")
    new_project(str(template), tmp_path / "made", answers={}, ask=False, git=True)
    monkeypatch.chdir(tmp_path)
    assert execute(["status", "made"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        *("made", "template", "1.0.0", "1.0.0", "current", "-", "0")
    ]
    foreign_templates.commit(template, {**foreign_templates.PLAIN, "new.txt": "new\n"}, tag="v1.1.0")
    found = statuses(capsys, "made", exit_status=1)["made"]
    assert (found["state"], found["newest"], found["releases_behind"]) == ("behind", "1.1.0", None)


def test_nothing_is_touched(projects: Path) -> None:
    before = {path: path.lstat().st_mtime_ns for path in projects.rglob("*")}
    (projects / "old" / "run.sh").touch()  # git would like to note in the index that it is the same
    before[projects / "old" / "run.sh"] = (projects / "old" / "run.sh").stat().st_mtime_ns
    assert execute(["status", "--all", "."]) == 1
    assert {path: path.lstat().st_mtime_ns for path in projects.rglob("*")} == before


def test_git_is_asked_once_by_a_program_of_its_own(home: Path, tmp_path: Path) -> None:
    for name in ("pumps", "reviews"):
        new_project("predictive-maintenance", tmp_path / "fleet" / name, answers={}, ask=False, git=True)
    (tmp_path / "fleet" / "pumps" / "mine.txt").write_text("mine\n")
    (tmp_path / "traces").mkdir()
    with (home / ".gitconfig").open("a") as file:
        file.write(f"[trace2]\n\teventTarget = {tmp_path / 'traces'}\n")
    command = [sys.executable, "-m", "scaffolder", "status", "--json", "--all"]
    done = subprocess.run([*command, "fleet"], cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["uncommitted"] for line in lines] == [1, 0]
    asked = [file for file in (tmp_path / "traces").iterdir() if '"name":"status"' in file.read_text()]
    assert len(asked) == 2
    done = subprocess.run([*command, "nowhere"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --all takes a folder; nowhere is none\n"


def test_without_git_it_is_one_line(projects: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    command = [sys.executable, "-m", "scaffolder", "status", "--all", "."]
    done = subprocess.run(command, cwd=projects, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: git was not found; install it")
    assert len(done.stderr.splitlines()) == 1


def test_from_a_folder_that_is_gone_it_is_one_line(projects: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"rmdir {gone} && exec {sys.executable} -m scaffolder status --all ."
    done = subprocess.run(["sh", "-c", script], cwd=gone, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_one_that_git_cannot_read_spoils_no_other(projects: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("new", "old"):
        (projects / name / "mine.txt").write_text("mine\n")
    for name in ("a", "m", "z"):
        shutil.copytree(projects / "old", projects / name)
        shutil.rmtree(projects / name / ".git")
    found = statuses(capsys, "--all", ".", exit_status=1)
    assert {name: one["uncommitted"] for name, one in found.items()} == {
        **{"a": 0, "m": 0, "z": 0},
        **{"new": 1, "old": 1},
    }


def test_neither_a_renderer_nor_a_prompt_is_loaded(home: Path, tmp_path: Path) -> None:
    new_project("predictive-maintenance", tmp_path / "pumps", answers={}, ask=False, git=True)
    script = (
        "import sys; from scaffolder.cli.app import execute; status = execute(['status', sys.argv[1]]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules})); sys.exit(status)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "pumps")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "scaffolder" in loaded
    assert not loaded & {"copier", "jinja2", "questionary", "prompt_toolkit", "rich"}


def test_a_diff_is_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["status", "--diff", "--json"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
