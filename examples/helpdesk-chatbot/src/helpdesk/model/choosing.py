"""Try settings on validation questions and keep the best; every trial becomes a row of the report."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.tickets import OUT_OF_SCOPE
from ..retrieval.index import TicketIndex
from .linear import LinearText
from .ordering import reordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..data.tickets import Ticket
    from ..params import Params
    from ..retrieval.index import Hit
    from .linear import Spread

    Weights = Mapping[str, float]

BM25, TFIDF, SEMANTIC = "bm25", "tfidf", "semantic"
ACCURACY, MRR = "accuracy", "MRR"


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting, and how good it was on validation questions."""

    what: str
    setting: str
    measure: str
    value: float
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A validation question, and what the search has found for it among the tickets of the training part."""

    ticket: Ticket
    pool: tuple[Hit, ...]
    known: float  # share of the question in words that some ticket has
    intents: Spread | None  # what the intent model thinks of it; None without one


@dataclass(frozen=True, slots=True)
class Linear:
    """The model of a field, fitted on the training part with the best C."""

    model: LinearText
    regularisation: float  # C
    trials: tuple[Trial, ...]


def linear(
    train: Sequence[Ticket], validation: Sequence[Ticket], field: str, params: Params
) -> Linear | None:
    """Choose C of the model that guesses a field, by accuracy; of equally good ones the smallest.

    Returns:
        None where there are not two labels to tell apart.
    """
    known = [ticket for ticket in train if getattr(ticket, field)]
    labels = {getattr(ticket, field) for ticket in known}
    asked = [ticket for ticket in validation if getattr(ticket, field) in labels]
    if len(labels) < 2 or not asked:
        return None
    texts, truth = [ticket.question for ticket in asked], [getattr(ticket, field) for ticket in asked]
    found: list[tuple[Trial, LinearText, float]] = []
    for regularisation in params.model.regularisation:
        began = time.perf_counter()
        model = fitted(known, field, regularisation, params)
        right = [one == other for one, other in zip(model.guesses(texts), truth, strict=True)]
        trial = Trial(f"{field} model", f"C {regularisation:g}", ACCURACY, float(np.mean(right)))
        say(trial, time.perf_counter() - began)
        found.append((trial, model, regularisation))
    best, model, regularisation = max(found, key=lambda one: one[0].value)
    trials = _marked([trial for trial, *_ in found], best)
    return Linear(model.with_temperature(texts, truth), regularisation, tuple(trials))


def fitted(tickets: Iterable[Ticket], field: str, regularisation: float, params: Params) -> LinearText:
    """Fit the model of a field on the tickets that have it."""
    known = [ticket for ticket in tickets if getattr(ticket, field)]
    return LinearText.fit(
        [ticket.question for ticket in known],
        [getattr(ticket, field) for ticket in known],
        sizes=params.retrieval.grams,
        largest=params.model.largest_vocabulary,
        regularisation=regularisation,
        seed=params.seed,
    )


def mixture(
    past: Sequence[Ticket], asked: Sequence[Ticket], params: Params
) -> tuple[dict[str, float], TicketIndex, list[Trial]]:
    """Choose the weights of the retrievers by MRR: BM25 against n-grams, then the semantic one against both.

    Args:
        past: the tickets that can be found.
        asked: questions in scope.
        params: of the project.

    Returns:
        The weights, the index that was searched, now with these weights, and the trials.
    """
    retrievers = (BM25, TFIDF, *((SEMANTIC,) if params.retrieval.semantic else ()))
    everything = TicketIndex.build(
        params.retrieval, dict.fromkeys(retrievers, 1.0), ((ticket.id, ticket.question) for ticket in past)
    )
    topics = {ticket.id: ticket.intent for ticket in past}
    tries = [{BM25: weight, TFIDF: 1 - weight} for weight in params.retrieval.weights]
    best, trials = _best_mixture(everything, asked, topics, tries, params.retrieval.first)
    if params.retrieval.semantic:
        shares = [weight for weight in params.retrieval.weights if weight < 1]
        tries = [
            {name: (1 - share) * weight for name, weight in best.items()} | {SEMANTIC: share}
            for share in shares
        ]
        best, more = _best_mixture(everything, asked, topics, tries, params.retrieval.first)
        trials += more
    everything.weights = dict(best)
    return {name: weight for name, weight in best.items() if weight > 0}, everything, trials


def intent_weight(
    found: Sequence[Found], intent_of: Callable[[str], str], params: Params
) -> tuple[float, list[Trial]]:
    """Choose the weight of the intent model in the order of tickets, by MRR; of equal ones the smallest."""
    inside = [one for one in found if one.ticket.intent != OUT_OF_SCOPE]
    trials = []
    for weight in params.model.intent_weights:
        orders = [
            reordered(one.pool, intent_of, one.intents, weight)[: params.retrieval.first] for one in inside
        ]
        value = _mrr(
            [[intent_of(hit.ticket) for hit in order] for order in orders],
            [one.ticket.intent for one in inside],
        )
        trials.append(Trial("order of the tickets", f"intent model {weight:.0%}", MRR, value))
        say(trials[-1])
    best = max(trials, key=lambda trial: trial.value)
    return params.model.intent_weights[trials.index(best)], _marked(trials, best)


def say(trial: Trial, seconds: float | None = None) -> None:
    """Tell whoever waits what was tried."""
    took = "" if seconds is None else f", {seconds:.1f} s"
    sys.stderr.write(
        f"{trial.what:<20} {trial.setting:<34} {trial.measure} {trial.value:.4f} on validation{took}\n"
    )
    sys.stderr.flush()


def _best_mixture(
    index: TicketIndex,
    asked: Sequence[Ticket],
    topics: Mapping[str, str],
    tries: Sequence[dict[str, float]],
    first: int,
) -> tuple[dict[str, float], list[Trial]]:
    began = time.perf_counter()
    found: list[list[list[str]]] = [[] for _ in tries]
    for ticket in asked:
        for orders, hits in zip(found, index.search_with(ticket.question, first, tries), strict=True):
            orders.append([topics[hit.ticket] for hit in hits])
    truth = [ticket.intent for ticket in asked]
    trials = [
        Trial("search", _shown(weights), MRR, _mrr(orders, truth))
        for weights, orders in zip(tries, found, strict=True)
    ]
    for trial in trials:
        say(trial, (time.perf_counter() - began) / len(trials))
    best = max(trials, key=lambda trial: trial.value)
    return dict(tries[trials.index(best)]), _marked(trials, best)


def _mrr(orders: Sequence[Sequence[str]], truth: Sequence[str]) -> float:
    """Return the mean of 1 / place of the first ticket of the right topic; 0 where there is none."""
    places = [
        1 / (order.index(topic) + 1) if topic in order else 0.0
        for order, topic in zip(orders, truth, strict=True)
    ]
    return float(np.mean(places))


def _marked(trials: Sequence[Trial], best: Trial) -> list[Trial]:
    return [Trial(one.what, one.setting, one.measure, one.value, chosen=one is best) for one in trials]


def _shown(weights: Weights) -> str:
    return ", ".join(f"{name} {weight:.0%}" for name, weight in weights.items())
