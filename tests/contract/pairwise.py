"""A small set of rows in which every value of every parameter meets every value of every other one."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = tuple[int, ...]  # for each parameter the index of its value


def pairwise(parameters: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Return rows that cover every pair of values of two parameters, the fewest that a greedy choice finds.

    The first row holds the first value of each parameter. With one parameter, each of its values is a row.
    The result is the same at every call.
    """
    rows = list(product(*(range(len(values)) for values in parameters.values())))
    missing = set().union(*(_pairs(row) for row in rows))
    chosen: list[Row] = []
    while missing:
        best = max(rows, key=lambda row: len(_pairs(row) & missing)) if chosen else rows[0]
        chosen.append(best)
        missing -= _pairs(best)
    return [
        {name: values[i] for (name, values), i in zip(parameters.items(), row, strict=True)} for row in chosen
    ]


def _pairs(row: Row) -> set[tuple[tuple[int, int], ...]]:
    cells = list(enumerate(row))
    return set(combinations(cells, min(2, len(cells))))
