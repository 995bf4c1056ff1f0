"""The best k of many scores, always the same ones: ties go to the item that stands first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

CELLS = 2**18  # scores that are looked through at once: they should fit the cache
COLUMNS = 16  # times k: with more, fewer scores reach the border, but finding it takes longer


def top_k(scores: NDArray[Any], k: int) -> NDArray[np.int32]:
    """Return the places of the `k` highest scores of each row, highest first.

    Args:
        scores: shape (n, items); what may not be chosen is -inf.
        k: 1 or more; more than there are items means all.

    Returns:
        Shape (n, min(k, items)); -1 where a row has fewer that may be chosen.

    >>> top_k(np.array([[0.1, 0.7, 0.7, -np.inf]]), 3).tolist()
    [[1, 2, 0]]
    >>> top_k(np.array([[-np.inf, 2.0]]), 2).tolist()
    [[1, -1]]
    """
    k = min(k, scores.shape[1])
    best = np.full((len(scores), k), -1, dtype=np.int32)
    rows = max(1, CELLS // scores.shape[1])
    for first in range(0, len(scores), rows):
        _fill(best[first : first + rows], scores[first : first + rows])
    return best


def _fill(best: NDArray[np.int32], scores: NDArray[Any]) -> None:
    """Put the best places of each row of `scores` into `best`, shape (n, k).

    Sorting all scores, even partly, takes most of the time that a list takes. Here each row is dealt into
    columns, as cards are, and the k-th best of the columns' tops is a border that at least k scores reach.
    Few others do, and only those are sorted. It is exact, and ties with the border are all among them.
    """
    (n, items), k = scores.shape, best.shape[1]
    columns = min(items, COLUMNS * k)
    dealt = scores[:, : items // columns * columns].reshape(n, -1, columns)
    border = np.partition(dealt.max(axis=1), columns - k, axis=1)[:, columns - k]
    border = np.maximum(border, np.finfo(scores.dtype).min)  # -inf may not be chosen
    row, place = np.divmod(np.flatnonzero(scores >= border[:, None]), items)
    order = np.lexsort((-scores[row, place], row))  # stable: equal scores stay in the order of the items
    row, place = row[order], place[order]
    rank = np.arange(len(row)) - np.searchsorted(row, np.arange(n))[row]
    listed = rank < k
    best[row[listed], rank[listed]] = place[listed]


def without_seen(scores: NDArray[Any], histories: sparse.csr_array) -> NDArray[Any]:
    """Return the scores with -inf for what each history holds; `scores` itself is changed."""
    rows = np.repeat(np.arange(histories.shape[0]), np.diff(histories.indptr))
    scores[rows, histories.indices] = -np.inf
    return scores
