"""What wrong decisions cost, and the alarm threshold that makes them cheapest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..params import Cost
    from .fitting import Labels, Scores


def total_cost(failure: Labels, score: Scores, threshold: float, cost: Cost) -> float:
    """Cost of the wrong decisions when every score at or above `threshold` raises an alarm."""
    alarm = score >= threshold
    missed, false = np.sum(~alarm & (failure == 1)), np.sum(alarm & (failure == 0))
    return float(missed * cost.missed_failure + false * cost.false_alarm)


def cheapest_threshold(failure: Labels, score: Scores, cost: Cost) -> float:
    """Return the threshold with the lowest total cost on these rows, half-way to the next lower score.

    Args:
        failure: shape (n,); 1 where the machine failed.
        score: shape (n,); predictions for rows that the model has not learned from. Never those of the test.
        cost: of a missed failure and of a false alarm.

    Returns:
        Of several equally cheap ones the highest: fewer alarms for the same money.

    Source: Elkan (2001), The Foundations of Cost-Sensitive Learning, section 2 (there for known
    probabilities).

    >>> from maintenance.params import Cost
    >>> cheapest_threshold(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.6]), Cost(10, 1, "", ""))
    0.4
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last_of_ties = np.append(ranked[1:] != ranked[:-1], True)
    missed = failure.sum() - np.cumsum(failure[order])
    false = np.cumsum(1 - failure[order])
    costs = missed * cost.missed_failure + false * cost.false_alarm
    costs = np.where(last_of_ties, costs, np.inf)
    best = int(np.argmin(costs))
    lower = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + lower) / 2)
