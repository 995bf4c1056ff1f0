"""Damage good tickets as real files were found damaged: `data --plant DEFECT` shows each one refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import DataError
from .tickets import OUT_OF_SCOPE

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE = 12  # which line of the file is damaged


def plant(content: bytes, defect: str) -> bytes:
    """Return `content`, lines of data/tickets.jsonl, with the named defect in it.

    Raises:
        DataError: no such defect; the message lists them.
    """
    if defect not in DEFECTS:
        raise DataError(f"no defect {defect!r}; there are {', '.join(DEFECTS)}")
    return DEFECTS[defect](content)


def _line(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return a function that changes one line."""

    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        lines[_LINE - 1] = change(lines[_LINE - 1])
        return b"\n".join(lines)

    return damage


def _changed(**values: Any) -> Callable[[bytes], bytes]:
    """Return a function that sets fields of one ticket."""
    return _line(lambda line: json.dumps(json.loads(line) | values).encode())


def _without(field: str) -> Callable[[bytes], bytes]:
    return _line(
        lambda line: json.dumps(
            {name: value for name, value in json.loads(line).items() if name != field}
        ).encode()
    )


def _everywhere(**values: Any) -> Callable[[bytes], bytes]:
    """Return a function that sets fields of all tickets."""

    def damage(content: bytes) -> bytes:
        rows = (json.loads(line) | values for line in content.splitlines())
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    return damage


def _twice(content: bytes) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join([*lines[:_LINE], lines[_LINE - 1], *lines[_LINE:]])


def _two_lines_exchanged(content: bytes) -> bytes:
    lines = content.split(b"\n")
    lines[0], lines[_LINE - 1] = lines[_LINE - 1], lines[0]
    return b"\n".join(lines)


DEFECTS: dict[str, Callable[[bytes], bytes]] = {
    "no-id": _without("id"),
    "id-blank": _changed(id=" T1"),
    "id-number": _changed(id=12),
    "same-id": _twice,
    "no-body": _without("body"),
    "empty-body": _changed(body=" \n "),
    "body-list": _changed(body=["help"]),
    "too-long": _changed(body="help " * 200_000),
    "queue-too-long": _changed(queue="network " * 100),
    "created-date": _changed(created="2024-05-01"),
    "created-milliseconds": _changed(created=1_714_521_600_000),
    "created-negative": _changed(created=-5),
    "created-true": _changed(created=True),
    "resolved-before-created": _changed(resolved_at=1),
    "language-name": _changed(language="English"),
    "phrases-unknown": _changed(phrases="seen"),
    "trait-unknown": _changed(traits=["angry"]),
    "answer-out-of-scope": _changed(intent=OUT_OF_SCOPE, resolution="Here it is."),
    "unknown-field": _changed(customer="Jo"),
    "not-in-order": _two_lines_exchanged,
    "cut-off": _line(lambda line: line[: len(line) // 2]),
    "not-utf8": _line(lambda line: line.replace(b'"body":"', b'"body":"\xe9', 1)),
    "a-list": _line(lambda line: b"[" + line + b"]"),
    "blank-line": _line(lambda _: b""),
    "one-intent": _everywhere(intent="vpn"),
    "no-answers": _everywhere(intent="", resolution=""),
    "few-rows": lambda content: b"\n".join([*content.split(b"\n")[:50], b""]),
    "cut-off-file": lambda content: b"\n".join(content.split(b"\n")[:_LINE])[:-20],
}
