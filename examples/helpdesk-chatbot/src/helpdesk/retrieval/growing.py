"""An array that grows at its end, as a list does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


class Growing:
    """Rows of numbers by slot; a slot that nothing was put into holds zeros."""

    __slots__ = ("_rows", "size")

    def __init__(self, dtype: DTypeLike, width: tuple[int, ...] = ()) -> None:
        self._rows = np.zeros((0, *width), dtype=dtype)
        self.size = 0

    @property
    def rows(self) -> NDArray[Any]:
        """The rows so far, shape (size, *width); a view."""
        return self._rows[: self.size]

    @property
    def nbytes(self) -> int:
        """Memory, with what is kept free for further rows."""
        return self._rows.nbytes

    def put(self, slots: NDArray[np.int32], values: Any) -> None:
        """Set rows; the array reaches as far as the last of them."""
        if len(slots) == 0:
            return
        self.size = max(self.size, int(slots.max()) + 1)
        if self.size > len(self._rows):
            # Half as much again each time: a row is copied twice on average, however many follow.
            larger = np.zeros((self.size + self.size // 2, *self._rows.shape[1:]), dtype=self._rows.dtype)
            larger[: len(self._rows)] = self._rows
            self._rows = larger
        self._rows[slots] = values
