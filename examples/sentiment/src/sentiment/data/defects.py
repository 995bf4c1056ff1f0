"""Damage good reviews as real files were found damaged: `data --plant DEFECT` shows each one refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE = 12  # which line of the file is damaged


def plant(content: bytes, defect: str) -> bytes:
    """Return `content`, lines of data/reviews.jsonl, with the named defect in it.

    Raises:
        DataError: no such defect; the message lists them.
    """
    if defect not in DEFECTS:
        raise DataError(f"no defect {defect!r}; there are {', '.join(DEFECTS)}")
    return DEFECTS[defect](content)


def _changed(**values: Any) -> Callable[[bytes], bytes]:
    """Return a function that sets fields of one review."""

    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        lines[_LINE - 1] = json.dumps(json.loads(lines[_LINE - 1]) | values).encode()
        return b"\n".join(lines)

    return damage


def _without(field: str) -> Callable[[bytes], bytes]:
    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        row = json.loads(lines[_LINE - 1])
        del row[field]
        lines[_LINE - 1] = json.dumps(row).encode()
        return b"\n".join(lines)

    return damage


def _line(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        lines[_LINE - 1] = change(lines[_LINE - 1])
        return b"\n".join(lines)

    return damage


DEFECTS: dict[str, Callable[[bytes], bytes]] = {
    "label-text": _changed(label="positive"),
    "label-two": _changed(label=2),
    "label-true": _changed(label=True),
    "no-label": _without("label"),
    "no-text": _without("text"),
    "empty-text": _changed(text="   "),
    "only-markup": _changed(text="<br /><br />&nbsp;"),
    "text-number": _changed(text=5),
    "too-long": _changed(text="very " * 5_000),
    "rating-six": _changed(rating=6),
    "verified-yes": _changed(verified="yes"),
    "unknown-field": _changed(stars=5),
    "same-id": _changed(id="s0000001"),
    "cut-off": _line(lambda line: line[: len(line) // 2]),
    "not-utf8": _line(lambda line: line.replace(b'"text": "', b'"text": "\xe9', 1)),
    "a-list": _line(lambda line: b"[" + line + b"]"),
    "one-label": lambda content: content.replace(b'"label": 0', b'"label": 1'),
    "cut-off-file": lambda content: content[: content.index(b"\n", 4_000) - 20],
}
