"""What a ticket is about that an agent has written: the same as another one, or something of its own.

Two tickets about the same thing are no reason to doubt an answer, two about different things are. So it has
to be known when somebody resolves a question that somebody else has resolved already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.answer_groups import advice
from ..portfolio.near_duplicates import near_duplicates
from ..retrieval.text import words
from . import past_tickets

if TYPE_CHECKING:
    from sqlmodel import Session

    from ..params import Split
    from ..retrieval.index import TicketIndex
    from .tables import TicketRow

_LOOKED_AT = 20  # tickets with the most similar questions


def topic_of(session: Session, index: TicketIndex, row: TicketRow, params: Split) -> str:
    """Return the intent of the nearest ticket with nearly the same question or answer, "" without one.

    Args:
        session: a transaction.
        index: with every other ticket in it.
        row: the ticket; what it has for an intent does not count.
        params: how near is near.
    """
    hits = [hit.ticket for hit in index.search(past_tickets.question(row), _LOOKED_AT)]
    rows = past_tickets.several(session, hits)
    near = [rows[name] for name in hits if name in rows and name != row.id]
    found = [
        *_alike([words(one.body) for one in near], words(row.body), params),
        *_alike([advice(one.resolution) for one in near], advice(row.resolution), params),
    ]
    if not found:
        return ""
    other = near[min(found)]
    return other.intent or other.id  # without an intent, a ticket is a topic of its own


def _alike(texts: list[list[str]], text: list[str], params: Split) -> list[int]:
    return near_duplicates(texts, [text], run=params.run, share=params.near_duplicate)
