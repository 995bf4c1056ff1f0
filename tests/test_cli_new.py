"""`new` through the front door: options, prompts on a terminal, and what is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.cli.app import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "predictive-maintenance"
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@pytest.fixture(autouse=True)
def _place(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder to stand in, and no terminal."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield


def git(*args: str, cwd: str = "pumps") -> str:
    return subprocess.run(["git", *args], cwd=cwd, capture_output=True, text=True, check=True).stdout


def here() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def test_new_makes_a_repository_with_one_commit_and_prints_its_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["new", NAME, "pumps", "--defaults"]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{Path('pumps').absolute()}\n"
    assert "\n  cd pumps\n  scaffolder run\n" in shown.err
    assert git("rev-list", "--count", "HEAD").strip() == "1"
    assert git("status", "--porcelain") == ""
    assert here() == ["pumps"]


def test_new_quotes_the_path_in_the_next_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["new", NAME, "two words", "--defaults", "--no-git"]) == 0
    assert "cd 'two words'" in capsys.readouterr().err.replace('"', "'")


def test_new_as_json_says_what_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["new", NAME, "pumps", "--defaults", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["path"] == str(Path("pumps").absolute())
    assert made["template"] == NAME
    assert made["commit"] == git("rev-parse", "HEAD").strip()
    assert sorted(made["files"]) == sorted(git("ls-files").split())


def test_no_git_makes_no_repository(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["new", NAME, "pumps", "--defaults", "--no-git", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["commit"] is None
    assert not Path("pumps", ".git").exists()


def test_answers_come_from_options_before_the_file_before_the_defaults() -> None:
    Path("answers.yml").write_text("licence: Apache-2.0\nproject_name: From the file\n", encoding="utf-8")
    arguments = [
        "--data-file",
        "answers.yml",
        "-d",
        "project_name=From = the option",
        "--defaults",
        "--no-git",
    ]
    assert execute(["new", NAME, "pumps", *arguments]) == 0
    text = Path("pumps", ".copier-answers.yml").read_text(encoding="utf-8")
    assert "licence: Apache-2.0\n" in text
    assert "project_name: From = the option\n" in text
    assert "author_name: Ada Example\n" in text
    assert Path("pumps", "README.md").read_text(encoding="utf-8").startswith("# From = the option\n")


def test_every_answer_given_needs_neither_terminal_nor_defaults() -> None:
    answers = ["project_name=P", "author_name=A", "licence=MIT", "airflow=no", "beanstalk=no"]
    options = [word for answer in answers for word in ("-d", answer)]
    assert execute(["new", NAME, "pumps", "--no-git", *options]) == 0
    assert not Path("pumps", "Procfile").exists()


def test_dry_run_lists_what_would_be_written_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["new", NAME, "pumps", "--defaults", "--dry-run"]) == 0
    shown = capsys.readouterr()
    assert here() == []
    assert "nothing was written" in shown.err
    assert execute(["new", NAME, "pumps", "--defaults", "--json"]) == 0
    assert shown.out.split() == json.loads(capsys.readouterr().out)["files"]


def test_dry_run_as_json_has_the_answers_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        execute(["new", NAME, "pumps", "--defaults", "--dry-run", "--json", "-d", "licence=BSD-3-Clause"])
        == 0
    )
    planned = json.loads(capsys.readouterr().out)
    assert planned["answers"]["licence"] == "BSD-3-Clause"
    assert planned["answers"]["author_name"] == "Ada Example"
    assert here() == []


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        pytest.param([], 2, "missing TEMPLATE and DEST; for example: scaffolder new", id="nothing"),
        pytest.param([NAME], 2, "missing DEST; for example: scaffolder new", id="no-destination"),
        pytest.param(
            [NAME, "pumps"], 2, "pass --defaults, or answer with -d: project_name=", id="no-terminal"
        ),
        pytest.param(
            ["predictive", "pumps", "--defaults"], 1, "no template named 'predictive'", id="template"
        ),
        pytest.param(
            [NAME, "pumps", "--defaults", "-d", "MIT"], 2, "such as -d licence=MIT; got 'MIT'", id="-d"
        ),
        pytest.param([NAME, "pumps", "--defaults", "-d", "=MIT"], 2, "such as -d licence=MIT", id="no-key"),
        pytest.param([NAME, "pumps", "--defaults", "-d", "licence=GPL"], 1, "licence: 'GPL'", id="answer"),
        pytest.param(
            [NAME, "pumps", "--defaults", "-d", "licens=MIT"], 1, "did you mean 'licence'?", id="question"
        ),
        pytest.param(
            [NAME, "pumps", "--defaults", "-d", "airflow=perhaps"], 1, "airflow: 'perhaps'", id="yes-no"
        ),
        pytest.param([NAME, "pumps", "--defaults", "--data-file", "none.yml"], 1, "none.yml: ", id="no-file"),
        pytest.param(
            [NAME, "pumps", "--defaults", "--data-file", "list.yml"], 1, "list.yml: ", id="list-file"
        ),
        pytest.param([NAME, "pumps", "--defaults", "--data-file", "bad.yml"], 1, "bad.yml: ", id="bad-file"),
        pytest.param([NAME, "pumps", "--defaults", "--version", "99.0"], 1, "99.0", id="version"),
        pytest.param([NAME, "full", "--defaults"], 1, "full exists and is not empty", id="destination"),
        pytest.param([NAME, "bad.yml", "--defaults"], 1, "bad.yml is a file", id="destination-file"),
        pytest.param(
            [NAME, "pumps", "--dry-run", "--run"], 2, "--dry-run writes nothing", id="contradiction"
        ),
        pytest.param([NAME, "pumps", "--default"], 2, "No such option: --default", id="option"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], args: list[str], status: int, words: str
) -> None:
    Path("list.yml").write_text("- licence\n", encoding="utf-8")
    Path("bad.yml").write_text("licence: [MIT\n", encoding="utf-8")
    Path("full").mkdir()
    Path("full", "thesis.txt").write_text("mine", encoding="utf-8")
    assert execute(["new", *args]) == status
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    assert words in shown.err
    assert here() == ["bad.yml", "full", "list.yml"]
    assert os.listdir("full") == ["thesis.txt"]  # noqa: PTH208


def test_ctrl_c_while_rendering_says_that_nothing_was_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scaffolder.create.render", interrupt)
    assert execute(["new", NAME, "pumps", "--defaults"]) == 130
    assert capsys.readouterr().err == "interrupted; nothing was written\n"
    assert here() == []


@on_posix
def test_on_a_terminal_everything_is_asked(tmp_path: Path) -> None:
    import pexpect

    terminal = pexpect.spawn(sys.executable, ["-m", "scaffolder", "new"], encoding="utf-8", timeout=60)
    terminal.expect("Which template")
    terminal.expect(NAME)
    terminal.send("\x1b[B\r")  # one down
    terminal.expect("In which folder")
    terminal.send("\x15pumps\r")
    terminal.expect("What is the project called")
    terminal.send("\x15Pumps of the north\r")
    terminal.expect("Your name")
    terminal.send("\r")
    terminal.expect("Under which licence")
    terminal.send("\x1b[B\r")  # one down
    terminal.expect("Airflow")
    terminal.send("n")
    terminal.expect("Beanstalk")
    terminal.send("\r")
    terminal.expect(str(Path("pumps").absolute()))
    terminal.expect("next:")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    text = Path("pumps", ".copier-answers.yml").read_text(encoding="utf-8")
    assert "project_name: Pumps of the north\n" in text
    assert "licence: Apache-2.0\n" in text
    assert "airflow: false\n" in text
    assert "beanstalk: true\n" in text


@on_posix
def test_a_taken_folder_is_refused_at_the_prompt() -> None:
    import pexpect

    Path("full").mkdir()
    Path("full", "thesis.txt").write_text("mine", encoding="utf-8")
    terminal = pexpect.spawn(sys.executable, ["-m", "scaffolder", "new", NAME], encoding="utf-8", timeout=60)
    terminal.expect("In which folder")
    terminal.send("\x15full\r")
    terminal.expect("choose another folder")
    terminal.send("\x03")
    terminal.expect("interrupted; nothing was written")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130


@on_posix
def test_ctrl_c_at_a_question_leaves_nothing() -> None:
    import pexpect

    terminal = pexpect.spawn(
        sys.executable, ["-m", "scaffolder", "new", NAME, "pumps"], encoding="utf-8", timeout=60
    )
    terminal.expect("What is the project called")
    terminal.send("\x03")
    terminal.expect("interrupted; nothing was written")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert here() == []


@on_posix
def test_prompts_leave_standard_output_to_the_path() -> None:
    """Standard output may be captured, as in `cd "$(scaffolder new ...)"`, while the person is asked."""
    import pexpect

    command = f'"{sys.executable}" -m scaffolder new {NAME} pumps > path.txt'
    terminal = pexpect.spawn("sh", ["-c", command], encoding="utf-8", timeout=60)
    for question in ("project called", "Your name", "licence", "Airflow", "Beanstalk"):
        terminal.expect(question)
        terminal.send("\r")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert Path("path.txt").read_text(encoding="utf-8") == f"{Path('pumps').absolute()}\n"
