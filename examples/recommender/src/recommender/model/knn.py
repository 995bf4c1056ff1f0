"""Item-based collaborative filtering: what was had together with what you had.

The nearness of items i and j is the shrunk cosine of the sets of their users,

    s_ij = n_ij / (sqrt(n_i n_j) + shrinkage)

with n_ij users who had both. Each item keeps its nearest neighbours; a score is the sum over the history.

Sources: Sarwar et al. (2001), Item-based collaborative filtering recommendation algorithms, WWW 10, section
3.1.1 (cosine), 3.2 (weighted sum); Bell and Koren (2007), ICDM 7, section 4.1 (shrinkage).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from typing_extensions import override

from .base import Recommender, binary
from .top import top_k

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .base import Arrays, Scores

_CHUNK = 512  # items whose nearness to all others is in memory at once


class ItemKnn(Recommender):
    """Nearest neighbours among the items."""

    name = "item-knn"

    def __init__(self, neighbours: int, shrinkage: float) -> None:
        super().__init__()
        self._most, self._shrinkage = neighbours, shrinkage
        self._near = sparse.csr_array((0, 0), dtype=np.float32)

    @override
    def _fit(self, matrix: sparse.csr_array) -> None:
        had = binary(matrix)
        by_item = sparse.csr_array(had.T)
        count = np.diff(by_item.indptr).astype(np.float32)
        blocks = []
        for first in range(0, len(count), _CHUNK):
            rows = slice(first, first + _CHUNK)
            together = (by_item[rows] @ had).toarray()
            near = together / (np.sqrt(np.outer(count[rows], count)) + self._shrinkage + 1e-12)
            near[np.arange(len(near)), np.arange(first, first + len(near))] = 0.0
            blocks.append(_strongest(near, self._most))
        self._near = sparse.csr_array(sparse.vstack(blocks), dtype=np.float32)

    @override
    def scores(self, histories: sparse.csr_array) -> Scores:
        return np.asarray((binary(histories) @ self._near).toarray(), dtype=np.float32)

    @override
    def neighbours(self, item: int) -> Scores:
        return np.asarray(self._near[[item], :].toarray()[0], dtype=np.float32)

    @override
    def contributions(self, history: sparse.csr_array, item: int) -> Scores:
        return np.asarray(self._near[history.indices, :][:, [item]].toarray()[:, 0], dtype=np.float32)

    @override
    def arrays(self) -> Arrays:
        near = self._near
        return {"weights": near.data, "columns": near.indices, "starts": near.indptr}

    @classmethod
    @override
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> ItemKnn:
        made = cls(0, 0.0)
        size = len(arrays["starts"]) - 1
        made._near = sparse.csr_array(
            (arrays["weights"], arrays["columns"], arrays["starts"]), shape=(size, size)
        )
        return made


def _strongest(near: NDArray[Any], most: int) -> sparse.csr_array:
    """Keep the `most` highest of each row, and none that is 0."""
    columns = top_k(near, most)
    rows = np.repeat(np.arange(len(near)), columns.shape[1])
    weights = near[rows, columns.ravel()]
    kept = weights > 0
    return sparse.csr_array((weights[kept], (rows[kept], columns.ravel()[kept])), shape=near.shape)
