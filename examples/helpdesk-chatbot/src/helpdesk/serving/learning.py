"""The index in memory, kept in step with the database.

The audit is its log: whatever changes an answer adds a row there in the same transaction, and before each use
the rows since the last one are applied. So the index follows what another process has changed, too, and it
can hold nothing that is not on disk.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import col, select

from . import past_tickets
from .tables import AuditRow, CitationRow, TicketRow
from .transactions import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlmodel import Session

    from ..retrieval.index import TicketIndex
    from .predictor import Predictor


class Learning:
    """The tickets that answer questions, as the database has them."""

    def __init__(self, engine: Engine, predictor: Predictor) -> None:
        """Build the index from the database."""
        self._engine, self._lock = engine, threading.Lock()
        self._intents: dict[str, str] = {}
        with reading(engine) as session:
            # First the audit: what changes while the tickets are read is then read again, which does no harm.
            self._seen = _last(session)
            self._index = predictor.index_of(self._entries(session))
            for ticket, (up, down) in past_tickets.votes(session).items():
                if ticket in self._index:
                    self._index.vote(ticket, up, down)

    def index(self) -> TicketIndex:
        """Return the index, with every change that was committed before this call."""
        with reading(self._engine) as session:
            if _last(session) == self._seen:
                return self._index
        with self._lock, reading(self._engine) as session:
            last = _last(session)
            touched, judged = self._since(session, self._seen)
            for row in past_tickets.several(session, touched).values():
                self._apply(row)
            for ticket, (up, down) in self._votes(session, touched | judged).items():
                self._index.vote(ticket, up, down)
            self._seen = last
            return self._index

    def intent_of(self, ticket: str) -> str:
        """Return what a ticket is about, "" where nobody has said so."""
        return self._intents.get(ticket, "")

    def _entries(self, session: Session) -> list[tuple[str, str]]:
        resolved = (col(TicketRow.resolution) != "") & ~col(TicketRow.retracted)
        rows = session.exec(select(TicketRow).where(resolved).order_by(TicketRow.id)).all()
        self._intents = {row.id: row.intent for row in rows}
        return [(row.id, past_tickets.question(row)) for row in rows]

    def _since(self, session: Session, seen: int) -> tuple[set[str], set[str]]:
        """Return the tickets that were changed since, and those that were judged."""
        newer = col(AuditRow.id) > seen
        changed = session.exec(select(AuditRow.ticket_id).where(newer)).all()
        cited = select(CitationRow.ticket_id).join(AuditRow, col(AuditRow.answer_id) == CitationRow.answer_id)
        judged = session.exec(cited.where(newer).distinct()).all()
        return {ticket for ticket in changed if ticket}, set(judged)

    def _apply(self, row: TicketRow) -> None:
        self._intents[row.id] = row.intent
        known = row.id in self._index
        if not past_tickets.answers(row):
            if known:
                self._index.retract(row.id)
        elif known:
            self._index.replace(row.id, past_tickets.question(row))
        else:
            self._index.add(row.id, past_tickets.question(row))

    def _votes(self, session: Session, tickets: set[str]) -> dict[str, tuple[int, int]]:
        known = {ticket for ticket in tickets if ticket in self._index}
        return dict.fromkeys(known, (0, 0)) | past_tickets.votes(session, known) if known else {}


def _last(session: Session) -> int:
    return session.exec(select(func.max(col(AuditRow.id)))).one() or 0
