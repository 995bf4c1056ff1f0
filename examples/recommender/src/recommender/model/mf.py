"""Explicit matrix factorisation: guess the rating of a pair from biases and factors.

    r_ui  ~  mean + b_u + b_i + p_u . q_i

minimising the squared error over the ratings that there are, plus regularisation x n_u (b_u^2 + |p_u|^2) for
each user with n_u ratings, and the same for items. With the items fixed, (b_u, p_u) is a ridge regression on
(1, q_i), and the other way round, so each turn lowers the sum. It is the model that public recommenders show
most, and it answers another question than "what next?": README, "The lesson".

Sources: Koren, Bell and Volinsky (2009), Matrix factorization techniques for recommender systems, Computer
42(8), equations 4 and 5; Zhou et al. (2008), Large-scale parallel collaborative filtering for the Netflix
prize, AAIM 4, section 3.1 (weighted regularisation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from typing_extensions import override

from .base import Recommender, cosine
from .padded import batches, with_zero

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..data.interactions import Interactions
    from .base import Arrays, Scores
    from .padded import Batch

Rows = np.ndarray[Any, np.dtype[np.float32]]


class ExplicitMf(Recommender):
    """Biases and factors of users and items; row 0 of a row's numbers is its bias."""

    name = "mf-explicit"

    def __init__(self, factors: int, regularisation: float, sweeps: int, seed: int) -> None:
        """Set up the model; 0 factors leave the biases alone."""
        super().__init__()
        self.factors, self.regularisation, self.sweeps, self.seed = factors, regularisation, sweeps, seed
        self.mean = 0.0
        self.users = np.empty((0, factors + 1), dtype=np.float32)
        self.items = np.empty((0, factors + 1), dtype=np.float32)
        self.losses: list[float] = []  # after each turn

    @override
    def _fit(self, matrix: sparse.csr_array) -> None:
        self.mean = float(matrix.data.mean())
        draw = np.random.default_rng(self.seed)
        self.users, self.items = (
            (0.1 * draw.standard_normal((size, self.factors + 1))).astype(np.float32) for size in matrix.shape
        )
        self.users[:, 0] = self.items[:, 0] = 0.0
        by_user, by_item = list(batches(matrix)), list(batches(sparse.csr_array(matrix.T)))
        self.losses = [self.loss(matrix)]
        for _ in range(self.sweeps):
            self.users = self._solved(by_user, self.items, len(self.users))
            self.losses.append(self.loss(matrix))
            self.items = self._solved(by_item, self.users, len(self.items))
            self.losses.append(self.loss(matrix))

    @override
    def scores(self, histories: sparse.csr_array) -> Scores:
        users = self._solved(list(batches(histories)), self.items, histories.shape[0])
        return self._scored(users)

    def predict(self, user: NDArray[Any], item: NDArray[Any]) -> NDArray[np.float32]:
        """Return the guessed ratings of pairs, by places in the training data; both of shape (n,)."""
        one, other = self.users[user], self.items[item]
        products = np.einsum("nf,nf->n", one[:, 1:], other[:, 1:])
        return np.asarray(self.mean + one[:, 0] + other[:, 0] + products, dtype=np.float32)

    def rmse(self, found: Interactions) -> float:
        """Return the root mean squared error of the guessed ratings of pairs, in the unit of a rating."""
        guessed = self.predict(found.user, found.item).astype(np.float64)
        return float(np.sqrt(np.mean((found.value - guessed) ** 2)))

    def loss(self, matrix: sparse.csr_array) -> float:
        """Return the sum that is minimised."""
        pairs = sparse.coo_array(matrix)
        error = pairs.data - self.predict(pairs.row, pairs.col)
        sizes = [
            float((np.bincount(index, minlength=len(rows)) * (rows**2).sum(axis=1)).sum())
            for index, rows in ((pairs.row, self.users), (pairs.col, self.items))
        ]
        return float((error.astype(np.float64) ** 2).sum()) + self.regularisation * sum(sizes)

    def gradient(self, matrix: sparse.csr_array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the derivative of `loss` by `users` and by `items`, shapes as theirs."""
        pairs = sparse.coo_array(matrix)
        error = (pairs.data - self.predict(pairs.row, pairs.col)).astype(np.float64)
        found = []
        for index, other, rows, factors in (
            (pairs.row, pairs.col, self.users, self.items),
            (pairs.col, pairs.row, self.items, self.users),
        ):
            count = np.bincount(index, minlength=len(rows))
            slope = 2 * self.regularisation * count[:, None] * rows.astype(np.float64)
            np.add.at(slope, index, -2 * error[:, None] * _design(factors[other]))
            found.append(np.asarray(slope, dtype=np.float64))
        return found[0], found[1]

    @override
    def neighbours(self, item: int) -> Scores:
        return cosine(self.items[:, 1:], item)

    @override
    def contributions(self, history: sparse.csr_array, item: int) -> Scores:
        had = _design(self.items[history.indices])
        ridge = self.regularisation * max(history.nnz, 1) * np.eye(had.shape[1], dtype=np.float32)
        seen_from = np.linalg.solve(had.T @ had + ridge, _design(self.items[[item]])[0])
        target = history.data - self.mean - self.items[history.indices, 0]
        return np.asarray(target * (had @ seen_from), dtype=np.float32)

    @override
    def start(self, item: int) -> float:
        return self.mean + float(self.items[item, 0])

    @override
    def arrays(self) -> Arrays:
        return {"items": self.items, "settings": np.array([self.mean, self.regularisation])}

    @classmethod
    @override
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> ExplicitMf:
        mean, regularisation = arrays["settings"].tolist()
        made = cls(arrays["items"].shape[1] - 1, regularisation, 0, 0)
        made.mean, made.items = mean, arrays["items"]
        return made

    def _scored(self, users: Rows) -> Scores:
        product = users[:, 1:] @ self.items[:, 1:].T
        return np.asarray(product + users[:, :1] + (self.mean + self.items[:, 0]), dtype=np.float32)

    def _solved(self, parts: list[Batch], fixed: Rows, size: int) -> Rows:
        """Return the best rows of one side for the fixed rows of the other; those without ratings are 0."""
        found = np.zeros((size, fixed.shape[1]), dtype=np.float32)
        padded = with_zero(fixed)
        for batch in parts:
            there = batch.values > 0
            rows = padded[batch.columns]
            target = np.where(there, batch.values - self.mean - rows[:, :, 0], 0).astype(np.float32)
            design = _design(rows) * there[:, :, None]
            ridge = self.regularisation * there.sum(axis=1)[:, None, None] * np.eye(design.shape[2])
            left = np.matmul(design.transpose(0, 2, 1), design) + ridge
            right = np.matmul(design.transpose(0, 2, 1), target[:, :, None])
            found[batch.rows] = np.linalg.solve(left, right)[:, :, 0]
        return found


class Biases(ExplicitMf):
    """The same without factors: a kind user, a liked film. What a factorisation has to beat in RMSE."""

    name = "biases"

    def __init__(self, regularisation: float, sweeps: int = 5) -> None:
        super().__init__(0, regularisation, sweeps, 0)

    @override
    def neighbours(self, item: int) -> Scores:
        return self.items[:, 0]


def _design(rows: Rows) -> Rows:
    """Return the rows with 1 in the place of their bias: what the other side is multiplied with."""
    design = rows.copy()
    design[..., 0] = 1.0
    return design
