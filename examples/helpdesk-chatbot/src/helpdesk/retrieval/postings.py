"""Which tickets have a feature, and how often: an inverted index that changes one ticket at a time.

A ticket is known by its slot, a small number. A ticket that is taken out leaves no trace: what is stored is
always what a fresh index over the same tickets would store, in another order.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .bags import Bags

_Number = TypeVar("_Number", bound=np.generic)

MOST = 65_535  # occurrences in one ticket; more count as so many
_SPARE = 4  # a full list grows by a quarter of itself: adding stays cheap and little memory waits unused


class Posting:
    """The tickets that have one feature."""

    __slots__ = ("_counts", "_size", "_slots")

    def __init__(self, slots: NDArray[np.int32], counts: NDArray[np.uint16]) -> None:
        self._slots, self._counts, self._size = slots, counts, len(slots)

    def __len__(self) -> int:
        """How many tickets there are."""
        return self._size

    @property
    def slots(self) -> NDArray[np.int32]:
        """The tickets, each once, in any order; a view."""
        return self._slots[: self._size]

    @property
    def counts(self) -> NDArray[np.uint16]:
        """How often each has the feature; a view."""
        return self._counts[: self._size]

    def add(self, slots: NDArray[np.int32], counts: NDArray[np.uint16]) -> None:
        """Append tickets."""
        end = self._size + len(slots)
        if end > len(self._slots):
            room = end + end // _SPARE
            self._slots, self._counts = _longer(self._slots, room), _longer(self._counts, room)
        self._slots[self._size : end] = slots
        self._counts[self._size : end] = counts
        self._size = end

    def remove(self, slot: int) -> None:
        """Take a ticket out; the last one takes its place."""
        place = int(np.flatnonzero(self.slots == slot)[0])
        self._size -= 1
        self._slots[place], self._counts[place] = self._slots[self._size], self._counts[self._size]

    def memory_bytes(self) -> int:
        """Memory of the lists, with what is kept free."""
        return sum(map(sys.getsizeof, (self, self._slots, self._counts)))


class Postings:
    """For each feature the tickets that have it."""

    def __init__(self) -> None:
        self._lists: dict[str, Posting] = {}

    def add(self, slots: NDArray[np.int32], bags: Bags) -> None:
        """Take texts in; `slots[row]` is where the text of that row goes, and must be free."""
        where, counts = slots[bags.rows], np.minimum(bags.counts, MOST).astype(np.uint16)
        for feature, span in bags.spans():
            known = self._lists.get(feature)
            if known is None:
                self._lists[feature] = Posting(where[span].copy(), counts[span].copy())
            else:
                known.add(where[span], counts[span])

    def remove(self, slots: NDArray[np.int32], bags: Bags) -> None:
        """Take texts out that were added with the same slots and bags."""
        where = slots[bags.rows].tolist()
        for feature, span in bags.spans():
            known = self._lists[feature]
            for slot in where[span]:
                known.remove(slot)
            if not known:
                del self._lists[feature]

    def tickets_with(self, features: Sequence[str]) -> list[int]:
        """Return how many tickets have each feature."""
        return [len(self._lists.get(feature, ())) for feature in features]

    def matrix(self, features: Sequence[str], slots: int) -> sparse.csc_array:
        """Return how often tickets have some features, shape (slots, features)."""
        found = [self._lists.get(feature, _NONE) for feature in features]
        bounds = np.zeros(len(found) + 1, dtype=np.int32)
        np.cumsum([len(each) for each in found], out=bounds[1:])
        rows = np.concatenate([each.slots for each in found])
        counts = np.concatenate([each.counts for each in found])
        return sparse.csc_array((counts, rows, bounds), shape=(slots, len(found)))

    def memory_bytes(self) -> int:
        """Memory of everything in it; goes through all features."""
        lists = sum(map(sys.getsizeof, self._lists)) + sum(map(Posting.memory_bytes, self._lists.values()))
        return sys.getsizeof(self._lists) + lists


_NONE = Posting(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint16))


def _longer(values: NDArray[_Number], room: int) -> NDArray[_Number]:
    larger = np.empty(room, dtype=values.dtype)
    larger[: len(values)] = values
    return larger
