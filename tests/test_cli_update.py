"""`update` at the command line, with real templates, projects and git."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder import rehearsal, update
from scaffolder.cli import prompts
from scaffolder.cli.app import execute
from scaffolder.errors import ScaffolderError

from .conftest import git
from .toy_projects import commit, make_project, release_second, staged_tree

if TYPE_CHECKING:
    from scaffolder.update import Outcome, Wish

MINE = "#!/bin/sh\necho mine\n"  # run.sh, which the second release changes too


@pytest.fixture
def project(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of 0.1.0, in which one stands; 0.2.0 is released."""
    path = make_project(tmp_path / "pumps")
    release_second(released)
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def fleet(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of four projects of 0.1.0, in which one stands; `conflict` and `dirty` are what they say."""
    folder = project.parent / "fleet"
    for name in ("conflict", "dirty", "one", "two"):
        make_project(folder / name)
    commit(folder / "conflict", {"run.sh": MINE})
    (folder / "dirty" / "run.sh").write_text(MINE)
    monkeypatch.chdir(folder)
    return folder


def status_of(path: Path) -> list[str]:
    return git("status", "--porcelain", cwd=path).splitlines()


def test_the_folder_one_stands_in_is_updated_and_staged(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(project, {"src/toy/own.py": "OWN = 1\n", ".gitignore": "*.log\n*.tmp\n"})
    assert execute(["update"]) == 0
    assert status_of(project) == [
        "M  .copier-answers.yml",
        "M  README.md",
        "A  new.txt",
        "M  run.sh",
        'D  "web/a page.html"',
    ]
    assert "Hello World.\n" in (project / "README.md").read_text()
    assert (project / ".gitignore").read_text() == "*.log\n*.tmp\n"
    shown = capsys.readouterr()
    assert shown.out == (
        "toy 0.1.0 -> 0.2.0, 5 files\n"
        "what changed in the template:\n"
        "  - says hello, twice.\n"
        "new questions, and what was taken (another: scaffolder update -d KEY=VALUE):\n"
        "  greeting = World\n"
        "changed:\n"
        "  .copier-answers.yml\n"
        "  README.md\n"
        "  run.sh\n"
        "added:\n"
        "  new.txt\n"
        "removed:\n"
        "  web/a page.html\n"
    )
    assert shown.err.splitlines()[0] == "next:"


def test_a_second_update_after_the_commit_has_nothing_to_do(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["update"]) == 0
    git("commit", "--quiet", "-m", "Update", cwd=project)
    capsys.readouterr()
    assert execute(["update"]) == 0
    assert capsys.readouterr().out == "toy 0.2.0, up to date\n"
    assert status_of(project) == []


def test_what_is_left_of_ones_own_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("rm", "--quiet", "run.sh", cwd=project)
    git("commit", "--quiet", "-m", "Not needed", cwd=project)
    (project / "new.txt").write_text("not known to git\n")
    assert execute(["update"]) == 0
    shown = capsys.readouterr().out
    assert "you deleted these, so they stay deleted; the template changed them:\n  run.sh\n" in shown
    assert "so the template's lies beside it:\n  new.txt -> new.txt.new\n" in shown
    assert (project / "new.txt").read_text() == "not known to git\n"
    assert (project / "new.txt.new").read_text() == "new\n"


@pytest.mark.parametrize("with_conflict", [False, True])
def test_the_commands_that_come_next_are_true(
    project: Path, capsys: pytest.CaptureFixture[str], with_conflict: bool
) -> None:
    commit(project, {"run.sh": MINE if with_conflict else "#!/bin/sh\necho own\n", "own.txt": "own\n"})
    assert execute(["update"]) == (3 if with_conflict else 0)
    steps = [line.partition("#")[0].strip() for line in capsys.readouterr().err.splitlines()[1:]]
    assert steps[0] == ("git mergetool" if with_conflict else "git diff --staged")
    assert steps[1] == "git commit -m 'Update template to v0.2.0'"
    subprocess.run(shlex.split(steps[2]), cwd=project, check=True)  # the way back
    assert status_of(project) == []
    assert git("ls-files", "--unmerged", cwd=project) == ""
    assert not (project / "new.txt").exists()
    assert (project / "web" / "a page.html").exists()
    assert execute(["update"]) == (3 if with_conflict else 0)  # and once more
    if with_conflict:
        (project / "run.sh").write_text("#!/bin/sh\necho mine and hello\n")
        git("add", "run.sh", cwd=project)
    subprocess.run(shlex.split(steps[1]), cwd=project, check=True, capture_output=True)
    assert status_of(project) == []


def test_steps_for_another_folder_begin_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["update", str(project.relative_to(Path.cwd()))]) == 0
    assert "  cd " not in capsys.readouterr().err
    git("reset", "--quiet", "--hard", cwd=project)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.parent)
        assert execute(["update", "pumps"]) == 0
    assert "next:\n  cd pumps\n  git diff --staged\n" in capsys.readouterr().err


def test_a_conflict_is_three_and_told_in_words(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(project, {"run.sh": MINE, "web/a page.html": "my page\n"})
    assert execute(["update"]) == 3
    shown = capsys.readouterr().out
    assert ", 2 conflicts\n" in shown
    told = dict(line.split("  ", 1) for line in shown.partition("CONFLICTS:\n  ")[2].split("\n  "))
    assert told["run.sh"].strip() == "both changed"
    assert told["web/a page.html"].strip() == "deleted by the template, changed by you"
    assert "<<<<<<< " in (project / "run.sh").read_text()
    assert (project / "web" / "a page.html").read_text() == "my page\n"
    assert execute(["update"]) == 1
    said = capsys.readouterr().err
    assert "cannot be updated: run.sh and 1 more in conflict; resolve that and commit it first, or" in said


@pytest.mark.parametrize("mine", [{"own.txt": "own\n"}, {"run.sh": MINE}], ids=["clean", "conflict"])
def test_a_dry_run_prints_the_patch_of_the_update_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], mine: dict[str, str], tmp_path: Path
) -> None:
    commit(project, mine)
    expected = 3 if "run.sh" in mine else 0
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    assert execute(["update", "--dry-run"]) == expected
    shown = capsys.readouterr()
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before
    assert shown.out.startswith("diff --git a/.copier-answers.yml b/.copier-answers.yml\n")
    assert "  run.sh" in shown.err
    assert ("CONFLICTS:\n" in shown.err) is (expected == 3)
    patch = tmp_path / "update.patch"
    patch.write_text(shown.out)
    git("apply", "--index", str(patch), cwd=project)
    patched = staged_tree(project)
    git("reset", "--quiet", "--hard", cwd=project)
    assert execute(["update"]) == expected
    git("add", "--all", cwd=project)
    assert staged_tree(project) == patched


def test_check_only_looks(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["update", "--check"]) == 1
    assert "behind, 1 release" in capsys.readouterr().out
    assert status_of(project) == []
    assert execute(["update"]) == 0
    assert execute(["update", "--check"]) == 0


def test_a_branch_gets_the_result_and_the_files_stay(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(project, {"own.txt": "own\n"})
    (project / "run.sh").write_text("not committed\n")
    assert execute(["update", "--branch", "template-update"]) == 0
    shown = capsys.readouterr()
    assert status_of(project) == [" M run.sh"]
    assert git("rev-parse", "template-update^", cwd=project) == git("rev-parse", "HEAD", cwd=project)
    assert "echo hello" in git("show", "template-update:run.sh", cwd=project)
    git("checkout", "--quiet", "run.sh", cwd=project)
    for line in shown.err.splitlines()[1:]:
        subprocess.run(shlex.split(line), cwd=project, check=True, capture_output=True)
    assert (project / "new.txt").exists()
    assert (project / "own.txt").exists()
    assert execute(["update", "--branch", "template-update"]) == 0  # merged, so up to date


def test_versions_back_and_forth(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["update", "--to", "0.1.0"]) == 0
    assert execute(["update", "--to", "9.9.9"]) == 1
    assert "released: 0.1.0, 0.2.0" in capsys.readouterr().err
    assert execute(["update"]) == 0
    git("commit", "--quiet", "-m", "Update", cwd=project)
    assert execute(["update", "--to", "0.1.0"]) == 1
    assert "pass --allow-downgrade to go back" in capsys.readouterr().err
    assert execute(["update", "--to", "0.1.0", "--allow-downgrade"]) == 0
    assert git("diff", "--cached", "--stat", "HEAD~1", cwd=project) == ""


def test_answers_can_be_changed_and_new_ones_given(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "answers.yml"
    data.write_text("greeting: everybody\nlicence: MIT\n")
    assert execute(["update", "--data-file", str(data), "-d", "licence=Apache-2.0"]) == 0
    text = (project / "README.md").read_text()
    assert "Hello everybody.\n" in text
    assert "Apache-2.0\n" in text
    git("commit", "--quiet", "-m", "Update", cwd=project)
    assert execute(["update", "-d", "licence=MIT"]) == 0
    assert status_of(project) == ["M  .copier-answers.yml", "M  README.md"]
    shown = capsys.readouterr()
    assert "toy 0.2.0, answers, 2 files\n" in shown.out
    assert "git commit -m 'Change answers'\n" in shown.err


@pytest.mark.parametrize(
    ("words", "paths", "asks"),
    [
        pytest.param([], ["a"], True, id="one-on-a-terminal"),
        pytest.param(["--defaults"], ["a"], False, id="defaults"),
        pytest.param(["--json"], ["a"], False, id="json"),
        pytest.param([], ["a", "b"], False, id="two"),
    ],
)
def test_new_questions_are_asked_on_a_terminal_for_one_project(
    monkeypatch: pytest.MonkeyPatch, words: list[str], paths: list[str], asks: bool
) -> None:
    wishes = []

    def note(_path: Path, wish: Wish, **_: object) -> Outcome:
        wishes.append(wish)
        raise ScaffolderError("noted")

    monkeypatch.setattr(update, "update_project", note)
    monkeypatch.setattr(prompts, "is_interactive", lambda: True)
    assert execute(["update", "--jobs", "1", *words, *paths]) == 1
    assert {wish.ask for wish in wishes} == {asks}


def test_tests_that_would_fail_refuse_the_update(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: tuple[str, ...] = ("tests/test_run.py::test_it",)
    monkeypatch.setattr(rehearsal, "rehearse", lambda *_, **__: lost)
    assert execute(["update", "--test"]) == 1
    shown = capsys.readouterr()
    assert "stays 0.1.0: 1 test would fail" in shown.out
    assert "these tests pass now and would not after the update:\n  tests/test_run.py::test_it\n" in shown.out
    assert "nothing was changed" in shown.err
    assert status_of(project) == []
    lost = ()
    assert execute(["update", "--test"]) == 0
    assert "A  new.txt" in status_of(project)


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_fleet_is_updated_and_one_that_fails_stops_no_other(
    fleet: Path, capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    assert execute(["update", "--all", ".", "--jobs", jobs]) == 1
    shown = capsys.readouterr()
    assert shown.out == (
        "PROJECT   TEMPLATE  RESULT\n"
        "conflict  toy       0.1.0 -> 0.2.0, 5 files, 1 conflict\n"
        "dirty               failed\n"
        "one       toy       0.1.0 -> 0.2.0, 5 files\n"
        "two       toy       0.1.0 -> 0.2.0, 5 files\n"
    )
    told = shown.err.splitlines()
    assert sorted(told[:4]) == [
        "conflict: 0.1.0 -> 0.2.0, 5 files, 1 conflict",
        "dirty: failed",
        "one: 0.1.0 -> 0.2.0, 5 files",
        "two: 0.1.0 -> 0.2.0, 5 files",
    ]
    assert told[4].startswith(f"error: {fleet / 'dirty'} cannot be updated: run.sh changed since the last")
    assert status_of(fleet / "dirty") == [" M run.sh"]
    assert staged_tree(fleet / "one") == staged_tree(fleet / "two")
    record = fleet / "two" / ".copier-answers.yml"
    commit(fleet / "two", {".copier-answers.yml": record.read_text().replace("v0.2.0", "v0.0.7")})
    assert execute(["update", "dirty", "two", "--jobs", jobs]) == 1
    said = f"error: {fleet / 'two'}: recorded as made from 'v0.0.7', which is no release (v0.1.0, v0.2.0)"
    assert said in capsys.readouterr().err
    git("checkout", "--quiet", "run.sh", cwd=fleet / "dirty")
    assert execute(["update", "dirty", "one", "--jobs", jobs]) == 1  # `one` is dirty now
    git("reset", "--quiet", "--hard", cwd=fleet / "conflict")
    assert execute(["update", "conflict", "--jobs", jobs]) == 3


def lines_of(text: str) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in text.splitlines()]
    return {Path(one["path"]).name: one for one in found}


def test_json_has_a_line_for_each_project(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["update", "--all", ".", "--json"]) == 1
    found = lines_of(capsys.readouterr().out)
    assert sorted(found) == ["conflict", "dirty", "one", "two"]
    assert {name: one["state"] for name, one in found.items()} == {
        "conflict": "updated",
        "dirty": "failed",
        "one": "updated",
        "two": "updated",
    }
    assert "changed since the last commit" in found["dirty"]["error"]
    assert found["conflict"]["conflicts"] == [{"path": "run.sh", "kind": "both changed"}]
    assert found["one"]["path"] == str(fleet / "one")
    assert found["one"]["added"] == ["new.txt"]
    assert found["one"]["removed"] == ["web/a page.html"]
    assert found["one"]["new_answers"] == {"greeting": "World"}
    assert found["one"]["notes"] == ["says hello, twice."]


def test_json_of_one_project_that_fails(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["update", "dirty", "--json"]) == 1
    shown = capsys.readouterr()
    assert lines_of(shown.out)["dirty"]["state"] == "failed"
    assert shown.err.startswith("error: ")
    assert len(shown.err.splitlines()) == 1


def test_a_dry_run_of_a_fleet_shows_each_diff(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["update", "one", "conflict", "--dry-run"]) == 3
    shown = capsys.readouterr().out
    assert (
        shown.index("# conflict\ndiff --git ") < shown.index("# one\ndiff --git ") < shown.index("PROJECT ")
    )
    assert status_of(fleet / "one") == []


@pytest.fixture
def empty(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which one stands."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        pytest.param(["--check", "--branch", "b"], 2, "--check only looks", id="check-branch"),
        pytest.param(["--check", "--dry-run"], 2, "leave out --dry-run", id="check-dry-run"),
        pytest.param(["--check", "--to", "0.1.0"], 2, "leave out --to", id="check-to"),
        pytest.param(["--check", "-d", "a=b"], 2, "leave out -d", id="check-data"),
        pytest.param(["--dry-run", "--branch", "b"], 2, "--dry-run writes nothing", id="dry-run-branch"),
        pytest.param(["--dry-run", "--test"], 2, "so --test has no use", id="dry-run-test"),
        pytest.param(["p", "--all", "."], 2, "give PROJECT or --all, not both", id="both"),
        pytest.param(["--all", "nowhere"], 2, "--all takes a folder; nowhere is none", id="no-folder"),
        pytest.param(["--jobs", "0"], 2, "greater than or equal to 1", id="jobs"),
        pytest.param(["-d", "licence"], 2, "-d takes KEY=VALUE", id="-d"),
        pytest.param(["--all", "."], 1, "no project below .", id="no-project"),
        pytest.param(
            ["nowhere"], 1, "nowhere is not a generated project: there is no such folder", id="nowhere"
        ),
        pytest.param([], 1, "it has no .copier-answers.yml, which says how it was made", id="no-project"),
    ],
)
def test_what_cannot_be_is_one_line(
    empty: Path, capsys: pytest.CaptureFixture[str], args: list[str], status: int, words: str
) -> None:
    assert not list(empty.iterdir())
    assert execute(["update", *args]) == status
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err
    assert len(shown.err.splitlines()) == 1


def test_ctrl_c_in_one_project(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(update, "update_project", interrupted)
    assert execute(["update", "p"]) == 130
    assert "interrupted" in capsys.readouterr().err
