"""The generator of option sets, against a brute-force reading of what it promises."""

from __future__ import annotations

from itertools import combinations

import pytest

from .pairwise import pairwise

TABLES = [
    pytest.param({"a": [1, 2, 3]}, id="one parameter"),
    pytest.param({"a": [1, 2], "b": [True, False]}, id="two"),
    pytest.param({"a": [1, 2, 3], "b": "xy", "c": "xy", "d": "xy", "e": "xyz"}, id="five"),
]


@pytest.mark.parametrize("table", TABLES)
def test_every_pair_of_values_occurs(table):
    rows = pairwise(table)
    if len(table) == 1:
        assert [row["a"] for row in rows] == table["a"]
    for one, other in combinations(table, 2):
        found = {(row[one], row[other]) for row in rows}
        assert found == {(x, y) for x in table[one] for y in table[other]}


def test_far_fewer_rows_than_all_combinations():
    table = {name: [0, 1] for name in "abcdefgh"}
    assert len(pairwise(table)) <= 12  # all combinations: 256


def test_the_first_row_is_the_default_of_each():
    assert pairwise({"a": [1, 2], "b": ["x", "y"]})[0] == {"a": 1, "b": "x"}


def test_no_parameter_gives_one_empty_row():
    assert pairwise({}) == [{}]
