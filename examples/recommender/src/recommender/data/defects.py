"""Damage good ratings as real files were found damaged: `data --plant DEFECT` shows each one refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE = 12  # which line of ratings.csv is damaged


def plant(content: bytes, defect: str) -> bytes:
    """Return `content`, the bytes of ratings.csv, with the named defect in it.

    Raises:
        DataError: no such defect; the message lists them.
    """
    if defect not in DEFECTS:
        raise DataError(f"no defect {defect!r}; there are {', '.join(DEFECTS)}")
    return DEFECTS[defect](content)


def _cell(column: int, value: str) -> Callable[[bytes], bytes]:
    """Return a function that changes one cell."""

    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        cells = lines[_LINE - 1].split(b",")
        cells[column] = value.encode()
        lines[_LINE - 1] = b",".join(cells)
        return b"\n".join(lines)

    return damage


def _line(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        lines[_LINE - 1] = change(lines[_LINE - 1])
        return b"\n".join(lines)

    return damage


def _twice(content: bytes) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join([*lines[:_LINE], lines[_LINE - 1], *lines[_LINE:]])


def _first(column: int, users: int) -> Callable[[bytes], bytes]:
    """Return a function that keeps the rows of the first users or items alone."""

    def damage(content: bytes) -> bytes:
        header, *lines = content.strip().split(b"\n")
        kept: list[bytes] = []
        for line in lines:
            cell = line.split(b",")[column]
            if cell in kept or len(kept) < users:
                kept += [] if cell in kept else [cell]
        rows = [line for line in lines if line.split(b",")[column] in kept]
        return b"\n".join([header, *rows, b""])

    return damage


DEFECTS: dict[str, Callable[[bytes], bytes]] = {
    "same-pair": _twice,
    "rating-six": _cell(2, "6"),
    "rating-zero": _cell(2, "0"),
    "rating-word": _cell(2, "good"),
    "rating-nan": _cell(2, "nan"),
    "no-time": _cell(3, ""),
    "time-date": _cell(3, "2023-05-01"),
    "time-milliseconds": _cell(3, "1682899200000"),
    "time-negative": _cell(3, "-5"),
    "no-user": _cell(0, ""),
    "user-blank": _cell(0, " u00001"),
    "unknown-item": _cell(1, "f99999"),
    "five-cells": _line(lambda line: line + b",1"),
    "cut-off": _line(lambda line: line[: len(line) // 2]),
    "not-utf8": _line(lambda line: b"\xe9" + line),
    "renamed-column": lambda content: content.replace(b"user,", b"userId,", 1),
    "no-header": lambda content: content.partition(b"\n")[2],
    "one-user": _first(0, 1),
    "one-item": _first(1, 1),
    "empty": lambda content: content.partition(b"\n")[0] + b"\n",
}
