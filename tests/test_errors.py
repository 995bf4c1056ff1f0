"""The one error handler: which exit status, which words, and never a traceback for what is no bug."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scaffolder import catalog
from scaffolder.cli.app import execute
from scaffolder.errors import ScaffolderError

BUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


def scaffolder(*args: str, stdout: object, unbuffered: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose output goes to `stdout`, at once or when it ends."""
    return subprocess.run(
        [sys.executable, "-m", "scaffolder", *args],
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def make_list_raise(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def raise_it() -> tuple[catalog.Template, ...]:
        raise error

    monkeypatch.setattr(catalog, "templates", raise_it)


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        pytest.param(
            ScaffolderError("no such thing; make one"), 1, "error: no such thing; make one", id="own"
        ),
        pytest.param(ScaffolderError("two\nlines"), 1, "error: two lines", id="one-line"),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device", "/x/y"),
            1,
            "error: /x/y: no space left on device",
            id="disk-full",
        ),
        pytest.param(
            PermissionError(errno.EACCES, "Permission denied", "z"),
            1,
            "error: z: permission denied",
            id="permission",
        ),
        pytest.param(OSError("odd"), 1, "error: odd", id="no-errno"),
        pytest.param(KeyboardInterrupt(), 130, "interrupted", id="ctrl-c"),
    ],
)
def test_an_expected_error_is_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    line: str,
) -> None:
    make_list_raise(monkeypatch, error)
    assert execute(["list"]) == status
    assert capsys.readouterr() == ("", f"{line}\n")


def test_a_bug_shows_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    make_list_raise(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        execute(["list"])


def test_the_traceback_of_a_bug_is_a_plain_one() -> None:
    broken = "from scaffolder import catalog; catalog.templates = lambda: 1 / 0"
    code = f"{broken}; from scaffolder.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "list"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert done.stderr.rstrip().endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param(
            ["lst"], "No such command 'lst'. Did you mean 'list'?; see 'scaffolder --help'", id="command"
        ),
        pytest.param(["list", "--jsn"], "No such option: --jsn", id="option"),
        pytest.param(["show"], "Missing argument 'TEMPLATE'; see 'scaffolder show --help'", id="argument"),
        pytest.param(["list", "more"], "unexpected extra argument", id="extra"),
        pytest.param(["new", "-d"], "requires an argument", id="value"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_status_2(
    capsys: pytest.CaptureFixture[str], args: list[str], words: str
) -> None:
    assert execute(args) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    assert words in shown.err


def test_without_arguments_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([]) == 0
    assert capsys.readouterr().out.startswith("Usage: scaffolder ")


@BUFFERED
def test_a_reader_that_has_seen_enough_is_no_error(unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = scaffolder("list", "--json", stdout=writer, unbuffered=unbuffered)
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@BUFFERED
@pytest.mark.parametrize("args", [["list"], ["--help"], ["list", "--json"]], ids=" ".join)
def test_output_to_a_full_disk_is_one_line(args: list[str], unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = scaffolder(*args, stdout=full, unbuffered=unbuffered)
    assert done.stderr == "error: no space left on device\n"
    assert done.returncode == 1


def test_a_letter_that_the_terminal_lacks_is_no_error() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from scaffolder.cli import output as o; o.use_replacement_characters(); o.result('\\u00e9')",
        ],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.split() == [b"?"]
