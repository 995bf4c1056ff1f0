"""Rank all items for each user of a split, and say how good the lists are, user by user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..portfolio.errors import EvidenceError
from .top import top_k, without_seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .base import Recommender
    from .split import Parts


@dataclass(frozen=True, slots=True)
class Judged:
    """Figures of each judged user, shape (users,), and the lists, shape (users, k)."""

    users: NDArray[np.int64]  # places of the users
    lists: NDArray[np.int32]
    ndcg: NDArray[np.float64]
    recall: NDArray[np.float64]
    map: NDArray[np.float64]


def judged(model: Recommender, parts: Parts, k: int, chunk: int) -> Judged:
    """Judge `model`, fitted on `parts.train`, on every user who is in both parts.

    What a user has had is not in the list; everything else in the catalogue may be. `chunk` users have their
    scores in memory at once.

    Raises:
        EvidenceError: something other than what was seen was kept from the ranking.
    """
    users = parts.judged
    train, test = parts.train.matrix(), parts.test.matrix()
    lists = [
        ranked(model, train[users[first : first + chunk], :], k) for first in range(0, len(users), chunk)
    ]
    found = np.concatenate(lists)
    return Judged(users, found, *measures(found, test[users, :], k))


def ranked(model: Recommender, histories: Any, k: int) -> NDArray[np.int32]:
    """Return the lists of some histories, all unseen items being candidates; shape (n, k)."""
    scores = without_seen(model.scores(histories), histories)
    candidates = np.isfinite(scores).sum(axis=1, dtype=np.int32)
    if (candidates != scores.shape[1] - np.diff(histories.indptr)).any():
        raise EvidenceError(
            "the candidates are not all unseen items; a ranking of a sample is not comparable with anything"
        )
    return top_k(scores, k)


def measures(
    lists: NDArray[np.int32], relevant: Any, k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return NDCG, recall and average precision of each list, each of shape (users,) and from 0 to 1.

    Args:
        lists: places of items, best first, -1 for none; shape (users, k).
        relevant: sparse, shape (users, items); every entry is relevant, whatever its value.
        k: length of a list. The ideal list has min(k, relevant) hits.

    NDCG has gain 1 for a hit and discount 1 / log2(1 + rank). Recall is over all relevant items. Average
    precision is divided by min(k, relevant).

    Sources: Järvelin and Kekäläinen (2002), ACM TOIS 20(4), sections 2.2 and 2.3 (NDCG, with the logarithm of
    rank + 1 that is usual today); Manning, Raghavan and Schütze (2008), section 8.4 (average precision).
    """
    hits = _hits(lists, relevant)
    wanted = np.diff(relevant.indptr)
    depth = hits.shape[1]
    discount = 1 / np.log2(np.arange(2, depth + 2))
    ideal = np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))))
    best = np.minimum(wanted, k)
    ndcg = (hits * discount).sum(axis=1) / ideal[best]
    recall = hits.sum(axis=1) / wanted
    precision = np.cumsum(hits, axis=1) / np.arange(1, depth + 1)
    return ndcg, recall, (precision * hits).sum(axis=1) / best


def _hits(lists: NDArray[np.int32], relevant: Any) -> NDArray[np.float64]:
    """Return 1 where the list's item is relevant for its user; shape as `lists`."""
    items = relevant.shape[1]
    rows = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr))
    keys = rows.astype(np.int64) * items + relevant.indices
    asked = np.arange(len(lists))[:, None].astype(np.int64) * items + lists
    return (np.isin(asked, keys) & (lists >= 0)).astype(np.float64)
