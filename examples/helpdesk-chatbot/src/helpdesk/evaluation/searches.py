"""The test questions put to each way of searching: where is the first ticket about the same thing?

The baseline is not our own code: BM25 as the library bm25s has it, on the same words of the same tickets.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bm25s
import numpy as np

from ..retrieval.index import TicketIndex
from ..retrieval.text import words
from .measures import first_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..data.tickets import Ticket
    from ..params import Retrieval

    Places = NDArray[np.int64]
    Search = Callable[[str], Sequence[str]]  # a question to the ids of tickets, best first

# In the order of the tables. The mixture is the hybrid without the intent model's part in the order.
HYBRID, MIXTURE, BM25, TFIDF, MAJORITY = MODELS = ("hybrid", "mixture", "bm25", "tfidf", "majority")


@dataclass(frozen=True, slots=True)
class Past:
    """The tickets that can be found: id to question, and id to what it is about."""

    questions: Mapping[str, str]
    topics: Mapping[str, str]

    @classmethod
    def of(cls, tickets: Iterable[Ticket]) -> Past:
        """Take the questions and intents of tickets."""
        known = list(tickets)
        return cls({one.id: one.question for one in known}, {one.id: one.intent for one in known})

    def without_others(self, ids: Sequence[str]) -> Past:
        """Return only the tickets of `ids`."""
        return Past({one: self.questions[one] for one in ids}, {one: self.topics[one] for one in ids})


def places(search: Search, asked: Sequence[tuple[str, str]], past: Past, first: int) -> Places:
    """Return, for each question, the place of the first ticket about its topic; 0 beyond the first `first`.

    Args:
        search: the ids of tickets, best first.
        asked: questions with their topics.
        past: what the ids stand for.
        first: tickets that are looked at.
    """
    relevant = np.zeros((len(asked), first), dtype=np.bool_)
    for row, (question, topic) in enumerate(asked):
        for place, ticket in enumerate(search(question)[:first]):
            relevant[row, place] = past.topics[ticket] == topic
    return first_places(relevant)


def library_bm25(past: Past, settings: Retrieval) -> Search:
    """Return the search of the library bm25s over `past`; tickets that share no word are not found."""
    ids = list(past.questions)
    retriever = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene")
    retriever.index([words(text) or [""] for text in past.questions.values()], show_progress=False)

    def search(question: str) -> list[str]:
        if not (tokens := words(question)):
            return []
        scores = retriever.get_scores(tokens)
        return [ids[place] for place in best(scores, settings.first)]

    return search


def ngrams(past: Past, settings: Retrieval) -> Search:
    """Return the search by runs of characters alone."""
    index = TicketIndex.build(settings, {TFIDF: 1.0}, past.questions.items())
    return lambda question: [hit.ticket for hit in index.search(question, settings.first)]


def majority(asked: Sequence[tuple[str, str]], past: Past, first: int) -> Places:
    """Return the places in a list that is the same for everybody: the most common topics, one ticket each."""
    common = sorted(Counter(past.topics.values()).items(), key=lambda pair: (-pair[1], pair[0]))[:first]
    place_of = {topic: place for place, (topic, _) in enumerate(common, 1)}
    return np.array([place_of.get(topic, 0) for _, topic in asked], dtype=np.int64)


def best(scores: NDArray[np.float32], first: int) -> NDArray[np.int64]:
    """Return the places of the highest scores above 0, highest first; of equal ones the earlier.

    >>> best(np.array([0.0, 0.5, 0.9, 0.5], dtype=np.float32), 2).tolist()
    [2, 1]
    """
    some = np.flatnonzero(scores > 0)
    if len(some) > first:
        limit = np.partition(scores[some], -first)[-first]
        some = some[scores[some] >= limit]
    return np.asarray(some[np.argsort(-scores[some], kind="stable")][:first])
