"""Implicit matrix factorisation: what was had counts more than what was not, and nothing is a rating.

With p_ui = 1 for what user u has had and 0 else, and confidence c_ui = 1 + alpha w_ui, the factors minimise

    sum_ui c_ui (p_ui - x_u . y_i)^2 + lambda (sum_u |x_u|^2 + sum_i |y_i|^2)

by turns: with one side fixed, each row of the other is a ridge regression. All pairs count, those that were
had or not; the trick is that the sum over all is the same for everybody (Y'Y). Training takes a few steps of
conjugate gradients a turn instead of solving exactly, and runs on batches of users (`padded`).

Sources: Hu, Koren and Volinsky (2008), Collaborative filtering for implicit feedback datasets, ICDM 8,
equations 3 (loss), 4 and 5 (turns), section 5 (explanations); Takács, Pilászy and Tikk (2011), Applications
of the conjugate gradient method for implicit feedback, RecSys 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from typing_extensions import override

from .base import Recommender, cosine
from .padded import batches, with_zero

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from .base import Arrays, Scores
    from .padded import Batch

Factors = np.ndarray[Any, np.dtype[np.float32]]
STEPS = 3  # of conjugate gradients a turn, as in the reference implementations


class ImplicitAls(Recommender):
    """Factors of items; a user's are solved for when the user's history is seen."""

    name = "als-implicit"

    def __init__(
        self,
        factors: int,
        alpha: float,
        regularisation: float,
        sweeps: int,
        seed: int,
        *,
        graded: bool = False,
        engine: Callable[[sparse.csr_array, ImplicitAls], Factors] | None = None,
    ) -> None:
        """Set up the model.

        Args:
            factors: numbers that describe a user or an item.
            alpha: weight of what was had over what was not.
            regularisation: lambda above.
            sweeps: turns of users and items.
            seed: of the first factors.
            graded: True weighs an entry by log2(1 + value), for logs of events; False weighs all alike.
            engine: another implementation that finds the items' factors; None is the one below.
        """
        super().__init__()
        self.factors, self.alpha, self.regularisation = factors, alpha, regularisation
        self.sweeps, self.seed, self.graded = sweeps, seed, graded
        self._engine = engine or train_factors
        self._items = np.empty((0, factors), dtype=np.float32)

    @override
    def _fit(self, matrix: sparse.csr_array) -> None:
        self._items = self._engine(self._weighed(matrix), self)

    @override
    def scores(self, histories: sparse.csr_array) -> Scores:
        return np.asarray(self.fold_in(histories) @ self._items.T, dtype=np.float32)

    def fold_in(self, histories: sparse.csr_array) -> Factors:
        """Return the factors of each history, solved exactly; shape (n, factors)."""
        found = np.zeros((histories.shape[0], self._items.shape[1]), dtype=np.float32)
        padded, shared = with_zero(self._items), self._shared()
        for batch in batches(self._weighed(histories)):
            rows = padded[batch.columns]
            weights = self.alpha * batch.values
            left = shared + np.matmul(rows.transpose(0, 2, 1), rows * weights[:, :, None])
            right = np.matmul((weights + (batch.values > 0))[:, None, :], rows)
            found[batch.rows] = np.linalg.solve(left, right.transpose(0, 2, 1))[:, :, 0]
        return found

    @override
    def neighbours(self, item: int) -> Scores:
        return cosine(self._items, item)

    @override
    def contributions(self, history: sparse.csr_array, item: int) -> Scores:
        weighed = self._weighed(history)
        had = self._items[weighed.indices]
        confidence = self.alpha * weighed.data[:, None]
        left = self._shared() + had.T @ (had * confidence)
        seen_from = np.linalg.solve(left, self._items[item])
        return np.asarray((had * (1 + confidence)) @ seen_from, dtype=np.float32)

    @override
    def arrays(self) -> Arrays:
        settings = np.array([self.alpha, self.regularisation, float(self.graded)])
        return {"items": self._items, "settings": settings}

    @classmethod
    @override
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> ImplicitAls:
        alpha, regularisation, graded = arrays["settings"].tolist()
        items = arrays["items"]
        made = cls(items.shape[1], alpha, regularisation, 0, 0, graded=bool(graded))
        made._items = items
        return made

    def _shared(self) -> NDArray[np.float32]:
        """Return the part of the equations that is the same for everybody: Y'Y + lambda I."""
        return shared_part(self._items, self.regularisation)

    def _weighed(self, matrix: sparse.csr_array) -> sparse.csr_array:
        weights = np.log2(1 + matrix.data) if self.graded else np.ones(matrix.nnz)
        return sparse.csr_array(
            (weights.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape
        )


def train_factors(weighed: sparse.csr_array, model: ImplicitAls) -> Factors:
    """Find the items' factors, shape (items, factors), by turns of conjugate gradients."""
    draw = np.random.default_rng(model.seed)
    users, items = (
        ((draw.random((size, model.factors), dtype=np.float32) - 0.5) * 0.02) for size in weighed.shape
    )
    by_user = list(batches(weighed))
    by_item = list(batches(sparse.csr_array(weighed.T)))
    # Rows without entries have no equations: theirs are factors of nothing, and stay out of the sums.
    users[np.diff(weighed.indptr) == 0] = 0
    items[np.bincount(weighed.indices, minlength=weighed.shape[1]) == 0] = 0
    for _ in range(model.sweeps):
        _turn(users, items, by_user, model)
        _turn(items, users, by_item, model)
    return items


def shared_part(factors: Factors, regularisation: float) -> NDArray[np.float32]:
    """Return F'F + lambda I, shape (factors, factors)."""
    ridge = regularisation * np.eye(factors.shape[1], dtype=np.float32)
    return np.asarray(factors.T @ factors + ridge, dtype=np.float32)


def loss(users: Factors, items: Factors, weighed: sparse.csr_array, alpha: float, ridge: float) -> float:
    """Return the sum that is minimised, over all pairs; for tests and the chapter in docs/."""
    dense = weighed.toarray()
    error = (dense > 0) - users @ items.T
    squares = float((users**2).sum() + (items**2).sum())
    return float(((1 + alpha * dense) * error**2).sum()) + ridge * squares


def _turn(solved: Factors, fixed: Factors, parts: list[Batch], model: ImplicitAls) -> None:
    """Bring the rows of `solved` nearer to their best, with `fixed` fixed; changes `solved`."""
    padded, shared = with_zero(fixed), shared_part(fixed, model.regularisation)
    for batch in parts:
        rows = padded[batch.columns]  # (b, longest, factors)
        weights = model.alpha * batch.values

        def product(vector: Factors, rows: Factors = rows, weights: NDArray[np.float32] = weights) -> Factors:
            """Multiply the matrix of each row's equations with its vector, without making it."""
            along = np.matmul(rows, vector[:, :, None])[:, :, 0] * weights
            return np.asarray(vector @ shared + np.matmul(along[:, None, :], rows)[:, 0])

        right = np.matmul((weights + (batch.values > 0))[:, None, :], rows)[:, 0]
        solved[batch.rows] = _conjugate_gradients(product, right, solved[batch.rows])


def _conjugate_gradients(product: Callable[[Factors], Factors], right: Factors, start: Factors) -> Factors:
    """Take a few steps towards the solution of many small systems at once; shapes (b, factors)."""
    found = start
    residual = right - product(found)
    direction = residual.copy()
    square = np.einsum("bf,bf->b", residual, residual)
    for _ in range(STEPS):
        image = product(direction)
        length = square / np.maximum(np.einsum("bf,bf->b", direction, image), 1e-30)
        found = found + length[:, None] * direction
        residual = residual - length[:, None] * image
        after = np.einsum("bf,bf->b", residual, residual)
        direction = residual + (after / np.maximum(square, 1e-30))[:, None] * direction
        square = after
    return found
