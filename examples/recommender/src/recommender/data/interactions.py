"""Who had what, when, and how it was liked: the one form that all data take here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from ..portfolio.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Index = np.ndarray[Any, np.dtype[np.int32]]
Rows = np.ndarray[Any, np.dtype[np.int64]]
Values = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Item:
    """What a list shows of an item."""

    id: str
    title: str
    year: int | None
    genres: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interactions:
    """One entry a pair of user and item, ordered by user, then time, then item.

    `users` and `items` are the ids; the arrays, all of shape (n,), point into them. A user or an item may
    have no entry: parts of a split keep the ids of the whole.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    user: Index
    item: Index
    value: Values  # a rating, or how often or how strongly in an implicit log; above 0
    time: Rows  # seconds since 1970, UTC

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: NDArray[Any]) -> Interactions:
        """Return the entries at `rows` (numbers or a mask), in their order."""
        return replace(
            self, user=self.user[rows], item=self.item[rows], value=self.value[rows], time=self.time[rows]
        )

    def matrix(self) -> sparse.csr_array:
        """Return the values as a sparse matrix, shape (users, items), float32."""
        shape = (len(self.users), len(self.items))
        return sparse.csr_array((self.value, (self.user, self.item)), shape=shape, dtype=np.float32)

    def fingerprint(self) -> str:
        """Return the sha256 of the entries: two parts with the same one are the same."""
        return sha256_of(b"".join(np.ascontiguousarray(column).tobytes() for column in self._columns()))

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.user, self.item, self.value, self.time


def ordered(
    users: Sequence[str],
    items: Sequence[str],
    columns: tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]],
) -> Interactions:
    """Make interactions of columns (user, item, value, time) in any order."""
    user, item, value, time = columns
    order = np.lexsort((item, time, user))
    return Interactions(
        tuple(users),
        tuple(items),
        user[order].astype(np.int32),
        item[order].astype(np.int32),
        value[order].astype(np.float32),
        time[order].astype(np.int64),
    )
