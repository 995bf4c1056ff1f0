"""What the pages show of a message: who says it, where each sentence comes from, what one may do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .views import Message, PastTicket

VISITOR = {"visitor": "You", "assistant": "Assistant", "person": "The help desk"}
AGENT = {"visitor": "Visitor", "assistant": "Assistant", "person": "Help desk"}


@dataclass(frozen=True, slots=True)
class Part:
    """Sentences of an answer that come from one ticket."""

    text: str
    ticket: str
    language: str
    cites: int  # which of the sources, from 1; 0 where the ticket was retracted since


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the templates have it."""

    message: Message
    by: str
    parts: tuple[Part, ...]
    sources: tuple[PastTicket, ...]
    is_last: bool

    @property
    def offers_person(self) -> bool:
        """Whether the reader should be asked if a person shall take over."""
        return self.is_last and (self.message.kind in ("clarify", "unknown") or self.message.helpful is False)

    @property
    def topics(self) -> tuple[str, ...]:
        """What the reader may have meant, as long as nothing else was said."""
        return self.message.topics if self.is_last else ()


def shown(
    messages: Sequence[Message],
    sources: Callable[[list[str]], Mapping[str, PastTicket]],
    names: Mapping[str, str],
) -> list[Shown]:
    """Return a conversation as the templates have it.

    Args:
        messages: the oldest first.
        sources: looks tickets up; asked once.
        names: of who speaks.
    """
    cited = list(dict.fromkeys(one.ticket for message in messages for one in message.sentences))
    found = sources(cited) if cited else {}
    last = messages[-1] if messages else None
    return [
        Shown(one, names[one.who], _parts(one, found), _cited(one, found), is_last=one is last)
        for one in messages
    ]


def _cited(message: Message, found: Mapping[str, PastTicket]) -> tuple[PastTicket, ...]:
    tickets = dict.fromkeys(one.ticket for one in message.sentences)
    return tuple(found[ticket] for ticket in tickets if ticket in found)


def _parts(message: Message, found: Mapping[str, PastTicket]) -> tuple[Part, ...]:
    order = [ticket.id for ticket in _cited(message, found)]
    parts: list[Part] = []
    for one in message.sentences:
        if parts and parts[-1].ticket == one.ticket:
            before = parts.pop()
            parts.append(Part(f"{before.text} {one.text}", one.ticket, before.language, before.cites))
            continue
        is_known = one.ticket in found
        language = found[one.ticket].language if is_known else ""
        parts.append(Part(one.text, one.ticket, language, order.index(one.ticket) + 1 if is_known else 0))
    return tuple(parts)
