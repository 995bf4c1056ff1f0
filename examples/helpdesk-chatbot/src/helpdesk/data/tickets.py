"""What a ticket is, and how tickets are written to a file and read back, one a line."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OUT_OF_SCOPE = "out of scope"  # the intent of what a help desk cannot answer
TRAITS = ("typo", "short", "colloquial", "personal data", "near-duplicate")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One question to the help desk, and how it was resolved; what is not known is empty or None.

    All texts have been through `redact` before a Ticket is made of them.
    """

    id: str
    body: str
    subject: str = ""
    created: int | None = None  # seconds since 1970, UTC
    queue: str = ""  # who takes care of it
    priority: str = ""
    resolution: str = ""  # what helped, as it was told to whoever asked
    resolved_at: int | None = None
    language: str = ""  # ISO 639-1
    intent: str = ""  # what it is about, where somebody has said so
    part: str = ""  # training, validation or test, where the data come with a split
    phrases: str = ""  # of the generator: which group of phrase templates it is worded with (as `part`)
    traits: tuple[str, ...] = ()  # of the generator: some of TRAITS

    @property
    def question(self) -> str:
        """Subject and body in one, which is what is searched."""
        return f"{self.subject}\n{self.body}" if self.subject else self.body

    @property
    def is_resolved(self) -> bool:
        """Whether there is an answer in it."""
        return bool(self.resolution)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DEFAULTS = {field.name: field.default for field in fields(Ticket)}


def to_line(ticket: Ticket) -> str:
    """Return a ticket as a line of JSON, without the fields that hold nothing."""
    row = {name: value for name, default in _DEFAULTS.items() if (value := getattr(ticket, name)) != default}
    return _ENCODER.encode(row) + "\n"


def to_bytes(tickets: Iterable[Ticket]) -> bytes:
    """Return data/tickets.jsonl."""
    return "".join(map(to_line, tickets)).encode()


def from_row(row: dict[str, Any]) -> Ticket:
    """Return the ticket of a checked row."""
    return Ticket(**{**row, "traits": tuple(row.get("traits", ()))})


def from_lines(lines: Iterable[str | bytes]) -> Iterator[Ticket]:
    """Read what `to_line` has written; it has been checked, so it is not checked again."""
    for line in lines:
        yield from_row(json.loads(line))
