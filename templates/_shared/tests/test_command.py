from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parts import command
from parts.errors import DataError, LeakageSuspected

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = Path(__file__).parents[1]


def parser_of(function: Callable[[argparse.Namespace], object]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="project")
    parser.add_subparsers(required=True).add_parser("go").set_defaults(func=function)
    return parser


def raising(error: BaseException) -> Callable[[argparse.Namespace], object]:
    def fail(_: argparse.Namespace) -> object:
        raise error

    return fail


@pytest.mark.parametrize(("result", "status", "out"), [("done", 0, "done\n"), (None, 0, ""), (3, 3, "")])
def test_the_summary_is_printed_and_a_number_is_the_status(
    result: object, status: int, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(parser_of(lambda _: result), ["go"]) == status
    assert capsys.readouterr() == (out, "")


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        pytest.param(
            DataError("a.csv: 3 rows\ntoo few"), 1, "error: a.csv: 3 rows too few", id="ours, on one line"
        ),
        pytest.param(LeakageSuspected("too good"), 1, "error: too good", id="leak"),
        pytest.param(
            OSError(28, "No space left on device", "m.json"),
            1,
            "error: m.json: No space left on device",
            id="disk",
        ),
        pytest.param(OSError("odd"), 1, "error: odd", id="no file name"),
        pytest.param(KeyboardInterrupt(), 130, "interrupted", id="Ctrl-C"),
    ],
)
def test_what_can_be_put_right_is_one_line(
    error: BaseException, status: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(parser_of(raising(error)), ["go"]) == status
    assert capsys.readouterr() == ("", line + "\n")


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError, match="by zero"):
        command.run(parser_of(lambda _: 1 // 0), ["go"])


def test_wrong_usage_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.run(parser_of(lambda _: None), ["stop"])
    assert "invalid choice: 'stop'" in capsys.readouterr().err


def test_no_verb_at_all_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.run(argparse.ArgumentParser(), [])
    assert "--help lists the verbs" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="uses a shell's pipe")
def test_a_closed_pipe_is_quiet() -> None:
    code = (
        "import argparse, sys; from parts import command; p = argparse.ArgumentParser();"
        "p.set_defaults(func=lambda _: 'line\\n' * 100000); sys.exit(command.run(p, []))"
    )
    script = f'{sys.executable} -c "{code}" | head -n 1'
    done = subprocess.run(["sh", "-c", script], cwd=SHARED, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("line\n", "")
