"""The tickets in the database: looked up, counted, changed; each change has its line in the audit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, cast, func
from sqlmodel import col, or_, select

from .refusals import Conflict, NotFound
from .tables import AuditRow, CitationRow, FeedbackRow, TicketRow
from .views import PastTicket

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlmodel import Session

    from ..data.tickets import Ticket

_CHUNK = 5_000  # rows of one statement
_TEXTS = ("subject", "body", "resolution", "queue", "priority")
_AUDITED = (*_TEXTS, "retracted")
_KEPT = ("id", *_TEXTS, "language", "intent", "created", "resolved_at")  # of a model's ticket


def question(row: TicketRow) -> str:
    """Return what of a ticket is searched; as `Ticket.question` has it."""
    return f"{row.subject}\n{row.body}" if row.subject else row.body


def answers(row: TicketRow) -> bool:
    """Say whether a ticket answers questions."""
    return bool(row.resolution) and not row.retracted


def take_in(session: Session, tickets: Iterable[Ticket]) -> int:
    """Add the tickets that were never here; those that were are left as they have become since."""
    known = set(session.exec(select(TicketRow.id)))
    rows = [_row(ticket) for ticket in tickets if ticket.id not in known]
    for first in range(0, len(rows), _CHUNK):
        session.bulk_insert_mappings(TicketRow, rows[first : first + _CHUNK])
    return len(rows)


def get(session: Session, ticket: str) -> TicketRow:
    """Return a ticket.

    Raises:
        NotFound: there is none of this id.
    """
    row = session.get(TicketRow, ticket)
    if row is None:
        raise NotFound("no such ticket")
    return row


def several(session: Session, tickets: Collection[str]) -> dict[str, TicketRow]:
    """Return tickets by their ids; what is not there is left out."""
    return {row.id: row for row in session.exec(select(TicketRow).where(col(TicketRow.id).in_(tickets)))}


def votes(session: Session, tickets: Collection[str] | None = None) -> dict[str, tuple[int, int]]:
    """Return how many people a ticket has helped and how many it has not, for those with any votes.

    Args:
        session: a transaction.
        tickets: None for all of them.
    """
    helpful = func.sum(cast(col(FeedbackRow.helpful), Integer))
    pairs = select(CitationRow.answer_id, CitationRow.ticket_id).distinct()
    if tickets is not None:
        pairs = pairs.where(col(CitationRow.ticket_id).in_(tickets))
    cited = pairs.subquery()
    statement = (
        select(cited.c.ticket_id, helpful, func.count())
        .join(FeedbackRow, col(FeedbackRow.answer_id) == cited.c.answer_id)
        .group_by(cited.c.ticket_id)
    )
    return {ticket: (int(up), int(count - up)) for ticket, up, count in session.exec(statement)}


def add(session: Session, row: TicketRow, **audit: Any) -> None:
    """Add a ticket.

    Raises:
        Conflict: there is one of this id.
    """
    if session.get(TicketRow, row.id) is not None:
        raise Conflict("a ticket of this id is there already; change that one, or leave the id out")
    session.add(row)
    session.flush()
    _note(session, row, None, **{"what": "ticket added", **audit})


def change(session: Session, ticket: str, what: str, values: dict[str, Any]) -> TicketRow:
    """Change some fields of a ticket; what is so already is no change, and not in the audit.

    Raises:
        NotFound: there is none of this id.
    """
    row = get(session, ticket)
    before = _facts(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    if _facts(row) != before:
        _note(session, row, before, what=what)
    return row


def seen(session: Session, rows: Collection[TicketRow]) -> list[PastTicket]:
    """Return tickets as agents see them, in the order given."""
    counted = votes(session, [row.id for row in rows]) if rows else {}
    return [_view(row, counted.get(row.id, (0, 0))) for row in rows]


def learned(session: Session, first: int) -> list[TicketRow]:
    """Return the tickets that did not come with a model, the newest first."""
    order = (col(TicketRow.resolved_at).desc(), col(TicketRow.id))
    return list(session.exec(select(TicketRow).where(TicketRow.learned).order_by(*order).limit(first)))


def retracted(session: Session, text: str, first: int) -> list[TicketRow]:
    """Return retracted tickets in which a text occurs; the index does not know them."""
    fields = (col(TicketRow.id), col(TicketRow.subject), col(TicketRow.body))
    occurs = or_(*(field.icontains(text, autoescape=True) for field in fields))
    statement = select(TicketRow).where(col(TicketRow.retracted), occurs).order_by(TicketRow.id).limit(first)
    return list(session.exec(statement))


def labels(session: Session, name: str) -> list[str]:
    """Return the values of queue or priority that tickets have."""
    column = getattr(TicketRow, name)
    return list(session.exec(select(column).where(column != "").distinct().order_by(column)))


def now() -> int:
    """Return the seconds since 1970, UTC."""
    return int(time.time())


def _row(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in _KEPT} | {"learned": False, "retracted": False}


def _facts(row: TicketRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _AUDITED}


def _note(session: Session, row: TicketRow, before: dict[str, Any] | None, **audit: Any) -> None:
    facts = {"at": now(), "who": "agent", "before": before, "after": _facts(row)}
    session.add(AuditRow(**{**facts, "ticket_id": row.id, **audit}))


def _view(row: TicketRow, counted: tuple[int, int]) -> PastTicket:
    up, down = counted
    return PastTicket(
        id=row.id,
        subject=row.subject,
        body=row.body,
        resolution=row.resolution,
        queue=row.queue,
        priority=row.priority,
        language=row.language,
        intent=row.intent,
        created=row.created,
        resolved_at=row.resolved_at,
        retracted=row.retracted,
        learned=row.learned,
        up=up,
        down=down,
    )
