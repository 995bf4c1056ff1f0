"""The tables of the service's database. Tokens are in it as hashes only, and texts without personal data.

A change of these needs a step in migrations/versions; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, MetaData, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

LONGEST_ID = 200  # characters of a ticket's id
LONGEST_SUBJECT = 200
LONGEST_LABEL = 64  # queue, priority
_HASH = 64  # hexadecimal digits of SHA-256

_NAMES = {  # so that a migration can name what a database would else name by itself
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """What the tables have in common."""


class TicketRow(Table, table=True):
    """A past ticket; with a resolution and not retracted, it answers questions."""

    __tablename__ = "ticket"

    id: str = Field(primary_key=True, max_length=LONGEST_ID)
    subject: str = Field(default="", sa_type=Text)
    body: str = Field(sa_type=Text)
    resolution: str = Field(default="", sa_type=Text)
    queue: str = ""
    priority: str = ""
    language: str = ""
    intent: str = ""
    created: int | None = Field(default=None, sa_type=BigInteger)  # seconds since 1970, UTC; all times are
    resolved_at: int | None = Field(default=None, sa_type=BigInteger)
    learned: bool = Field(default=False, index=True)  # did not come with a model
    retracted: bool = False


class ConversationRow(Table, table=True):
    """Whoever has the token may go on with it."""

    __tablename__ = "conversation"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=_HASH, unique=True)
    last_at: int = Field(index=True, sa_type=BigInteger)  # when something was asked or answered last

    @property
    def number(self) -> int:
        """The id, once the row has been written."""
        assert self.id is not None  # noqa: S101
        return self.id


class MessageRow(Table, table=True):
    """What was said. Ids are never used again, since feedback names them."""

    __tablename__ = "message"
    __table_args__ = (Index(None, "conversation_id", "id"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id")
    who: str = Field(max_length=16)
    kind: str = Field(max_length=16)
    text: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    confidence: float | None = None
    queue: str | None = None
    topics: list[str] = Field(default_factory=list, sa_type=JSON)
    generated: bool = False  # of an answer: in a language model's words
    follows: bool = False  # of a question: it was understood together with the one before


class AnswerRow(Table, table=True):
    """What can be judged: a message of the kind `answer`. It outlives the conversation, so votes do, too."""

    __tablename__ = "answer"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # the message's
    token_hash: str = Field(max_length=_HASH)


class CitationRow(Table, table=True):
    """One sentence of an answer, and the ticket that it comes from."""

    __tablename__ = "citation"

    answer_id: int = Field(foreign_key="answer.id", primary_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # from 0
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    text: str = Field(sa_type=Text)


class FeedbackRow(Table, table=True):
    """The one vote on an answer."""

    __tablename__ = "feedback"

    answer_id: int = Field(foreign_key="answer.id", primary_key=True)
    helpful: bool
    at: int = Field(sa_type=BigInteger)


class HandoverRow(Table, table=True):
    """A question that a person has; of each conversation, one at a time."""

    __tablename__ = "handover"

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    waiting_in: int | None = Field(default=None, unique=True)  # the conversation, until it is resolved
    question: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    queue: str = ""
    queue_probability: float | None = None
    priority: str = ""
    priority_probability: float | None = None
    resolved_at: int | None = Field(default=None, sa_type=BigInteger)
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id")


class AuditRow(Table, table=True):
    """One change of what the service answers from. Rows are added in the order of their ids, and stay."""

    __tablename__ = "audit"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    at: int = Field(sa_type=BigInteger)
    who: str = Field(max_length=16)  # visitor or agent
    what: str = Field(max_length=32)
    ticket_id: str | None = None
    answer_id: int | None = None
    handover_id: int | None = None
    before: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSON)


METADATA = Table.metadata
