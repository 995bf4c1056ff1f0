"""Conversations in the database: found by their token, remembered for a while, deleted after their days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlmodel import col, select

from . import past_tickets, tokens
from .refusals import NotFound
from .tables import AnswerRow, CitationRow, ConversationRow, FeedbackRow, HandoverRow, MessageRow
from .views import Conversation, Message, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlmodel import Session
    from sqlmodel.sql.expression import SelectOfScalar

_CHAIN = 3  # questions before this one that it may lean on
_UNSOLVED = ("clarify", "unknown")
_MINUTE, _DAY = 60, 86_400


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known of a conversation before the next question."""

    memory: tuple[str, ...] = ()  # the last question, and those before that it leaned on; oldest first
    unsolved: bool = False  # whether the last reply was no answer


def find(session: Session, token: str) -> ConversationRow:
    """Return the conversation of a token; held until the transaction ends, where the database can.

    Raises:
        NotFound: it was deleted after its days, or never was.
    """
    row = session.exec(_of_token(token).with_for_update()).first()
    if row is None:
        raise NotFound("no such conversation; it may have been deleted since")
    return row


def talk(session: Session, token: str | None, minutes: int) -> Talk | None:
    """Return what the next question may lean on; None where it begins a conversation.

    A conversation is over when nobody has said anything for so many minutes, unless a person has a question
    of it: then it goes on, but what was said before is not used again.
    """
    row = session.exec(_of_token(token or "")).first()
    if row is None:
        return None
    if _is_over(row, minutes):
        return Talk() if waiting_in(session, row.number) is not None else None
    last = _last_messages(session, row.number)
    replies = [message for message in last if message.who == "assistant"]
    return Talk(_memory(last), bool(replies) and replies[0].kind in _UNSOLVED)


def begin(session: Session) -> tuple[ConversationRow, str]:
    """Begin a conversation; returns its token, which is stored nowhere."""
    token = tokens.new()
    row = ConversationRow(token_hash=tokens.hash_of(token), last_at=past_tickets.now())
    session.add(row)
    session.flush()
    return row, token


def say(session: Session, conversation: ConversationRow, message: MessageRow) -> MessageRow:
    """Add a message; it gets its id."""
    conversation.last_at = message.at
    session.add(conversation)
    session.add(message)
    session.flush()
    return message


def view(session: Session, token: str, after: int, minutes: int) -> Conversation:
    """Return what was said behind the message with the id `after`.

    Raises:
        NotFound: no such conversation.
    """
    row = session.exec(_of_token(token)).first()
    if row is None:
        raise NotFound("no such conversation; it may have been deleted since")
    waiting = waiting_in(session, row.number) is not None
    over = _is_over(row, minutes) and not waiting
    return Conversation(messages(session, row.number, after), waiting=waiting, over=over)


def messages(session: Session, conversation: int, after: int = 0) -> tuple[Message, ...]:
    """Return the messages of a conversation, oldest first."""
    of_it = select(MessageRow).where(MessageRow.conversation_id == conversation, col(MessageRow.id) > after)
    return seen(session, session.exec(of_it.order_by(col(MessageRow.id))).all())


def seen(session: Session, rows: Sequence[MessageRow]) -> tuple[Message, ...]:
    """Return messages as they are shown, in the order given."""
    ids = [row.id for row in rows if row.kind == "answer"]
    cited: dict[int, list[Sentence]] = {}
    helpful: dict[int, bool] = {}
    if ids:
        rows_of = select(CitationRow).where(col(CitationRow.answer_id).in_(ids))
        for one in session.exec(rows_of.order_by(col(CitationRow.place))):
            cited.setdefault(one.answer_id, []).append(Sentence(one.text, one.ticket_id))
        votes = session.exec(select(FeedbackRow).where(col(FeedbackRow.answer_id).in_(ids)))
        helpful = {vote.answer_id: vote.helpful for vote in votes}
    return tuple(_message(row, cited, helpful) for row in rows)


def waiting_in(session: Session, conversation: int) -> int | None:
    """Return the number under which a person has a question of a conversation."""
    return session.exec(select(HandoverRow.id).where(HandoverRow.waiting_in == conversation)).first()


def unanswered(session: Session, conversation: int) -> str:
    """Return the last question and those before it that got no answer either; "" where nothing was asked."""
    found: list[str] = []
    of_it = select(MessageRow).where(MessageRow.conversation_id == conversation)
    for message in session.exec(of_it.order_by(col(MessageRow.id).desc())):
        if message.who == "visitor":
            if message.text not in found:
                found.append(message.text)
        elif found and message.kind not in _UNSOLVED:
            break
    return "\n".join(reversed(found))


def forget(session: Session, days: int) -> int:
    """Delete the conversations of so many days ago that no person was asked about; returns how many.

    Votes stay: an answer's row and its citations hold nothing of who asked, or what.
    """
    old = col(ConversationRow.last_at) < past_tickets.now() - days * _DAY
    asked = select(HandoverRow.conversation_id)
    ids = session.exec(select(ConversationRow.id).where(old, col(ConversationRow.id).not_in(asked))).all()
    if ids:
        session.exec(delete(MessageRow).where(col(MessageRow.conversation_id).in_(ids)))
        session.exec(delete(ConversationRow).where(col(ConversationRow.id).in_(ids)))
    return len(ids)


def cite(session: Session, message: MessageRow, sentences: Iterable[Sentence]) -> str:
    """Keep what an answer cites; returns its feedback token, which is stored nowhere."""
    token, number = tokens.new(), message.id or 0
    session.add(AnswerRow(id=number, token_hash=tokens.hash_of(token)))
    session.flush()
    for place, one in enumerate(sentences):
        session.add(CitationRow(answer_id=number, place=place, ticket_id=one.ticket, text=one.text))
    session.flush()
    return token


def _of_token(token: str) -> SelectOfScalar[ConversationRow]:
    return select(ConversationRow).where(ConversationRow.token_hash == tokens.hash_of(token))


def _is_over(row: ConversationRow, minutes: int) -> bool:
    return past_tickets.now() - row.last_at > minutes * _MINUTE


def _last_messages(session: Session, conversation: int) -> Sequence[MessageRow]:
    """Return the newest messages, newest first: as many as the memory needs."""
    of_it = select(MessageRow).where(MessageRow.conversation_id == conversation)
    return session.exec(of_it.order_by(col(MessageRow.id).desc()).limit(3 * _CHAIN)).all()


def _memory(newest_first: Sequence[MessageRow]) -> tuple[str, ...]:
    chain: list[str] = []
    for message in newest_first:
        if message.who == "visitor":
            chain.append(message.text)
            if not message.follows or len(chain) == _CHAIN:
                break
    return tuple(reversed(chain))


def _message(row: MessageRow, cited: dict[int, list[Sentence]], helpful: dict[int, bool]) -> Message:
    number = row.id or 0
    return Message(
        id=number,
        who=row.who,  # type: ignore[arg-type]  # what is stored was one of these
        kind=row.kind,  # type: ignore[arg-type]
        text=row.text,
        at=row.at,
        sentences=tuple(cited.get(number, ())),
        confidence=row.confidence,
        generated=row.generated,
        topics=tuple(row.topics),
        queue=row.queue,
        helpful=helpful.get(number),
    )
