"""Every command explains itself, and the README names it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from scaffolder.cli.app import commands, execute

README = Path(__file__).parent.parent / "README.md"
GROUP = typer.main.get_command(commands)
NAMES = sorted(GROUP.commands)  # type: ignore[attr-defined]


def help_of(*args: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert execute([*args, "--help"]) == 0
    return capsys.readouterr().out


def test_the_commands_are_those_of_this_release() -> None:
    assert NAMES == ["adopt", "check", "list", "new", "run", "show", "showcase", "status", "update"]


@pytest.mark.parametrize("name", NAMES)
def test_a_command_has_help_with_an_example_of_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(name, capsys=capsys)
    sentence = text.split("\n\n")[1].strip()
    assert sentence.endswith(".")
    assert f"Examples:\n    scaffolder {name}" in text


@pytest.mark.parametrize("name", NAMES)
def test_each_option_and_argument_of_a_command_is_explained(name: str) -> None:
    for parameter in GROUP.commands[name].params:  # type: ignore[attr-defined]
        assert parameter.help, f"{name}: {parameter.name} has no help"
        assert parameter.help.endswith("."), f"{name}: the help of {parameter.name} is no sentence"


@pytest.mark.parametrize("args", [[], *([name] for name in NAMES)], ids=["scaffolder", *NAMES])
def test_help_fits_80_columns(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert max(map(len, help_of(*args, capsys=capsys).splitlines())) <= 80


def test_the_table_of_commands_has_a_whole_sentence_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    listed = help_of(capsys=capsys).partition("Commands:\n")[2].splitlines()
    order = ["new", "run", "status", "update", "check", "showcase", "adopt", "list", "show"]
    assert [line.split()[0] for line in listed] == order
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


@pytest.mark.parametrize("args", [[], *([name] for name in NAMES)], ids=["scaffolder", *NAMES])
def test_the_examples_use_options_that_exist(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    block = help_of(*args, capsys=capsys).partition("Examples:\n")[2].partition("\n\n")[0]
    lines = [shlex.split(re.split(r"  +", line.strip())[0]) for line in block.splitlines()]
    assert lines
    for program, name, *rest in lines:
        assert program == "scaffolder"
        known = {option for parameter in GROUP.commands[name].params for option in parameter.opts}  # type: ignore[attr-defined]
        assert {word for word in rest if word.startswith("-")} <= known


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_names_the_command(name: str) -> None:
    assert f"scaffolder {name}" in README.read_text(encoding="utf-8")
