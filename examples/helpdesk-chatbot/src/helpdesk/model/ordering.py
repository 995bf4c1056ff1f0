"""Put the tickets that were found in order, with what the intent model thinks of the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..retrieval.index import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .linear import Spread

NAME = "intent"  # of the model's part in a ticket's score


def reordered(
    pool: Sequence[Hit], intent_of: Callable[[str], str], intents: Spread | None, weight: float
) -> list[Hit]:
    """Return the tickets found, best first: the search's score is mixed with their intent's probability.

    Nothing is held against a ticket whose intent is not known, such as one that an agent has just resolved:
    it counts as of the likeliest intent.

    Args:
        pool: what the search has found.
        intent_of: what a ticket is about; "" where nobody has said so.
        intents: what the intent model thinks of the question; None without one, then the order stays.
        weight: of the model, 0 to below 1.
    """
    if intents is None or not weight:
        return list(pool)
    likeliest = max(intents.probabilities.values())
    found = []
    for hit in pool:
        part = intents.probabilities.get(intent_of(hit.ticket), likeliest)
        found.append(Hit(hit.ticket, (1 - weight) * hit.score + weight * part, {**hit.parts, NAME: part}))
    return sorted(found, key=lambda hit: (-hit.score, hit.ticket))
