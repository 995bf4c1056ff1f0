"""Ask every question of the test part, and keep what came back beside what would have been right.

The test part is touched here and nowhere else. A question is in scope where some past ticket is about the
same thing; what nobody has asked before cannot be answered, whatever it is called.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..model import split
from ..model.decision import FIELDS, INTENT, Decider
from ..model.linear import LinearText
from ..serving.answers import extract
from . import curves, measures, searches
from .decisions import Decisions
from .growth import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..data.tickets import Ticket
    from ..model.split import Parts
    from ..params import Params
    from ..retrieval.index import TicketIndex
    from ..serving.predictor import Decision, Predictor
    from .curves import Point
    from .searches import Places

_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class Guessed:
    """Labels of one field as numbers, of the questions in scope that have one; shape (n,)."""

    truth: NDArray[np.int64]
    guess: NDArray[np.int64]
    common: NDArray[np.int64]  # the most common label of the past, over and over


@dataclass(frozen=True, slots=True)
class Examination:
    """What was asked, and what came back; in the order of `asked`, or of `in_scope`."""

    asked: tuple[Ticket, ...]
    found: tuple[Decision, ...]
    decisions: Decisions
    in_scope: tuple[Ticket, ...]
    places: Mapping[str, Places]  # by search, in the order of the tables, of the questions in scope
    guessed: Mapping[str, Guessed]  # by field
    points: tuple[Point, ...]  # the learning curve


def examine(predictor: Predictor, parts: Parts, params: Params) -> Examination:
    """Put the questions of the test part to the stored model and to each other search."""
    findable = split.findable(parts.past)
    past = searches.Past.of(findable)
    possible = set(past.topics.values())
    scope = np.array([ticket.intent in possible for ticket in parts.test])
    say(f"{len(scope):,} test questions, {scope.sum():,} of them in scope")
    index = predictor.index_of(past.questions.items())
    found = tuple(predictor.decide(ticket.question, index, past.topics.__getitem__) for ticket in parts.test)
    in_scope, inside = _only(parts.test, scope), _only(found, scope)
    pairs = [(ticket.question, ticket.intent) for ticket in in_scope]
    say("the other searches")
    has_intents = predictor.settings.intent_weight > 0
    places = _places(pairs, past, params, index=index, found=inside, has_intents=has_intents)
    say("the learning curve")
    whole = _whole(places, in_scope, inside, named=parts.named)
    learn = partial(_learned, predictor, params, named=parts.named)
    return Examination(
        asked=parts.test,
        found=found,
        decisions=_decisions(parts.test, found, scope, past=findable, most=params.service.sentences),
        in_scope=in_scope,
        places=places,
        guessed=_guessed(parts.past, in_scope, inside),
        points=tuple(curves.curve(past, pairs, params, learn=learn, whole=whole)),
    )


def _places(
    pairs: Sequence[tuple[str, str]],
    past: searches.Past,
    params: Params,
    *,
    index: TicketIndex,
    found: Sequence[Decision],
    has_intents: bool,
) -> dict[str, Places]:
    first = params.retrieval.first
    ranked = iter(found)
    ways: dict[str, searches.Search] = {
        searches.HYBRID: lambda _: [hit.ticket for hit in next(ranked).hits],
        searches.MIXTURE: lambda question: [hit.ticket for hit in index.search(question, first)],
        searches.BM25: searches.library_bm25(past, params.retrieval),
        searches.TFIDF: searches.ngrams(past, params.retrieval),
    }
    if not has_intents:
        del ways[searches.MIXTURE]  # it is the hybrid
    told = {name: searches.places(search, pairs, past, first) for name, search in ways.items()}
    return told | {searches.MAJORITY: searches.majority(pairs, past, first)}


def _learned(predictor: Predictor, params: Params, past: searches.Past, *, named: bool) -> curves.Learned:
    """Return the model as it would be with these tickets alone, and the settings of the stored one."""
    guessers: dict[str, LinearText] = {}
    if named and len(set(past.topics.values())) > 1:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The number of unique classes")  # one ticket of each topic
            guessers[INTENT] = LinearText.fit(
                list(past.questions.values()),
                list(past.topics.values()),
                sizes=params.retrieval.grams,
                largest=params.model.largest_vocabulary,
                regularisation=float(predictor.stored.metadata["regularisation"][INTENT]),
                seed=params.seed,
            ).at(predictor.guessers[INTENT].temperature)
    decider = Decider(predictor.settings, guessers, predictor.sureness)
    index = decider.index_of(past.questions.items())

    def search(question: str) -> list[str]:
        return [hit.ticket for hit in decider.decide(question, index, past.topics.__getitem__).hits[:1]]

    return curves.Learned(search, guessers[INTENT].guesses if guessers else None)


def _whole(
    places: Mapping[str, Places], asked: Sequence[Ticket], found: Sequence[Decision], *, named: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return which questions the stored model finds the right ticket for, and whose topic it guesses."""
    hit = measures.hits(places[searches.HYBRID], 1)
    if not named:
        return hit, None
    pairs = zip(asked, found, strict=True)
    guessed = [one.intent is not None and one.intent.label == ticket.intent for ticket, one in pairs]
    return hit, np.array(guessed, dtype=np.float64)


