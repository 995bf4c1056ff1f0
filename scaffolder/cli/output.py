"""The only module that prints: results on standard output, talk on standard error."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import Any, TextIO

import typer


class Misuse(typer.TyperException):
    """The command was called in a way that cannot work; exit status 2."""

    exit_code = 2


def result(text: str) -> None:
    """Print `text` as a result, at once: what follows may take minutes."""
    print(text, flush=True)


def result_json(value: object) -> None:
    """Print `value` as JSON."""
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False))


def talk(text: str = "") -> None:
    """Print `text` for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def passing(text: str) -> None:
    """Show `text` at the terminal until the next one comes; elsewhere it is not printed."""
    if sys.stderr.isatty():
        room = shutil.get_terminal_size().columns - 1
        print(f"\r{text[:room]:<{room}}\r", end="", file=sys.stderr, flush=True)


def error(message: str) -> None:
    """Print `message` as one line that begins with `error:`."""
    talk(f"{styled('error:', sys.stderr, fg='red', bold=True)} {plain(message)}")


def warning(message: str) -> None:
    """Print `message` as one line that begins with `warning:`."""
    talk(f"warning: {plain(message)}")


def plain(text: str) -> str:
    """Return `text` as one line with nothing in it that steers a terminal: it may come from a template."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))


def os_error_line(problem: OSError) -> str:
    """Return what the operating system refused, and for which file."""
    reason = (problem.strerror or str(problem)).lower()
    return f"{problem.filename}: {reason}" if problem.filename else reason


def has_colour(stream: TextIO) -> bool:
    """Return True when `stream` is a terminal that shows colour and nobody asked for none."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ  # the old console prints the codes instead


def line(text: str, stream: TextIO) -> None:
    """Print `text` on `stream` at once."""
    print(text, file=stream, flush=True)


def styled(text: str, stream: TextIO, **style: Any) -> str:
    """Return `text` in a typer style where `stream` shows colour."""
    return typer.style(text, **style) if has_colour(stream) else text


def headings(text: str) -> str:
    """Return a help text with its headings in bold on a terminal."""
    return re.sub(r"(?m)^ *[A-Z][a-z]+:(?= |$)", lambda found: styled(found[0], sys.stdout, bold=True), text)


def shell_words(*words: str) -> str:
    """Return `words` as a line that can be pasted into this system's shell."""
    if sys.platform == "win32":
        import subprocess

        return subprocess.list2cmdline(words)
    import shlex

    return shlex.join(words)


def use_replacement_characters() -> None:
    """Print a question mark for what the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def drop_what_is_left() -> None:
    """Let the end of the program not fail once more at output that nobody takes."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
