"""Choose every setting on the validation part, then fit again on all tickets before the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import choosing, confidence, split
from .choosing import Found
from .confidence import Confidence
from .decision import FIELDS, INTENT, Decider, Settings
from .ordering import reordered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..data.tickets import Ticket
    from ..params import Params
    from ..retrieval.index import TicketIndex
    from .choosing import Linear, Trial
    from .split import Parts

    # The features of each question's first ticket (None without one), and whether that ticket was right.
    Judged = tuple[list[NDArray[np.float64] | None], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was chosen, and what was fitted with it."""

    decider: Decider  # of all tickets before the test: what is served
    chosen: Decider  # the same of the training part alone, which has not seen the validation questions
    regularisation: dict[str, float]  # C by field
    trials: list[Trial]
    base_rate: float  # share of the validation questions whose first ticket was right


def fit(parts: Parts, params: Params) -> Fitted:
    """Choose what answers `parts.validation` best from `parts.train`; fit on `parts.past`. No test is seen.

    The temperatures, the confidence and the threshold stay those of the validation: the models that are
    fitted again have seen its questions, and would be too sure of them.
    """
    fields = [field for field in FIELDS if parts.named or field != INTENT]
    found = {field: choosing.linear(parts.train, parts.validation, field, params) for field in fields}
    linear = {field: one for field, one in found.items() if one is not None}
    settings, sureness, right, trials = _searching(parts, linear.get(INTENT), params)
    final = {
        field: choosing.fitted(parts.past, field, one.regularisation, params).at(one.model.temperature)
        for field, one in linear.items()
    }
    return Fitted(
        Decider(settings, final, sureness),
        Decider(settings, {field: one.model for field, one in linear.items()}, sureness),
        {field: one.regularisation for field, one in linear.items()},
        [*(trial for one in linear.values() for trial in one.trials), *trials],
        float(right.mean()),
    )


def _searching(
    parts: Parts, intents: Linear | None, params: Params
) -> tuple[Settings, Confidence, NDArray[np.bool_], list[Trial]]:
    """Choose the mixture, the intent model's weight and the threshold; fit the confidence."""
    known = split.findable(parts.train)
    topics = {ticket.id: ticket.intent for ticket in known}
    inside = [ticket for ticket in parts.validation if ticket.intent in set(topics.values())]
    weights, index, trials = choosing.mixture(known, inside, params)
    found = [_found(ticket, index, intents, params) for ticket in parts.validation]
    weight = 0.0
    if intents:
        weight, more = choosing.intent_weight(found, topics.__getitem__, params)
        trials += more
    sureness, sure, right = _sureness(found, topics.__getitem__, weight)
    threshold = confidence.threshold(sure, right, params.threshold)
    settings = Settings(
        params.retrieval, weights, weight, threshold, params.threshold.clarify_share * threshold
    )
    return settings, sureness, right, trials


def _found(ticket: Ticket, index: TicketIndex, intents: Linear | None, params: Params) -> Found:
    pool = tuple(index.search(ticket.question, params.retrieval.pool))
    spread = intents.model.spread(ticket.question) if intents else None
    return Found(ticket, pool, index.known_share(ticket.question), spread)


def _sureness(
    found: Sequence[Found], intent_of: Callable[[str], str], intent_weight: float
) -> tuple[Confidence, NDArray[np.float64], NDArray[np.bool_]]:
    """Fit the confidence; returns it with that of each question, and whether its first ticket was right."""
    searched = _judged(found, intent_of, 0.0, with_intents=False)
    ordered = _judged(found, intent_of, intent_weight, with_intents=True)
    sureness = Confidence.fit(_table(searched, confidence.BY_SEARCH), _table(ordered, confidence.BY_BOTH))
    rows, right = ordered
    return sureness, np.array([0.0 if row is None else sureness.of(row) for row in rows]), right


def _judged(
    found: Sequence[Found], intent_of: Callable[[str], str], weight: float, *, with_intents: bool
) -> Judged:
    rows: list[NDArray[np.float64] | None] = []
    right = []
    for one in found:
        intents = one.intents if with_intents else None
        order = reordered(one.pool, intent_of, intents, weight)
        right.append(bool(order) and intent_of(order[0].ticket) == one.ticket.intent)
        is_judged = bool(order) and confidence.says_something(one.ticket.question)
        rows.append(
            confidence.features(order[0].ticket, one.pool, one.known, intent_of, intents)
            if is_judged
            else None
        )
    return rows, np.array(right, dtype=np.bool_)


def _table(judged: Judged, width: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the rows of one width, shape (rows, width), and whether they are right."""
    rows = [(row, right) for row, right in zip(*judged, strict=True) if row is not None and len(row) == width]
    table = np.array([row for row, _ in rows], dtype=np.float64).reshape(-1, width)
    return table, np.array([right for _, right in rows], dtype=np.bool_)
