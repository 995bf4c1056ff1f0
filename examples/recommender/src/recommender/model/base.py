"""What every model can do; the service and the evaluation know nothing more of it.

A model is fitted once, on everybody's past. Afterwards it scores any history, also that of somebody whom it
has never seen (folding in): so a new rating counts at once, without training.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from scipy import sparse

from .top import top_k, without_seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..data.interactions import Interactions

    Scores = np.ndarray[Any, np.dtype[np.float32]]
    Arrays = dict[str, NDArray[Any]]


class Recommender(ABC):
    """A fitted model; `name` is what tables and the stored model call it."""

    name: ClassVar[str]
    personal: ClassVar[bool] = True  # whether the history matters

    def __init__(self) -> None:
        self._train: sparse.csr_array | None = None

    def fit(self, train: Interactions) -> Self:
        """Learn from `train`; the same data and settings give the same model."""
        self._train = train.matrix()
        self._fit(self._train)
        return self

    @abstractmethod
    def _fit(self, matrix: sparse.csr_array) -> None:
        """Learn from a matrix of values, shape (users, items)."""

    @abstractmethod
    def scores(self, histories: sparse.csr_array) -> Scores:
        """Score all items for each history; higher is better.

        Args:
            histories: values of what each had, shape (n, items); a row may be empty.

        Returns:
            Shape (n, items), float32. What was seen has a score, too; see `recommend`.
        """

    @abstractmethod
    def neighbours(self, item: int) -> Scores:
        """Say how near each item is to `item`; shape (items,), higher is nearer."""

    @abstractmethod
    def contributions(self, history: sparse.csr_array, item: int) -> Scores:
        """Say what each entry of one history adds to the score of `item`.

        Args:
            history: shape (1, items).
            item: the one that is explained.

        Returns:
            Shape (entries,), in the order of `history.indices`. Together with `start(item)` they are the
            score.
        """

    def start(self, item: int) -> float:
        """Return the score of `item` for somebody without a history; 0 unless a model says otherwise."""
        del item
        return 0.0

    @abstractmethod
    def arrays(self) -> Arrays:
        """Return what has to be kept, by name: arrays that `restore` takes back."""

    @classmethod
    @abstractmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> Recommender:
        """Make the fitted model of what `arrays` returned; `recommend` by user then needs histories."""

    def recommend(self, user: int, k: int) -> list[int]:
        """Return the best `k` items that a user of the training data has not had, best first.

        Where there are fewer than `k`, all of them; equal scores stand in the order of the items.
        """
        if self._train is None:
            raise ValueError("restored models know no users; use `scores` with a history")
        history = self._train[[user], :]
        return [int(item) for item in top_k(without_seen(self.scores(history), history), k)[0] if item >= 0]

    def similar(self, item: int, k: int) -> list[int]:
        """Return the `k` items nearest to `item`, nearest first, without itself."""
        near = self.neighbours(item).copy()
        near[item] = -np.inf
        return [int(other) for other in top_k(near[None, :], k)[0] if other >= 0]


def binary(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the matrix with 1 for every entry: that something was had, not how it was liked."""
    return sparse.csr_array(
        (np.ones(matrix.nnz, dtype=np.float32), matrix.indices, matrix.indptr), shape=matrix.shape
    )


def cosine(factors: NDArray[Any], item: int) -> Scores:
    """Return the cosine of one row of `factors` with each row; 0 where one of them has no length."""
    length = np.linalg.norm(factors, axis=1)
    product = length * length[item]
    near = np.divide(factors @ factors[item], product, out=np.zeros(len(factors)), where=product > 0)
    return np.asarray(near, dtype=np.float32)
