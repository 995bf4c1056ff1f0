"""Questions that a person has: opened with guesses of what they are, resolved into tickets."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import col, select

from . import conversations, past_tickets
from .refusals import Conflict, NotFound
from .tables import ConversationRow, HandoverRow, MessageRow, TicketRow
from .views import Guess, Handover

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlmodel import Session

_MOST = 2**31 - 1


def waiting(session: Session) -> int:
    """Return how many wait."""
    statement = select(func.count()).select_from(HandoverRow).where(col(HandoverRow.waiting_in).is_not(None))
    return int(session.exec(statement).one())


def open_ones(session: Session, first: int) -> list[Handover]:
    """Return those that wait, the one that has waited longest first."""
    is_open = col(HandoverRow.waiting_in).is_not(None)
    rows = session.exec(select(HandoverRow).where(is_open).order_by(col(HandoverRow.id)).limit(first))
    return [seen(row) for row in rows]


def begin(
    session: Session, conversation: int, question: str, queue: Guess | None, priority: Guess | None
) -> HandoverRow:
    """Give a question to a person; the conversation has none that waits."""
    row = HandoverRow(
        conversation_id=conversation,
        waiting_in=conversation,
        question=question,
        at=past_tickets.now(),
        queue=queue.label if queue else "",
        queue_probability=queue.probability if queue else None,
        priority=priority.label if priority else "",
        priority_probability=priority.probability if priority else None,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, number: int) -> HandoverRow:
    """Return a question; held until the transaction ends, where the database can.

    Raises:
        NotFound: there is none of this number.
    """
    row = session.get(HandoverRow, number, with_for_update=True) if 0 < number <= _MOST else None
    if row is None:
        raise NotFound("no such question")
    return row


def resolve(session: Session, number: int, texts: Mapping[str, str]) -> TicketRow:
    """Answer a question: a ticket that answers the next one, and a message to whoever asked.

    Args:
        session: an audited transaction.
        number: of the question.
        texts: subject, resolution, queue and priority of the ticket.

    Raises:
        NotFound: there is none of this number. Conflict: somebody has resolved it already.
    """
    row = get(session, number)
    if row.waiting_in is None:
        raise Conflict("this question is resolved already")
    now = past_tickets.now()
    name = _free_id(session, f"desk-{number}")
    made = ticket(name, {"body": row.question, **texts}, created=row.at, resolved_at=now)
    past_tickets.add(session, made, what="question resolved", handover_id=number)
    row.waiting_in, row.resolved_at, row.ticket_id = None, now, made.id
    session.add(row)
    conversation = session.get_one(ConversationRow, row.conversation_id)
    said = MessageRow(
        conversation_id=conversation.number, who="person", kind="person", text=made.resolution, at=now
    )
    conversations.say(session, conversation, said)
    return made


def ticket(name: str, texts: Mapping[str, str], *, created: int, resolved_at: int) -> TicketRow:
    """Return a ticket that an agent has written; nobody has sorted it by intent."""
    times = {"created": created, "resolved_at": resolved_at}
    return TicketRow.model_validate({"id": name, "learned": True, **texts, **times})


def seen(row: HandoverRow) -> Handover:
    """Return a question as agents see it."""
    return Handover(
        id=row.id or 0,
        at=row.at,
        open=row.waiting_in is not None,
        question=row.question,
        queue=_guess(row.queue, row.queue_probability),
        priority=_guess(row.priority, row.priority_probability),
        ticket=row.ticket_id,
    )


def _guess(label: str, probability: float | None) -> Guess | None:
    return Guess(label, probability) if label and probability is not None else None


def _free_id(session: Session, wanted: str) -> str:
    """Return an id that no ticket has; an import may have brought one of this name."""
    return wanted if session.get(TicketRow, wanted) is None else f"{wanted}-{secrets.token_hex(4)}"
