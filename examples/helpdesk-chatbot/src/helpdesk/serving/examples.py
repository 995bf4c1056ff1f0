"""Questions to begin with: some that the model's own tickets ask, each of another queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..data.tickets import Ticket

_LENGTHS = range(25, 66)  # characters: a sentence that fits a button


def examples(tickets: Iterable[Ticket], count: int) -> list[Ticket]:
    """Return `count` resolved tickets that are short and of different queues; fewer where there are no more.

    Args:
        tickets: of the model, in any order; the first that fits is taken.
        count: how many.
    """
    found: dict[str, Ticket] = {}
    for ticket in tickets:
        is_plain = not ticket.traits and not {"\n", "["} & set(ticket.body)  # [: something was redacted
        if ticket.is_resolved and is_plain and len(ticket.body) in _LENGTHS:
            found.setdefault(ticket.queue or ticket.intent, ticket)
        if len(found) == count:
            break
    return list(found.values())
