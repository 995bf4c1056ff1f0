"""Questions that are not for the help desk: of the rest of life and of the firm, and mere letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .phrases import language
from .wording import Slots, Worded, stranger

if TYPE_CHECKING:
    import random

    from ..params import Generator

_GIBBERISH_SHARE = 0.12


class OutOfScope:
    """Gives every phrase of a group and language once before any comes again."""

    def __init__(self, draw: random.Random, shape: Generator) -> None:
        self._draw, self._shape = draw, shape
        self._left: dict[tuple[str, str], list[str]] = {}

    def question(self, group: str, code: str) -> Worded:
        """Return a question worded with the phrases of `group`, or gibberish."""
        if self._draw.random() < _GIBBERISH_SHARE:
            return Worded("", gibberish(self._draw), (), 0, ())
        spoken = language(code)
        left = self._left.setdefault((group, code), [])
        if not left:
            left += self._draw.sample(spoken.out_of_scope[group], len(spoken.out_of_scope[group]))
        slots = Slots(self._draw, spoken.slots)
        return stranger(left.pop(), spoken, slots, self._draw, self._shape)


def gibberish(draw: random.Random) -> str:
    """Return letters that mean nothing."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    lengths = [draw.randint(2, 11) for _ in range(draw.randint(1, 7))]
    return " ".join("".join(draw.choices(letters, k=length)) for length in lengths)
