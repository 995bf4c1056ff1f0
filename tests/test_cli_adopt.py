"""`adopt` on the command line: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.cli.app import execute

from .conftest import git
from .foreign_templates import PLAIN, commit
from .test_adopt import BODY, RECORD, generated, lose
from .toy_projects import make_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lost(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A toy project without its record, in the folder where the command is called."""
    project = make_project(tmp_path / "pumps")
    lose(project)
    monkeypatch.chdir(tmp_path)
    return project


def test_without_yes_it_shows_the_evidence_and_writes_nothing(lost: Path, capsys) -> None:
    assert execute(["adopt", "pumps"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("toy 0.1.0: the project has 100% of its lines\n")
    assert "answers:" in said.out
    assert "0 edited, 0 absent" in said.out
    assert "nothing was written; --yes writes the record" in said.err
    assert git("status", "--porcelain", cwd=lost) == ""


def test_what_it_prints_fits_80_columns(home: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    template = tmp_path / "template"
    long = "a-rather-long-name-of-a-folder/" * 2
    text = {f"{long}{at}.txt": f"{BODY}{at}\n" for at in range(9)}
    show = "the name of it is {{ name }}\n"
    commit(template, {**PLAIN, **text, f"{long}x.txt.jinja": show}, "v1.0.0")
    project = generated(template, tmp_path / "project", name=" ".join(["a very long answer"] * 6))
    lose(project)
    for at in range(8):
        (project / f"{long}{at}.txt").write_text(f"{BODY}mine\n")
    git("commit", "--quiet", "-am", "Mine", cwd=project)
    monkeypatch.chdir(tmp_path)
    assert execute(["adopt", "project", str(template)]) == 0
    said = capsys.readouterr()
    assert "8 edited" in said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_names_and_texts_of_the_project_cannot_steer_the_terminal(home: Path, tmp_path: Path, capsys) -> None:
    template, name = tmp_path / "template", "a\x1b[2Jb.txt"
    text = "the name of it is {{ name }}\nthis is {{ name }}\n"
    commit(template, {**PLAIN, "body.txt": BODY, "c.txt.jinja": text}, "v1.0.0")
    project = generated(template, tmp_path / "project", name="Ada\x1b[31m")
    (project / name).write_text("x\n")
    lose(project)
    assert execute(["adopt", str(project), str(template)]) == 0
    said = capsys.readouterr()
    assert "Ada?[31m" in said.out
    assert "\x1b" not in said.out + said.err


def test_with_yes_the_record_is_written_and_the_next_commands_named(lost: Path, capsys) -> None:
    assert execute(["adopt", "pumps", "toy", "--yes"]) == 0
    said = capsys.readouterr()
    assert git("status", "--porcelain", cwd=lost) == f"A  {RECORD}\n"
    assert "git commit -m 'Adopt template toy v0.1.0'" in said.err
    assert "scaffolder update --dry-run" in said.err
    git("commit", "--quiet", "-m", "Adopt", cwd=lost)
    assert execute(["status", "pumps"]) == 0
    assert execute(["adopt", "pumps"]) == 1
    assert "see 'scaffolder status'" in capsys.readouterr().err


def test_json_has_the_evidence_and_standard_output_nothing_else(lost: Path, capsys) -> None:
    assert execute(["adopt", "pumps", "--json", "--diff"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["template"], facts["version"], facts["tag"]) == ("toy", "0.1.0", "v0.1.0")
    assert (facts["score"], facts["is_sure"], facts["is_written"], facts["diff"]) == (1.0, True, False, "")
    assert facts["record_path"] == RECORD
    assert "_commit: v0.1.0" in facts["record"]
    for answer in facts["answers"]:
        assert answer.keys() == {"key", "value", "how", "certainty", "votes", "where", "is_sure"}
    assert execute(["adopt", "pumps", "--json", "--yes"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["is_written"] is True
    assert (lost / RECORD).read_text() == facts["record"]


def test_diff_prints_what_would_remain_and_talks_beside_it(lost: Path, capsys) -> None:
    readme = lost / "README.md"
    readme.write_text(f"{readme.read_text()}my own line\n")
    git("commit", "--quiet", "-am", "Mine", cwd=lost)
    assert execute(["adopt", "pumps", "--diff"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("diff --git a/README.md b/README.md\n")
    assert "\n+my own line\n" in said.out
    assert "1 edited" in said.err
    assert said.out.count("diff --git") == 1


@pytest.mark.parametrize(("answer", "is_written"), [("y", True), ("n", False), ("\r", False)])
def test_on_a_terminal_it_asks(answer: str, is_written: bool, lost: Path, monkeypatch) -> None:
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr("prompt_toolkit.output.create_output", lambda **_: DummyOutput())
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text(answer)
        assert execute(["adopt", "pumps"]) == 0
    assert (lost / RECORD).exists() is is_written


def test_an_unrelated_repository_ends_in_one_line_and_status_1(lost: Path, tmp_path: Path, capsys) -> None:
    commit(tmp_path / "other", {"a.txt": "nothing of it\n"})
    assert execute(["adopt", "other"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    lines = [line for line in said.err.splitlines() if line.strip()]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert "the best guess is" in lines[0]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--take", "ci"], "--take goes with --plan"),
        (["--plan"], "--plan needs one of our templates"),
        (["./template", "--plan"], "--plan needs one of our templates"),
        (["toy", "--plan", "--yes"], "--plan writes no record; leave out --yes"),
        (["toy", "--plan", "--branch", "x"], "give --take too"),
        (["toy", "--plan", "--take", ","], "--take wants names of parts"),
        (["--from-cruft", "--to-cruft"], "two different things"),
        (["--from-cruft", "--plan"], "two different things"),
        (["toy", "--from-cruft"], "leave out TEMPLATE"),
        (["--to-cruft", "-d", "a=b"], "leave out -d"),
        (["-d", "a"], "-d takes KEY=VALUE"),
    ],
)
def test_options_that_do_not_go_together_are_misuse(args: list[str], said: str, lost: Path, capsys) -> None:
    assert execute(["adopt", "pumps", *args]) == 2
    assert said in capsys.readouterr().err
    assert git("status", "--porcelain", cwd=lost) == ""


def test_plan_lists_the_parts_and_take_adds_them(home: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    commit(tmp_path / "mine", {"README.md": "# Mine\n"})
    args = ["adopt", "mine", "predictive-maintenance", "--version", "0.5.0", "--plan"]
    assert execute(args) == 0
    said = capsys.readouterr()
    assert "  dockerfile  LACKING (2 files: .dockerignore, Dockerfile)" in said.out
    assert "--plan --take licence,tests,ci" in said.err
    assert max(map(len, said.out.splitlines())) <= 80
    assert execute([*args, "--take", "ci, model-card", "--branch", "more"]) == 0
    said = capsys.readouterr()
    assert "added on branch more:" in said.out
    assert "git merge more" in said.err
    assert "prose/model-card.md" in git("ls-tree", "-r", "--name-only", "more", cwd=tmp_path / "mine")
    assert execute([*args, "--take", "licence", "--branch", "again", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["branch"], facts["added"]) == ("again", ["LICENSE"])
    assert execute([*args, "--take", "licence", "--branch", "again"]) == 1


def test_an_address_with_a_version_and_an_answer_is_taken(
    home: Path, tmp_path: Path, capsys, monkeypatch
) -> None:
    template = tmp_path / "template"
    for word in ("one", "two"):
        commit(template, {**PLAIN, "body.txt": f"{BODY}{word} and {word}\n"}, f"v{1 + (word == 'two')}.0.0")
    project = generated(template, tmp_path / "project", "v1.0.0", name="Ada")
    record = lose(project)
    monkeypatch.chdir(project)
    assert execute(["adopt", ".", "../template", "--version", "v1.0.0", "-d", "name=Ada", "--yes"]) == 0
    assert "given with -d" in capsys.readouterr().out
    assert (project / RECORD).read_bytes() == record
