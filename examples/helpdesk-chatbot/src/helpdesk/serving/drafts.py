"""What the assistant would reply, before anything of it is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import answers, followups, past_tickets
from .transactions import reading
from .views import Guess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from ..model.decision import Guess as ModelGuess
    from ..params import Params
    from .conversations import Talk
    from .generation import Generator
    from .learning import Learning
    from .predictor import Decision, Predictor
    from .tables import TicketRow
    from .views import Kind, Sentence

_TOPICS = 3
_GIVEN = 3  # tickets that a language model gets


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply before it is kept."""

    kind: Kind
    text: str
    sentences: tuple[Sentence, ...] = ()
    confidence: float | None = None  # of an answer
    generated: bool = False
    topics: tuple[str, ...] = ()
    queue: Guess | None = None
    priority: Guess | None = None
    follows: bool = False  # whether the question was understood together with the one before


class Drafting:
    """Finds what to reply; changes nothing."""

    def __init__(
        self,
        engine: Engine,
        params: Params,
        predictor: Predictor,
        learning: Learning,
        generator: Generator | None,
    ) -> None:
        self._engine, self._params = engine, params
        self._predictor, self._learning, self._generator = predictor, learning, generator

    def draft(self, question: str, talk: Talk | None) -> Draft:
        """Return what to reply to a question.

        A question may lean on the one before it: "and on Android?". Where it begins like that, or cannot be
        answered alone, it is read together with that one, too, and the reading of which the model is surer
        is taken.
        """
        decision, asked, follows = self.decide(question), question, False
        rows = self._tickets(decision)
        memory = talk.memory if talk is not None else ()
        if memory and (followups.opens(question) or (not decision.answer and followups.leans(question))):
            longer = followups.together(memory, question)
            other = self.decide(longer)
            found = self._tickets(other)
            follows = other.confidence > decision.confidence and bool(found) and _is_met(question, found[0])
            if follows:
                decision, rows, asked = other, found, longer
        if decision.answer and rows and rows[0].id == decision.hits[0].ticket:
            drafted = self._answer(asked, rows, decision)
        else:
            drafted = self._no_answer(rows, decision)
        return replace(
            drafted, queue=_guess(decision.queue), priority=_guess(decision.priority), follows=follows
        )

    def decide(self, question: str) -> Decision:
        """Return what the model makes of a question, with all that was learned up to now."""
        return self._predictor.decide(question, self._learning.index(), self._learning.intent_of)

    def guesses(self, question: str) -> tuple[Guess | None, Guess | None]:
        """Return whose matter a question probably is, and how urgent."""
        decision = self.decide(question)
        return _guess(decision.queue), _guess(decision.priority)

    def _tickets(self, decision: Decision) -> list[TicketRow]:
        """Return the tickets found, best first, without those that were retracted just now."""
        with reading(self._engine) as session:
            rows = past_tickets.several(session, [hit.ticket for hit in decision.hits])
        found = [rows[hit.ticket] for hit in decision.hits if hit.ticket in rows]
        return [row for row in found if past_tickets.answers(row)]

    def _answer(self, question: str, rows: Sequence[TicketRow], decision: Decision) -> Draft:
        said: tuple[Sentence, ...] = ()
        if self._generator is not None:
            said = self._generator.answer(question, {row.id: row.resolution for row in rows[:_GIVEN]})
        quoted = said or answers.extract(rows[0].resolution, rows[0].id, self._params.service.sentences)
        text = " ".join(one.text for one in quoted)
        return Draft("answer", text, quoted, decision.confidence, generated=bool(said))

    def _no_answer(self, rows: Sequence[TicketRow], decision: Decision) -> Draft:
        topics = self._topics(rows) if decision.clarify else ()
        return (
            Draft("clarify", answers.CLARIFY, topics=topics) if topics else Draft("unknown", answers.UNKNOWN)
        )

    def _topics(self, rows: Sequence[TicketRow]) -> tuple[str, ...]:
        """Return what the question could be about: of each intent the best ticket's subject."""
        found: dict[str, str] = {}
        for row in rows:
            found.setdefault(row.intent or row.id, answers.topic(row.subject, row.body))
        return tuple({topic.casefold(): topic for topic in reversed(found.values())}.values())[::-1][:_TOPICS]


def _is_met(question: str, row: TicketRow) -> bool:
    return followups.is_met(question, f"{past_tickets.question(row)}\n{row.resolution}")


def _guess(found: ModelGuess | None) -> Guess | None:
    """Return a guess of the model as the desk shows it."""
    return None if found is None else Guess(found.label, float(found.probability))
