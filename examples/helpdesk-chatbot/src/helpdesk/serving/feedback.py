"""Votes on answers: one each, from whoever was given the answer; every one of them is in the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import select

from . import past_tickets, tokens
from .refusals import Conflict, NotAllowed, NotFound
from .tables import AnswerRow, AuditRow, ConversationRow, FeedbackRow, MessageRow

if TYPE_CHECKING:
    from sqlmodel import Session

MOST = 2**31 - 1  # the largest number of an answer; beyond, no database has one


def vote(session: Session, answer: int, token: str, *, helpful: bool) -> None:
    """Let one vote count for an answer; another one of the same reader replaces it.

    Raises:
        NotFound: no such answer. NotAllowed: the token is neither the answer's nor its conversation's.
    """
    _check(session, answer, token)
    row = session.get(FeedbackRow, answer)
    before = None if row is None else {"helpful": row.helpful}
    if before == {"helpful": helpful}:
        return
    row = row or FeedbackRow(answer_id=answer, helpful=helpful, at=0)
    row.helpful, row.at = helpful, past_tickets.now()
    session.add(row)
    what = "feedback" if before is None else "feedback changed"
    _note(session, answer, what, before, {"helpful": helpful})


def undo(session: Session, answer: int, token: str) -> None:
    """Take the vote on an answer back.

    Raises:
        NotFound, NotAllowed: as with `vote`. Conflict: there is none.
    """
    _check(session, answer, token)
    row = session.get(FeedbackRow, answer)
    if row is None:
        raise Conflict("there is no vote on this answer to take back")
    before = {"helpful": row.helpful}
    session.delete(row)
    _note(session, answer, "feedback undone", before, None)


def _check(session: Session, answer: int, token: str) -> None:
    row = session.get(AnswerRow, answer) if 0 < answer <= MOST else None
    if row is None:
        raise NotFound("no such answer")
    if tokens.fits(token, row.token_hash):
        return
    of_conversation = (
        select(ConversationRow.token_hash)
        .join(MessageRow, MessageRow.conversation_id == ConversationRow.id)  # type: ignore[arg-type]
        .where(MessageRow.id == answer)
    )
    stored = session.exec(of_conversation).first()
    if stored is None or not tokens.fits(token, stored):
        raise NotAllowed("this token is not the one that came with the answer")


def _note(
    session: Session, answer: int, what: str, before: dict[str, bool] | None, after: dict[str, bool] | None
) -> None:
    now = past_tickets.now()
    session.add(AuditRow(at=now, who="visitor", what=what, answer_id=answer, before=before, after=after))
