"""A child process and all that it starts: begun, followed line by line into a log, ended as a whole."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import unicodedata
from collections import deque
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

GRACE_S = 3.0  # between the request to stop and the kill
READ_LIMIT = 4096  # characters of one line; a program that never ends its line must not fill the memory
SHOWN_LIMIT = 240  # characters of one line kept for people
TAIL_LINES = 20
TROUBLE = "error:|\u00d7"  # uv's marks, by version
CAUSE = "cause:|Caused by:|\u2570\u2500\u25b6"

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def clean_line(line: str) -> str:
    """Return `line` without escape sequences, control characters and trailing blanks, cut to its limit."""
    plain = _ESCAPE.sub("", line).replace("\t", "  ")
    # Category C is control, format (bidirectional overrides, zero width), surrogate and unassigned.
    return "".join(c for c in plain if not unicodedata.category(c).startswith("C")).rstrip()[:SHOWN_LIMIT]


class Child:
    """A running command in a process group of its own; leaving the `with` block ends the whole group.

    A command that is a text is one for the shell. Its output and error streams are appended to `log` as they
    arrive. The group is its own so that Ctrl-C reaches the scaffolder alone, which then ends all of it.
    """

    def __init__(self, command: Sequence[str] | str, *, cwd: Path, env: Mapping[str, str], log: Path) -> None:
        self.latest = ""  # last line that is not blank, of either stream
        self.last_output = ""  # the same, of standard output
        self.last_complaint = ""  # the same, of standard error
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._broken: OSError | None = None
        self._lock = threading.Lock()
        self._log = log.open("a", encoding="utf-8", errors="replace")
        shown = command if isinstance(command, str) else subprocess.list2cmdline(command)
        self._log.write(f"$ {shown}\n")
        self._popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            shell=isinstance(command, str),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        )
        self._readers = [
            threading.Thread(target=self._follow, args=(stream,), daemon=True)
            for stream in (self._popen.stdout, self._popen.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait(self, timeout_s: float) -> int | None:
        """Return the exit status, or None while the command still runs after `timeout_s` seconds.

        Raises:
            OSError: the log could not be written.
        """
        try:
            status = self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            status = None
        if status is not None:
            self.stop()  # a grandchild left behind would hold the streams open
        if self._broken:
            raise self._broken
        return status

    def reason(self, status: int) -> str:
        """Return the one line that says why the command failed.

        uv and the projects name the trouble in a line that begins with `error:`, uv with its cause below it;
        a traceback names it in its last line.
        """
        lines = [line.strip() for line in self.tail]
        named = [at for at, line in enumerate(lines) if re.match(TROUBLE, line)]
        if not named:
            return self.latest or f"exit status {status} without a word"
        parts = lines[named[-1] :][:1]
        parts += [line for line in lines[named[-1] + 1 :][:1] if re.match(CAUSE, line)]
        return ": ".join(re.sub(rf"^({TROUBLE}|{CAUSE})\s*", "", part).rstrip(":") for part in parts)

    def stop(self) -> None:
        """End the command and everything it started, and close the log; a second call does nothing."""
        if self._log.closed:
            return
        try:
            if self._popen.poll() is None:
                self._end(force=False)
                self._popen.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            pass
        finally:  # also when a second Ctrl-C arrives during the grace
            self._end(force=True)
            self._popen.wait()
            for reader in self._readers:
                reader.join(GRACE_S)
            with contextlib.suppress(OSError):  # a full disk is reported by wait()
                self._log.close()

    def _end(self, *, force: bool) -> None:
        if sys.platform == "win32":
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(self._popen.pid)], capture_output=True, check=False
            )
            return
        # macOS answers PermissionError for a group of which only zombies are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL if force else signal.SIGTERM)

    def _follow(self, stream: IO[str]) -> None:
        # A carriage return counts as the end of a line, so a progress bar shows its newest state.
        for line in iter(lambda: stream.readline(READ_LIMIT), ""):
            with self._lock:
                self._keep(line)
                if text := clean_line(line):
                    self.latest = text.lstrip()
                    self.tail.append(text)
                    if stream is self._popen.stdout:
                        self.last_output = self.latest
                    else:
                        self.last_complaint = self.latest

    def _keep(self, line: str) -> None:
        # Reading goes on when the disk is full: otherwise the command would wait on a full pipe for ever.
        if self._broken:
            return
        try:
            self._log.write(line)
            self._log.flush()
        except (OSError, ValueError) as error:
            self._broken = error if isinstance(error, OSError) else None
