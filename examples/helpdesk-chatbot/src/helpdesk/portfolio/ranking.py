"""Two quick figures of a score that should put positives first.

The same numbers as scikit-learn's, without its checks of every call: a bootstrap calls them thousands of
times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def average_precision(truth: NDArray[Any], score: NDArray[Any]) -> float:
    """Precision averaged over the positives, each counted where the ranking reaches it.

    Args:
        truth: shape (n,); 1 or True for a positive, 0 or False otherwise.
        score: shape (n,); higher means more likely positive. Rows with equal scores are reached together.

    Returns:
        0..1; the share of positives for a score that says nothing; nan when there is no positive.

    >>> average_precision(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1]))  # (1/1 + 2/3) / 2
    0.8333333333333333

    Source: Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, section 8.4.
    """
    found, reached = _cumulated(truth, score)
    if not found[-1]:
        return float("nan")
    new = np.diff(found, prepend=0)
    return float((new * found / reached).sum() / found[-1])


def roc_auc(truth: NDArray[Any], score: NDArray[Any]) -> float:
    """Chance that a random positive scores above a random negative; a tie counts half.

    Args:
        truth: shape (n,); 1 or True for a positive, 0 or False otherwise.
        score: shape (n,); higher means more likely positive.

    Returns:
        0..1; 0.5 for a score that says nothing; nan unless there are positives and negatives.

    >>> roc_auc(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1]))  # 3 of 4 pairs are in order
    0.75

    Source: Hanley and McNeil (1982), Radiology 143(1), 29-36.
    """
    found, reached = _cumulated(truth, score)
    wrong = reached - found
    pairs = float(found[-1] * wrong[-1])
    if not pairs:
        return float("nan")
    heights = found - np.diff(found, prepend=0) / 2  # the middle of each step, for the ties
    return float((np.diff(wrong, prepend=0) * heights).sum() / pairs)


def _cumulated(truth: NDArray[Any], score: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each distinct score from the highest down, the positives and the rows at or above it."""
    order = np.argsort(-np.asarray(score, dtype=np.float64), kind="stable")
    ranked = np.asarray(score)[order]
    last_of_ties = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    found = np.cumsum(np.asarray(truth, dtype=np.float64)[order])[last_of_ties]
    return found, last_of_ties + 1.0
