"""How far to trust the probabilities, and where to abstain: both chosen on validation data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .fitting import softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..params import Cost
    from .fitting import Labels, Scores


def temperature(logits: NDArray[np.float64], labels: Labels) -> float:
    """Return the divisor of the logits with the lowest loss on these rows; above 1: the model is too sure.

    Args:
        logits: shape (n, 2). labels: shape (n,).

    Source: Guo et al. (2017), On Calibration of Modern Neural Networks, section 4.2.
    """
    grid = np.geomspace(0.25, 8.0, 121)

    def loss(divisor: float) -> float:
        score = np.clip(softmax(logits, divisor), 1e-12, 1 - 1e-12)
        return float(-np.mean(np.where(labels == 1, np.log(score), np.log(1 - score))))

    return float(min(grid, key=loss))


def confidence(score: Scores) -> Scores:
    """Return the probability of the likelier label, 0.5 to 1."""
    return np.maximum(score, 1 - score)


def cheapest_confidence(labels: Labels, score: Scores, cost: Cost) -> float:
    """Return the confidence from which on to answer: below it the model abstains.

    It has the lowest total cost of wrong answers and abstentions on these rows, among those that abstain from
    no more than `cost.most_abstained` of them.

    Args:
        labels: shape (n,). score: shape (n,), of rows that the model has not learned from.
        cost: of a wrong answer and of an abstention.

    Returns:
        0.5 (always answer) to 1.

    Source: Chow (1970), On optimum recognition error and reject tradeoff, section II.

    >>> from sentiment.params import Cost
    >>> cost = Cost(wrong=5, abstain=1, unit="", source="", most_abstained=0.5)
    >>> cheapest_confidence(np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.8, 0.6]), cost)
    0.7
    """
    sure = confidence(score)
    wrong = ((score >= 0.5) != (labels == 1))[np.argsort(sure, kind="stable")]
    ordered = np.sort(sure)
    # Abstaining from the k least sure: their errors no longer cost, they themselves do.
    errors_left = wrong.sum() - np.concatenate([[0], np.cumsum(wrong)])
    counts = np.arange(len(ordered) + 1)
    costs = cost.wrong * errors_left + cost.abstain * counts
    between = np.concatenate([[True], ordered[1:] != ordered[:-1], [True]])  # ties cannot be parted
    allowed = between & (counts <= cost.most_abstained * len(ordered))
    best = int(np.argmin(np.where(allowed, costs, np.inf)))
    if best == 0:
        return 0.5
    upper = ordered[best] if best < len(ordered) else 1.0
    return float((ordered[best - 1] + upper) / 2)
