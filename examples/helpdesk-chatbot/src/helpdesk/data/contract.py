"""What data/tickets.jsonl must look like, and one clear line for every way in which it does not.

Nothing is repaired here. A line is a ticket, or the file is refused with the line's number and the field.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import DataError
from .tickets import OUT_OF_SCOPE, TRAITS, Ticket, from_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARTS = ("training", "validation", "test")
LONGEST_ID = 100  # characters
LONGEST_NAME = 200  # of a queue, a priority, an intent
_LAST_SECOND = 4_102_444_800  # 1 January 2100: later ones are milliseconds, or wrong
_FIELDS = tuple(field.name for field in fields(Ticket))
_TEXTS = ("subject", "body", "resolution")
_NAMES = ("queue", "priority", "intent")
_TIMES = ("created", "resolved_at")


@dataclass(slots=True)
class Tally:
    """What was counted while a file was read."""

    rows: int = 0
    resolved: int = 0  # with an answer
    in_scope: int = 0
    intents: set[str] = field(default_factory=set)

    def add(self, ticket: Ticket) -> None:
        """Count one more."""
        self.rows += 1
        self.resolved += ticket.is_resolved
        self.in_scope += ticket.intent != OUT_OF_SCOPE
        if ticket.intent and ticket.intent != OUT_OF_SCOPE:
            self.intents.add(ticket.intent)


def parse(lines: Iterable[bytes], name: str, longest: int, *, unique: bool = False) -> Iterator[Ticket]:
    """Yield the ticket of each line; they stand in the order of time, and each id is there once.

    Args:
        lines: of the file, with or without their line ends.
        name: how messages call it.
        longest: characters that a text may have.
        unique: whether ids are known to be unique, as out of the import's database; else all are remembered.

    Raises:
        DataError: a line is not a ticket; the message has file, line, field, and what was expected.
    """
    seen: set[str] = set()
    before = (0, "")
    for number, line in enumerate(lines, 1):
        where = f"{name}:{number}"
        ticket = _checked(_object(line, where), where, longest)
        if ticket.id in seen:
            raise DataError(f"{where}: id {ticket.id!r} is on an earlier line, too; expected one each")
        if not unique:
            seen.add(ticket.id)
        if (place := (ticket.created or 0, ticket.id)) < before:
            raise DataError(f"{where}: created before the line above; expected the order of time, then of id")
        before = place
        yield ticket


def refuse_unusable(found: Tally, name: str, fewest: int = 200) -> None:
    """Refuse tickets from which nothing can be learned.

    Raises:
        DataError: too few; or neither answers nor intents.
    """
    if found.in_scope < fewest:
        raise DataError(f"{name}: {found.in_scope} tickets; at least {fewest} are needed to train and test")
    if len(found.intents) == 1:
        raise DataError(f"{name}: one intent in all tickets; expected two or more, or none at all")
    if not found.intents and found.resolved < fewest:
        raise DataError(
            f"{name}: {found.resolved} tickets with a resolution and none with an intent; "
            f"at least {fewest} resolutions are needed to answer from"
        )


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 at byte {error.start} of the line") from None
    except ValueError:
        raise DataError(f"{where}: not JSON, or cut off; expected one object a line") from None
    if not isinstance(row, dict):
        raise DataError(f"{where}: is not an object; expected one object a line")
    return row


def _checked(row: dict[str, Any], where: str, longest: int) -> Ticket:
    if unknown := sorted(row.keys() - set(_FIELDS)):
        raise DataError(f"{where}: unknown field {', '.join(unknown)}; expected {', '.join(_FIELDS)}")
    for name in ("id", "body"):
        if name not in row:
            raise DataError(f"{where}: no {name}; expected one in every ticket")
    _check_texts(row, where, longest)
    _check_times(row, where)
    for name in ("part", "phrases"):
        if row.get(name, "") not in ("", *PARTS):
            raise DataError(f"{where}: {name} is {_shown(row[name])}; expected {', '.join(PARTS)}")
    traits = row.get("traits", [])
    if not isinstance(traits, list) or any(trait not in TRAITS for trait in traits):
        raise DataError(f"{where}: traits is {_shown(traits)}; expected a list of {', '.join(TRAITS)}")
    return from_row(row)


def _check_texts(row: dict[str, Any], where: str, longest: int) -> None:
    for name in ("id", *_TEXTS, *_NAMES, "language"):
        if not isinstance(row.get(name, ""), str):
            raise DataError(f"{where}: {name} is {_shown(row[name])}; expected text")
    id_ = row["id"]
    if not id_ or len(id_) > LONGEST_ID or not id_.isprintable() or id_ != id_.strip():
        raise DataError(f"{where}: id is {_shown(id_)}; expected 1 to {LONGEST_ID} characters, no blank ends")
    if not row["body"].strip():
        raise DataError(f"{where}: body is {_shown(row['body'])}; expected the words of a question")
    for names, most in ((_TEXTS, longest), (_NAMES, LONGEST_NAME)):
        for name in names:
            if len(row.get(name, "")) > most:
                raise DataError(
                    f"{where}: {name} has {len(row[name]):,} characters; expected at most {most:,}"
                )
    language = row.get("language", "")
    if language and not (len(language) == 2 and language.isascii() and language.islower()):
        raise DataError(f"{where}: language is {_shown(language)}; expected two letters such as en")
    if row.get("intent") == OUT_OF_SCOPE and row.get("resolution"):
        raise DataError(f"{where}: resolution of a question out of scope; expected none, or its intent")


def _check_times(row: dict[str, Any], where: str) -> None:
    for name in _TIMES:
        value = row.get(name)
        if value is None:
            continue
        if type(value) is not int or value < 0:
            raise DataError(f"{where}: {name} is {_shown(value)}; expected whole seconds since 1970")
        if value > _LAST_SECOND:
            raise DataError(
                f"{where}: {name} is {value}, after the year 2100; expected seconds, not milliseconds"
            )
    created, resolved = row.get("created"), row.get("resolved_at")
    if created is not None and resolved is not None and resolved < created:
        raise DataError(
            f"{where}: resolved_at is {resolved}, before created, {created}; expected a later one"
        )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
