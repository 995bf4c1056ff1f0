"""The help desk: who asks, judges and wants a person. What agents do is in agents_desk.py; no HTTP."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..asgi.database import connect
from . import answers, conversations, feedback, handovers, incoming, past_tickets
from .agents_desk import AgentsDesk
from .drafts import Draft, Drafting
from .generation import Generator
from .learning import Learning
from .migrating import migrate
from .refusals import Conflict, Unavailable
from .tables import ConversationRow, MessageRow
from .transactions import prepare, reading, writing
from .views import Reply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlmodel import Session

    from ..params import Params
    from .conversations import Talk
    from .predictor import Predictor
    from .views import Conversation, Kind, Message, PastTicket, Who

VARIABLE = "HELPDESK_DATABASE"
_SWEEP_S = 3600  # between two looks for conversations that are too old
_FULL_RETRY_S = 600


class Desk(AgentsDesk):
    """Every method may be called by any thread; what it changes is on disk when it returns.

    All of them raise a Refusal (refusals.py) where they do not do what they are asked.
    """

    def __init__(
        self, engine: Engine, params: Params, predictor: Predictor, generator: Generator | None
    ) -> None:
        """Use what `open` has prepared."""
        super().__init__(engine, params, Learning(engine, predictor))
        self.predictor, self._generator = predictor, generator
        self._drafting = Drafting(engine, params, predictor, self.learning, generator)
        self._swept = -float("inf")

    @classmethod
    def open(cls, root: Path, params: Params, predictor: Predictor) -> Desk:
        """Connect, bring the tables up to date, take in the model's tickets, and build the index.

        Raises:
            ProjectError: the database cannot be used, or the language model's address is none.
        """
        generator = Generator.from_environment(params.generation, params.service.sentences)
        engine = connect(root, params.service.database, VARIABLE)
        prepare(engine)
        migrate(engine)
        with writing(engine, audited=True) as session:
            past_tickets.take_in(session, predictor.tickets())
        return cls(engine, params, predictor, generator)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
        if self._generator is not None:
            self._generator.close()

    def ask(self, text: str, conversation: str | None = None) -> Reply:
        """Answer a question; without a conversation that goes on, it begins one.

        The second reply in a row that is no answer hands over to a person by itself.

        Raises:
            BadInput: the text is empty or too long.
        """
        question = incoming.text(text, "text", self.params.service.longest_question)
        self._sweep()
        with reading(self.engine) as session:
            talk = conversations.talk(session, conversation, self.params.service.memory_minutes)
        draft = self._drafting.draft(question, talk)
        with writing(self.engine) as session:
            if talk is None or conversation is None:
                row, token = conversations.begin(session)
            else:
                row, token = conversations.find(session, conversation), conversation
            asked = _said(row, "visitor", "question", question)
            asked.follows = draft.follows
            conversations.say(session, row, asked)
            if draft.kind == "answer":
                return self._answered(session, row, token, draft)
            return self._not_answered(session, row, token, draft, talk)

    def hand_over(self, conversation: str) -> Reply:
        """Ask a person; where one has a question of the conversation already, say so again.

        Raises:
            NotFound: no such conversation. Conflict: nothing was asked in it. Unavailable: too many wait.
        """
        with reading(self.engine) as session:
            row = conversations.find(session, conversation)
            question = conversations.unanswered(session, row.number)
        if not question:
            raise Conflict("nothing was asked in this conversation; ask your question first")
        queue, priority = self._drafting.guesses(question)
        with writing(self.engine) as session:
            row = conversations.find(session, conversation)
            number = conversations.waiting_in(session, row.number)
            if number is None:
                if self._is_full(session):
                    text = "too many questions wait for a person just now; please come back later"
                    raise Unavailable(text, retry_after_s=_FULL_RETRY_S)
                number = handovers.begin(session, row.number, question, queue, priority).id
            said = _said(row, "assistant", "handed over", answers.HANDED_OVER)
            said.queue = queue.label if queue else None
            conversations.say(session, row, said)
            return _reply(session, conversation, said, None, number)

    def conversation(self, token: str, after: int = 0) -> Conversation:
        """Return the messages of a conversation behind the one with the id `after`.

        Raises:
            NotFound: no such conversation.
        """
        with reading(self.engine) as session:
            return conversations.view(session, token, after, self.params.service.memory_minutes)

    def feedback(self, answer: int, token: str, *, helpful: bool) -> None:
        """Count one vote on an answer; `token` is that answer's, or that of its conversation.

        Raises:
            NotFound: no such answer. NotAllowed: the token is another one.
        """
        with writing(self.engine, audited=True) as session:
            feedback.vote(session, answer, token, helpful=helpful)

    def undo_feedback(self, answer: int, token: str) -> None:
        """Take the vote on an answer back.

        Raises:
            NotFound, NotAllowed: as with `feedback`. Conflict: there is none.
        """
        with writing(self.engine, audited=True) as session:
            feedback.undo(session, answer, token)

    def sources(self, tickets: Sequence[str]) -> dict[str, PastTicket]:
        """Return the tickets that an answer cites, as they are now; retracted ones are left out."""
        with reading(self.engine) as session:
            rows = [row for row in past_tickets.several(session, tickets).values() if not row.retracted]
            return {one.id: one for one in past_tickets.seen(session, rows)}

    def _answered(self, session: Session, row: ConversationRow, token: str, draft: Draft) -> Reply:
        said = _said(row, "assistant", "answer", draft.text)
        said.confidence, said.generated = draft.confidence, draft.generated
        said.queue = draft.queue.label if draft.queue else None
        conversations.say(session, row, said)
        feedback_token = conversations.cite(session, said, draft.sentences)
        return _reply(session, token, said, feedback_token, conversations.waiting_in(session, row.number))

    def _not_answered(
        self, session: Session, row: ConversationRow, token: str, draft: Draft, talk: Talk | None
    ) -> Reply:
        said = _said(row, "assistant", draft.kind, draft.text)
        said.topics, said.queue = list(draft.topics), draft.queue.label if draft.queue else None
        number = conversations.waiting_in(session, row.number)
        if number is not None:
            said.kind, said.text, said.topics = "handed over", answers.STILL_WAITING, []
        elif talk is not None and talk.unsolved:
            said.topics = []
            if self._is_full(session):
                said.kind, said.text = "unknown", answers.TOO_MANY
            else:
                question = conversations.unanswered(session, row.number)
                number = handovers.begin(session, row.number, question, draft.queue, draft.priority).id
                said.kind, said.text = "handed over", answers.GIVEN_UP
        conversations.say(session, row, said)
        return _reply(session, token, said, None, number)

    def _is_full(self, session: Session) -> bool:
        return handovers.waiting(session) >= self.params.service.handovers_open

    def _sweep(self) -> None:
        """Delete what is too old, now and then."""
        now = time.monotonic()
        if now - self._swept > _SWEEP_S:
            self._swept = now
            with writing(self.engine) as session:
                conversations.forget(session, self.params.service.keep_days)


def _said(row: ConversationRow, who: Who, kind: Kind, text: str) -> MessageRow:
    return MessageRow(conversation_id=row.number, who=who, kind=kind, text=text, at=past_tickets.now())


def _reply(
    session: Session, token: str, said: MessageRow, feedback_token: str | None, number: int | None
) -> Reply:
    message: Message = conversations.seen(session, [said])[0]
    return Reply(token, message, feedback_token, number)
