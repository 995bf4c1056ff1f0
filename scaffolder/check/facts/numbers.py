"""Numbers in a text, and whether each is a rounding of a figure of the evidence.

A weaker comparison than rendering: it knows that a number was measured, not that it stands in its place. It
is for texts that we cannot render.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LEAST_DIGITS = 3  # that are significant; a number with fewer is as often a count of something else
MOST_FIGURES = 200_000

_HIDDEN = re.compile(
    r"`[^`\n]{0,500}`|!\[[^\[\]\n]{0,1000}\]|\]\([^()\n]{0,1000}\)|<[^<>\n]{0,1000}>|https?://\S+"
)
# A digit inside a word, a version (1.2.3) or a date (2026-01-05) states no figure.
_NUMBER = re.compile(
    r"(?<![\w.,:/#-])([+\u2212-]?\d+(?:,\d{3})*(?:\.\d+)?)(?![\w/:]|[.,-]\d)[ \u00a0\u202f]?(%?)"
)
_FENCE = re.compile(r"[ \t]*(```+|~~~+)")


@dataclass(frozen=True, slots=True)
class Stated:
    """A number as a text has it."""

    line: int
    shown: str
    value: float
    precision: float  # half a unit of its last digit


def stated(text: str, first_line: int = 1) -> Iterator[Stated]:
    r"""Yield the numbers of a Markdown text that state a figure; none of code, links, comments and headings.

    >>> [one.shown for one in stated("# 3.14\nAccuracy 92.4 % (F1 `k=0.123`) in 2026, version 1.2.3, 0.9")]
    ['92.4 %']
    """
    fence = ""
    for number, line in enumerate(text.split("\n"), first_line):
        if found := _FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        elif not fence and not line.startswith("#"):
            yield from _in_line(_HIDDEN.sub(" ", line[:20_000]), number)


def _in_line(line: str, number: int) -> Iterator[Stated]:
    for found in _NUMBER.finditer(line):
        digits, percent = found.groups()
        plain = digits.replace(",", "").replace("\u2212", "-")
        if len(plain) > 30 or _significant(plain) < LEAST_DIGITS or _is_year(digits):
            continue
        unit = 0.01 if percent else 1.0
        decimals = len(plain.partition(".")[2])
        yield Stated(number, found[0].strip(), float(plain) * unit, 0.5 * 10**-decimals * unit)


def _significant(number: str) -> int:
    digits = number.lstrip("+-0.").replace(".", "")
    return len(digits if "." in number else digits.rstrip("0"))


def _is_year(digits: str) -> bool:
    return bool(re.fullmatch(r"(19|20)\d\d", digits))


class Measured:
    """The figures of an evidence, with those that its texts name."""

    def __init__(self, evidence: Any, also: Iterable[Stated] = ()) -> None:
        found = {abs(value) for value in _figures(evidence)} | {abs(one.value) for one in also}
        self._sorted = sorted(found)

    def has(self, number: Stated) -> bool:
        """Return True when the number is a rounding of one of the figures, or of one as a percentage."""
        value, room = abs(number.value), number.precision * (1 + 1e-6) + 1e-12
        at = bisect_left(self._sorted, value - room)
        return at < len(self._sorted) and self._sorted[at] <= value + room


def _figures(evidence: Any) -> Iterator[float]:
    waiting, count = [evidence], 0
    while waiting and count < MOST_FIGURES:
        value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str):
            yield from (one.value for one in stated(value[:2_000]))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            number = _as_float(value)
            if number is not None:
                yield number


def _as_float(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