def _only(rows: Sequence[_One], of: NDArray[np.bool_]) -> tuple[_One, ...]:
    return tuple(row for row, wanted in zip(rows, of, strict=True) if wanted)


def _decisions(
    asked: Sequence[Ticket],
    found: Sequence[Decision],
    scope: NDArray[np.bool_],
    *,
    past: Sequence[Ticket],
    most: int,
) -> Decisions:
    tickets = {ticket.id: ticket for ticket in past}
    first = [decision.hits[0] if decision.hits else None for decision in found]
    right = [
        inside and hit is not None and tickets[hit.ticket].intent == ticket.intent
        for ticket, hit, inside in zip(asked, first, scope, strict=True)
    ]
    shown, verbatim = [], []
    for decision, hit in zip(found, first, strict=True):
        said = extract(tickets[hit.ticket].resolution, hit.ticket, most) if decision.answer and hit else ()
        shown.append(len(said))
        verbatim.append(sum(one.text in tickets[one.ticket].resolution for one in said))
    return Decisions(
        in_scope=scope,
        right=np.array(right, dtype=np.bool_),
        confidence=np.array([decision.confidence for decision in found], dtype=np.float64),
        similarity=np.array([decision.similarity for decision in found], dtype=np.float64),
        answered=np.array([decision.answer for decision in found], dtype=np.bool_),
        asked_back=np.array([decision.clarify for decision in found], dtype=np.bool_),
        shown=np.array(shown, dtype=np.int64),
        verbatim=np.array(verbatim, dtype=np.int64),
    )


def _guessed(
    past: Sequence[Ticket], asked: Sequence[Ticket], found: Sequence[Decision]
) -> dict[str, Guessed]:
    told = {}
    for field in FIELDS:
        pairs = [
            (getattr(ticket, field), getattr(decision, field).label)
            for ticket, decision in zip(asked, found, strict=True)
            if getattr(ticket, field) and getattr(decision, field) is not None
        ]
        if pairs:
            common = Counter(label for ticket in past if (label := getattr(ticket, field))).most_common(1)[0][
                0
            ]
            told[field] = _numbered(pairs, common)
    return told


def _numbered(pairs: Sequence[tuple[str, str]], common: str) -> Guessed:
    labels = sorted({label for pair in pairs for label in pair} | {common})
    number = {label: place for place, label in enumerate(labels)}
    truth, guess = (np.array([number[pair[side]] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return Guessed(truth, guess, np.full(len(pairs), number[common], dtype=np.int64))
