"""Rows of a sparse matrix in batches of about equal length, so that linear algebra runs on whole batches.

A loop over users in Python costs more than the algebra of each. Here users with about as many entries lie
side by side, filled up with a row of zeros that adds nothing to any sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy import sparse

CELLS = 40_000  # entries of a batch, padding included: times the factors, it should fit the cache


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of the matrix."""

    rows: NDArray[np.int64]  # shape (b,)
    columns: NDArray[np.int64]  # shape (b, longest); the number of columns stands for no entry
    values: NDArray[np.float32]  # shape (b, longest); 0 where there is no entry


def batches(matrix: sparse.csr_array, cells: int = CELLS) -> Iterator[Batch]:
    """Yield every row that has entries, those with few first."""
    lengths = np.diff(matrix.indptr)
    order = np.argsort(lengths, kind="stable")
    start = int(np.searchsorted(lengths[order], 1))
    while start < len(order):
        shortest = lengths[order[start]]
        longest = max(1.25 * shortest, shortest + 8)  # at most a quarter of a batch is padding, or a little
        end = int(np.searchsorted(lengths[order], longest, side="right"))
        while end > start + 1 and lengths[order[end - 1]] * (end - start) > cells:
            end = start + max(1, int(cells // lengths[order[end - 1]]))
        yield _batch(matrix, order[start:end], lengths)
        start = end


def _batch(matrix: sparse.csr_array, rows: NDArray[np.int64], lengths: NDArray[Any]) -> Batch:
    longest = int(lengths[rows].max())
    place = matrix.indptr[rows][:, None] + np.arange(longest)
    here = np.arange(longest) < lengths[rows][:, None]
    place = np.where(here, place, 0)
    columns = np.where(here, matrix.indices[place], matrix.shape[1]).astype(np.int64)
    values = np.where(here, matrix.data[place], 0).astype(np.float32)
    return Batch(rows.astype(np.int64), columns, values)


def with_zero(factors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the factors with a last row of zeros, which is what the padding points to."""
    return np.vstack([factors, np.zeros((1, factors.shape[1]), dtype=factors.dtype)])
