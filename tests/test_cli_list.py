"""`list` and `show`, and the shell's completion of names."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from scaffolder import catalog
from scaffolder.cli import show
from scaffolder.cli.app import execute

NAME = "predictive-maintenance"


def complete(words: str, *, typed: str | None = None) -> list[str]:
    """Return what bash would offer after `scaffolder words`."""
    done = subprocess.run(
        [sys.executable, "-m", "scaffolder"],
        env={
            **os.environ,
            "_SCAFFOLDER_COMPLETE": "complete_bash",
            "COMP_WORDS": f"scaffolder {words}",
            "COMP_CWORD": str(len(words.split()) + (typed is not None)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_list_names_every_template(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["list"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    for template in catalog.templates():
        assert f"{template.name}  {template.version}\n  {template.title}\n" in shown.out
        assert template.stack[0] in shown.out


def test_list_as_json_is_an_array_of_objects(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in found] == [template.name for template in catalog.templates()]
    assert all(entry.keys() >= {"name", "title", "summary", "stack", "version"} for entry in found)


def test_list_fits_a_terminal_of_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    execute(["list"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_show_tells_questions_with_defaults_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["show", NAME]) == 0
    lines = capsys.readouterr().out.splitlines()
    licence = next(at for at, line in enumerate(lines) if line.startswith("  licence "))
    assert lines[licence + 1].strip() == "default: MIT; or Apache-2.0, BSD-3-Clause"
    airflow = next(at for at, line in enumerate(lines) if line.startswith("  airflow "))
    assert "default: yes" in [line.strip() for line in lines[airflow : airflow + 4]]
    assert max(map(len, lines)) <= 80
    assert "  portfolio.toml" in lines
    assert "  src/" in lines


def test_show_as_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["show", NAME, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["name"] == NAME
    assert {"project_name", "licence"} <= {question["name"] for question in found["questions"]}
    assert found["files"] == list(catalog.file_tree(NAME))


def test_show_refuses_an_unknown_template_and_suggests_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["show", "predictive-maintenence"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: no template named 'predictive-maintenence'")
    assert NAME in shown.err
    assert shown.err.count("\n") == 1


def test_the_file_tree_names_each_folder_once() -> None:
    files = ("README.md", "src/a/x.py", "src/a/y.py", "src/b.py", "src/z/deep/w.py", "zoo.txt")
    assert show._tree(files) == [
        "  README.md",
        "  src/",
        "    a/",
        "      x.py",
        "      y.py",
        "    b.py",
        "    z/",
        "      deep/",
        "        w.py",
        "  zoo.txt",
    ]


@pytest.mark.parametrize(
    ("words", "typed", "offered"),
    [
        pytest.param("sho", None, ["showcase", "show"], id="command"),
        pytest.param("show pred", None, [NAME], id="template"),
        pytest.param("run --from te", None, ["test"], id="stage"),
        pytest.param(f"new {NAME} x -d lic", None, ["licence="], id="question"),
    ],
)
def test_completion(words: str, typed: str | None, offered: list[str]) -> None:
    assert complete(words, typed=typed) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_of_each_shell_is_printed(shell: str) -> None:
    """The script asks `scaffolder` itself, through the variable that the tests above set."""
    done = subprocess.run(
        [sys.executable, "-m", "scaffolder", "--show-completion", shell],
        env={
            **os.environ,
            "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
        },  # else typer asks the parent process
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"_SCAFFOLDER_COMPLETE=complete_{shell}" in done.stdout
