"""The same list for everybody: what most have had. The baseline that a personal model has to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from .base import Recommender

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy import sparse

    from .base import Arrays, Scores


class Popularity(Recommender):
    """Share of the users who have had the item."""

    name = "popularity"
    personal = False

    def __init__(self) -> None:
        super().__init__()
        self._share = np.empty(0, dtype=np.float32)

    @override
    def _fit(self, matrix: sparse.csr_array) -> None:
        counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
        self._share = (counts / matrix.shape[0]).astype(np.float32)

    @override
    def scores(self, histories: sparse.csr_array) -> Scores:
        return np.tile(self._share, (histories.shape[0], 1))

    @override
    def neighbours(self, item: int) -> Scores:
        return self._share

    @override
    def contributions(self, history: sparse.csr_array, item: int) -> Scores:
        return np.zeros(history.nnz, dtype=np.float32)

    @override
    def start(self, item: int) -> float:
        return float(self._share[item])

    @override
    def arrays(self) -> Arrays:
        return {"share": self._share}

    @classmethod
    @override
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> Popularity:
        made = cls()
        made._share = arrays["share"]
        return made


class Random(Recommender):
    """Any order, another one for each history: what no model should fall behind."""

    name = "random"
    personal = False

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    @override
    def _fit(self, matrix: sparse.csr_array) -> None:
        pass

    @override
    def scores(self, histories: sparse.csr_array) -> Scores:
        rows = np.split(histories.indices, histories.indptr[1:-1])
        drawn = [
            np.random.default_rng([self._seed, len(row), int(row.sum())]).random(
                histories.shape[1], dtype=np.float32
            )
            for row in rows
        ]
        return np.stack(drawn)

    @override
    def neighbours(self, item: int) -> Scores:
        raise NotImplementedError("nothing is near by chance")

    @override
    def contributions(self, history: sparse.csr_array, item: int) -> Scores:
        raise NotImplementedError("chance has no reasons")

    @override
    def arrays(self) -> Arrays:
        raise NotImplementedError("chance is not stored")

    @classmethod
    @override
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> Random:
        raise NotImplementedError("chance is not stored")
