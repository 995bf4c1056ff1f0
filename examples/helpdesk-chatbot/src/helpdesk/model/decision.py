"""What to do with a question: find tickets, say how sure that is, guess whose matter it is.

The same code decides in training, in the evaluation and in the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..retrieval.index import TicketIndex
from . import confidence
from .ordering import reordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..params import Retrieval
    from ..retrieval.index import Hit
    from .confidence import Confidence
    from .linear import LinearText, Spread

INTENT, QUEUE, PRIORITY = "intent", "queue", "priority"
FIELDS = (INTENT, QUEUE, PRIORITY)


@dataclass(frozen=True, slots=True)
class Guess:
    """What is probably the case."""

    label: str
    probability: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What the model makes of a question."""

    hits: tuple[Hit, ...]  # best first; none where nothing is shared with any ticket
    similarity: float  # 0 to 1: the search's own score of the first ticket; 0 without one
    confidence: float  # probability that the first ticket is right; 0 without one
    answer: bool  # whether that is enough to answer
    clarify: bool  # whether it is not, but enough to ask back
    intent: Guess | None  # None where no model for it could be fitted
    queue: Guess | None
    priority: Guess | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What was chosen on validation data, and what the index is made with."""

    retrieval: Retrieval
    weights: Mapping[str, float]  # of the retrievers
    intent_weight: float  # of the intent model in the order of the tickets
    threshold: float  # confidence from which on it answers
    clarify_from: float  # ... and from which on it asks back


class Decider:
    """The fitted models together; knows no tickets."""

    def __init__(self, settings: Settings, guessers: Mapping[str, LinearText], sureness: Confidence) -> None:
        """Use fitted models: `guessers` by field, of those that could be fitted."""
        self.settings, self.guessers, self.sureness = settings, guessers, sureness

    def index_of(self, entries: Iterable[tuple[str, str]]) -> TicketIndex:
        """Return an index of tickets, each given as its id and question."""
        return TicketIndex.build(self.settings.retrieval, self.settings.weights, entries)

    def decide(self, question: str, index: TicketIndex, intent_of: Callable[[str], str]) -> Decision:
        """Decide about a question.

        Args:
            question: redacted.
            index: of the tickets that may answer; may be empty.
            intent_of: what a ticket of the index is about, "" where nobody has said so.
        """
        settings = self.settings
        found = {field: model.spread(question) for field, model in self.guessers.items()}
        intents = found.get(INTENT)
        pool = index.search(question, settings.retrieval.pool)
        hits = reordered(pool, intent_of, intents, settings.intent_weight)[: settings.retrieval.first]
        sure = similarity = 0.0
        if hits:
            similarity = next(hit.score for hit in pool if hit.ticket == hits[0].ticket)
        if hits and confidence.says_something(question):
            known = index.known_share(question)
            sure = self.sureness.of(confidence.features(hits[0].ticket, pool, known, intent_of, intents))
        answer = sure >= settings.threshold
        return Decision(
            tuple(hits),
            similarity,
            sure,
            answer,
            not answer and sure >= settings.clarify_from > 0,
            *(_likeliest(found.get(field)) for field in FIELDS),
        )


def _likeliest(found: Spread | None) -> Guess | None:
    if found is None:
        return None
    return Guess(*max(found.probabilities.items(), key=lambda pair: pair[1]))
