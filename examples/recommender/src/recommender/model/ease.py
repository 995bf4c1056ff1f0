"""EASE: each item is predicted from all others by one linear model, in closed form.

With X (users x items, 0 or 1), G = X'X + lambda I and P = G^-1, the weights with a diagonal of 0 that
minimise |X - XB|^2 + lambda |B|^2 are

    B_ij = -P_ij / P_jj   (i != j)

Source: Steck (2019), Embarrassingly shallow autoencoders for sparse data, WWW 28, section 3.1, equation 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import lapack
from typing_extensions import override

from .base import Recommender, binary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy import sparse

    from .base import Arrays, Scores


class Ease(Recommender):
    """Linear item-item model; memory grows with the square of the catalogue."""

    name = "ease"

    def __init__(self, regularisation: float) -> None:
        super().__init__()
        self._regularisation = regularisation
        self._weights = np.empty((0, 0), dtype=np.float32)

    @override
    def _fit(self, matrix: sparse.csr_array) -> None:
        had = binary(matrix)
        gram = np.asarray((had.T @ had).toarray(), dtype=np.float64, order="F")
        gram[np.diag_indices_from(gram)] += self._regularisation
        inverse = _inverse(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        self._weights = weights.astype(np.float32)

    @override
    def scores(self, histories: sparse.csr_array) -> Scores:
        return np.asarray(binary(histories) @ self._weights, dtype=np.float32)

    @override
    def neighbours(self, item: int) -> Scores:
        return np.asarray(self._weights[item], dtype=np.float32)

    @override
    def contributions(self, history: sparse.csr_array, item: int) -> Scores:
        return np.asarray(self._weights[history.indices, item], dtype=np.float32)

    @override
    def arrays(self) -> Arrays:
        return {"weights": self._weights}

    @classmethod
    @override
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> Ease:
        made = cls(0.0)
        made._weights = arrays["weights"]
        return made


def _inverse(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert a symmetric positive definite matrix, through its Cholesky factor; `gram` is overwritten."""
    factor, trouble = lapack.dpotrf(gram, lower=True, overwrite_a=True)
    if trouble == 0:
        inverse, trouble = lapack.dpotri(factor, lower=True, overwrite_c=True)
    if trouble:
        raise ValueError("the item-item matrix is not positive definite; its diagonal should be raised")
    lower = np.tril(inverse)
    return np.asarray(lower + np.tril(inverse, -1).T)
