"""What the verb `chat` does: talk to the help desk in the terminal."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from ..data.printable import printable
from .desk_lines import Local, Remote
from .refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..params import Params
    from .desk_lines import DeskLine, Said

_WELCOME = "Ask. /person asks a person, /good and /bad judge the last answer, /new begins anew, /quit ends."
_PROMPT = "> "


def run(root: Path, params: Params, *, question: str | None = None, url: str | None = None) -> str | None:
    """Answer one question, or each line of standard input (`-`), or talk until /quit.

    Raises:
        ModelError: there is no model here, and no `url`.
        ProjectError: the service or the database cannot be used, or the one question cannot be one.
    """
    line: DeskLine = Remote(url) if url else Local(root, params)
    try:
        if question is None:
            Talk(line).go_on()
            return None
        if question == "-":
            _each_line(line)
            return None
        return shown(line.ask(question))
    finally:
        line.close()


class Talk:
    """Somebody at the terminal."""

    def __init__(self, line: DeskLine) -> None:
        self._line = line
        self._last: Said | None = None
        self._commands: dict[str, Callable[[], str]] = {
            "/person": self._person,
            "/good": lambda: self._judge(helpful=True),
            "/bad": lambda: self._judge(helpful=False),
            "/new": self._new,
        }

    def go_on(self) -> None:
        """Read and reply until /quit or the end of the input."""
        _say(_WELCOME)
        for text in self._typed():
            try:
                _say(self._reply(text))
            except Refusal as refusal:
                _say(f"({refusal})")

    def _typed(self) -> Iterator[str]:
        if sys.stdin.isatty():
            with suppress(ImportError):
                import readline  # noqa: F401  # lines can then be edited and brought back
        while True:
            for news in self._line.news():
                _say(f"A person: {printable(news)}")
            try:
                text = input(_PROMPT).strip()
            except EOFError:
                _say("")
                return
            if text == "/quit":
                return
            if text:
                yield text

    def _reply(self, text: str) -> str:
        if not text.startswith("/"):
            self._last = self._line.ask(text)
            return shown(self._last)
        command = self._commands.get(text)
        return command() if command else _WELCOME

    def _person(self) -> str:
        return shown(self._line.person())

    def _judge(self, *, helpful: bool) -> str:
        if self._last is None or self._last.token is None:
            return "(the last reply is no answer that could be judged)"
        self._line.judge(self._last, helpful=helpful)
        return "(counted)"

    def _new(self) -> str:
        self._line.new()
        self._last = None
        return "(a new conversation)"


def shown(said: Said) -> str:
    """Return a reply as it is shown in a terminal.

    Nothing in it can be a command to the terminal, wherever the texts of the tickets come from.
    """
    lines = [printable(said.text), *(f"  - {printable(topic)}" for topic in said.topics)]
    if said.tickets:
        sure = "" if said.confidence is None else f", {said.confidence:.0%} sure"
        lines.append(f"  [{printable(', '.join(said.tickets))}{sure}]")
    return "\n".join(lines)


def _each_line(line: DeskLine) -> None:
    """Reply to each line by itself: no reply depends on the line before, and no person is asked."""
    for text in filter(None, map(str.strip, sys.stdin)):
        line.new()
        try:
            _say(f"{_PROMPT}{printable(text)}\n{shown(line.ask(text))}")
        except Refusal as refusal:
            _say(f"{_PROMPT}{printable(text)}\n({refusal})")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
