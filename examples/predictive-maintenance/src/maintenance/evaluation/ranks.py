"""Average precision and ROC area of whole-number ranks: the figures of `ranking`, without sorting again.

A bootstrap measures thousands of draws of the same rows. Their scores are ranked once here; each draw is then
counted by rank, which takes a third of the time of sorting it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..portfolio import ranking

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def dense(score: NDArray[Any]) -> NDArray[np.int64]:
    """Return the rank of every score, 0 for the highest; equal scores share a rank and none is left out.

    >>> dense(np.array([0.2, 0.9, 0.2, 0.5])).tolist()
    [2, 0, 2, 1]
    """
    return np.asarray(np.unique(-score, return_inverse=True)[1], dtype=np.int64)


def average_precision(truth: NDArray[Any], rank: NDArray[np.int64]) -> float:
    """Return `ranking.average_precision` of the scores that `rank` was made from."""
    found, reached = _cumulated(truth, rank)
    return float((np.diff(found, prepend=0.0) * found / reached).sum() / found[-1])


def roc_auc(truth: NDArray[Any], rank: NDArray[np.int64]) -> float:
    """Return `ranking.roc_auc` of the scores that `rank` was made from."""
    found, reached = _cumulated(truth, rank)
    wrong = reached - found
    middle = found - np.diff(found, prepend=0.0) / 2  # of each step, for the ties
    return float((np.diff(wrong, prepend=0.0) * middle).sum() / (found[-1] * wrong[-1]))


def _cumulated(
    truth: NDArray[Any], rank: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each rank that a row has, the positives and the rows up to it."""
    rows = np.bincount(rank)
    taken = rows > 0
    found = np.cumsum(np.bincount(rank, weights=truth), dtype=np.float64)[taken]
    return found, np.cumsum(rows, dtype=np.float64)[taken]


# The same figure on scores and on ranks.
BY_RANK: dict[Callable[..., float], Callable[..., float]] = {
    ranking.average_precision: average_precision,
    ranking.roc_auc: roc_auc,
}
