"""What agents do: answer what the assistant could not, and mind the tickets that it answers from."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from . import conversations, handovers, incoming, past_tickets, topics
from .tables import LONGEST_ID, LONGEST_LABEL, LONGEST_SUBJECT, AuditRow
from .transactions import reading, writing
from .views import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from ..params import Params
    from .learning import Learning
    from .tables import TicketRow
    from .views import Handover, Message, PastTicket


class AgentsDesk:
    """Every method may be called by any thread; what it changes is on disk when it returns."""

    def __init__(self, engine: Engine, params: Params, learning: Learning) -> None:
        self.engine, self.params, self.learning = engine, params, learning

    # ---- questions that wait for a person

    def waiting(self) -> int:
        """Return how many questions wait."""
        with reading(self.engine) as session:
            return handovers.waiting(session)

    def handovers(self, first: int = 100) -> list[Handover]:
        """Return the questions that wait, the one that has waited longest first."""
        with reading(self.engine) as session:
            return handovers.open_ones(session, first)

    def handover(self, number: int) -> tuple[Handover, tuple[Message, ...]]:
        """Return a question, waiting or resolved, and the whole conversation.

        Raises:
            NotFound: there is none of this number.
        """
        with reading(self.engine) as session:
            row = handovers.get(session, number)
            return handovers.seen(row), conversations.messages(session, row.conversation_id)

    def resolve(
        self, number: int, *, subject: str, resolution: str, queue: str = "", priority: str = ""
    ) -> PastTicket:
        """Answer a question as a person; the ticket made of it answers the next one who asks the same.

        Raises:
            BadInput: a field is empty or too long. NotFound: no such question.
            Conflict: it is resolved already.
        """
        labels = {"queue": queue, "priority": priority}
        texts = self._texts({"subject": subject, "resolution": resolution, **labels})
        return self._changed(lambda session: handovers.resolve(session, number, texts))

    # ---- tickets

    def known(self) -> int:
        """Return how many tickets answer questions."""
        return len(self.learning.index())

    def queues(self) -> list[str]:
        """Return the queues of all tickets."""
        with reading(self.engine) as session:
            return past_tickets.labels(session, "queue")

    def priorities(self) -> list[str]:
        """Return the priorities of all tickets."""
        with reading(self.engine) as session:
            return past_tickets.labels(session, "priority")

    def ticket(self, ticket: str) -> PastTicket:
        """Return a ticket.

        Raises:
            NotFound: there is none of this id.
        """
        with reading(self.engine) as session:
            return past_tickets.seen(session, [past_tickets.get(session, _id(ticket))])[0]

    def find(self, query: str, first: int = 20) -> list[PastTicket]:
        """Return the ticket of that id, retracted ones in which a text occurs, and those most like it.

        Raises:
            BadInput: the text is empty or too long.
        """
        text = incoming.text(query, "query", self.params.service.longest_question)
        hits = [hit.ticket for hit in self.learning.index().search(text, first)]
        with reading(self.engine) as session:
            gone = past_tickets.retracted(session, text, first // 2)
            found = {row.id: row for row in gone} | past_tickets.several(session, [text, *hits])
            order = dict.fromkeys([text, *(row.id for row in gone), *hits])
            return past_tickets.seen(session, [found[name] for name in order if name in found][:first])

    def add(
        self,
        *,
        subject: str,
        body: str,
        resolution: str,
        queue: str = "",
        priority: str = "",
        language: str = "",
        ticket: str = "",
    ) -> PastTicket:
        """Add a ticket; without an id it gets one.

        Raises:
            BadInput: a field cannot be what it is. Conflict: there is one of this id.
        """
        labels = {"queue": queue, "priority": priority, "language": language}
        texts = self._texts({"subject": subject, "body": body, "resolution": resolution, **labels})
        name = _id(ticket) if ticket else f"desk-{secrets.token_hex(6)}"
        now = past_tickets.now()
        row = handovers.ticket(name, texts, created=now, resolved_at=now)

        def added(session: Any) -> TicketRow:
            past_tickets.add(session, row)
            return row

        return self._changed(added)

    def edit(
        self,
        ticket: str,
        *,
        subject: str | None = None,
        body: str | None = None,
        resolution: str | None = None,
        queue: str | None = None,
        priority: str | None = None,
    ) -> PastTicket:
        """Change a ticket; what is None stays.

        Raises:
            BadInput: a field cannot be what it is. NotFound: there is none of this id.
        """
        given = {"subject": subject, "body": body, "resolution": resolution}
        given |= {"queue": queue, "priority": priority}
        texts = self._texts({name: value for name, value in given.items() if value is not None})
        return self._change(ticket, "ticket edited", texts)

    def retract(self, ticket: str) -> PastTicket:
        """Let a ticket answer nobody any more; it stays on disk.

        Raises:
            NotFound: there is none of this id.
        """
        return self._change(ticket, "ticket retracted", {"retracted": True})

    def restore(self, ticket: str) -> PastTicket:
        """Take that back; raises as `retract`."""
        return self._change(ticket, "ticket restored", {"retracted": False})

    # ---- what was learned, and how

    def learned(self, first: int = 100) -> list[PastTicket]:
        """Return the tickets that did not come with the model, the newest first."""
        with reading(self.engine) as session:
            return past_tickets.seen(session, past_tickets.learned(session, first))

    def audit(self, after: int = 0, first: int = 100) -> list[Change]:
        """Return what was changed, oldest first, behind the change with the id `after`."""
        statement = select(AuditRow).where(col(AuditRow.id) > after).order_by(col(AuditRow.id)).limit(first)
        with reading(self.engine) as session:
            return [_seen(row) for row in session.exec(statement)]

    def _change(self, ticket: str, what: str, values: dict[str, Any]) -> PastTicket:
        return self._changed(lambda session: past_tickets.change(session, _id(ticket), what, values))

    def _changed(self, write: Callable[[Any], TicketRow]) -> PastTicket:
        """Commit a change, and only then let the index follow."""
        with writing(self.engine, audited=True) as session:
            row = write(session)
            if row.learned:  # nobody has said what it is about
                row.intent = topics.topic_of(session, self.learning.index(), row, self.params.split)
            session.flush()
            found = past_tickets.seen(session, [row])[0]
        self.learning.index()
        return found

    def _texts(self, given: Mapping[str, str]) -> dict[str, str]:
        """Check the fields of a ticket; of these, subject, body and resolution must not be empty."""
        return {name: self._checked(name, value) for name, value in given.items()}

    def _checked(self, name: str, value: str) -> str:
        if name in ("queue", "priority", "language"):
            return incoming.label(value, name, LONGEST_LABEL)
        if name == "subject":
            return incoming.line(value, name, LONGEST_SUBJECT)
        return incoming.text(value, name, self.params.data.longest)


def _id(ticket: str) -> str:
    return incoming.identifier(ticket, "ticket", LONGEST_ID)


def _seen(row: AuditRow) -> Change:
    return Change(
        id=row.id or 0,
        at=row.at,
        who=row.who,  # type: ignore[arg-type]  # what is stored was one of these
        what=row.what,
        ticket=row.ticket_id,
        answer=row.answer_id,
        handover=row.handover_id,
        before=row.before,
        after=row.after,
    )
