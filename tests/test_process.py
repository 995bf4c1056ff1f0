"""A child process: its output, its log, and that nothing of it is left."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder import environment
from scaffolder.process import SHOWN_LIMIT, Child, clean_line

if TYPE_CHECKING:
    from collections.abc import Callable


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def start(code: str, folder: Path) -> Child:
    return Child(
        [sys.executable, "-c", code], cwd=folder, env=environment.clean_variables(), log=folder / "child.log"
    )


SPAWN = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
"""
SLEEP = "time.sleep(600)"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


@pytest.mark.skipif(sys.platform == "win32", reason="looks at process ids as POSIX does")
@pytest.mark.parametrize(
    "code",
    [
        pytest.param(SPAWN + SLEEP, id="both-running"),
        pytest.param(SPAWN + DEAF + SLEEP, id="deaf-to-sigterm"),
    ],
)
def test_leaving_a_child_ends_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr("scaffolder.process.GRACE_S", 0.5)
    with start(code, tmp_path) as child:
        assert wait_until(lambda: child.last_output)
        grandchild = int(child.last_output)
        assert is_alive(grandchild)
    assert wait_until(lambda: not is_alive(grandchild))


@pytest.mark.skipif(sys.platform == "win32", reason="looks at process ids as POSIX does")
def test_a_command_that_leaves_a_process_behind_still_ends(tmp_path: Path) -> None:
    """The grandchild holds the output open; waiting for the end of the output would wait for it."""
    with start(SPAWN, tmp_path) as child:
        assert child.wait(30) == 0
        assert wait_until(lambda: not is_alive(int(child.last_output)))


def test_a_line_without_end_and_bytes_that_are_no_text_are_taken(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.buffer.write(b'\\xff' + b'x' * 100_000)"
    with start(code, tmp_path) as child:
        assert child.wait(30) == 0
    assert len(child.latest) <= SHOWN_LIMIT
    assert (tmp_path / "child.log").read_text(encoding="utf-8").count("x") >= 100_000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_reported_and_does_not_hang(tmp_path: Path) -> None:
    code = "print('x' * 1_000_000)"
    (tmp_path / "child.log").symlink_to("/dev/full")
    with start(code, tmp_path) as child, pytest.raises(OSError, match="No space left"):
        assert child.wait(30) is not None


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        pytest.param("\x1b[1;31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b]0;title\x07text", "text", id="title"),
        pytest.param("\x1b[2J\x1b[Hat home", "at home", id="clear-screen"),
        pytest.param("a\bb\x00c\x7f", "abc", id="control"),
        pytest.param("a\u202eb\u200bc", "abc", id="bidirectional"),
        pytest.param("  indented\tby tab \n", "  indented  by tab", id="blanks"),
        pytest.param("é 日本", "é 日本", id="letters"),
        pytest.param("y" * 1000, "y" * SHOWN_LIMIT, id="long"),
    ],
)
def test_a_line_is_made_fit_for_a_terminal(line: str, shown: str) -> None:
    assert clean_line(line) == shown
