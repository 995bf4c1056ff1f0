"""What is held back is what comes later, and nothing is in two parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from conftest import interactions

from recommender.model import split
from recommender.portfolio.errors import DataError

if TYPE_CHECKING:
    from recommender.data.interactions import Interactions
    from recommender.params import Params


@pytest.mark.parametrize("protocol", split.PROTOCOLS)
def test_no_pair_is_in_two_parts_and_none_is_lost(
    some: Interactions, settings: Params, protocol: str
) -> None:
    parts = split.parts(some, protocol, settings)
    pairs = [
        set(zip(part.user.tolist(), part.item.tolist(), strict=True)) for part in (parts.train, parts.test)
    ]
    assert not pairs[0] & pairs[1]
    assert len(pairs[0] | pairs[1]) == len(some)


def test_of_each_user_the_last_ones_are_held_back(some: Interactions, settings: Params) -> None:
    parts = split.parts(some, split.TEMPORAL, settings)
    for user in range(len(some.users)):
        past, future = (part.time[part.user == user] for part in (parts.train, parts.test))
        assert past.max() <= future.min()
        assert len(future) == int((len(past) + len(future)) * settings.split.test_share)


def test_after_the_moment_nothing_is_learned_from(some: Interactions, settings: Params) -> None:
    parts = split.parts(some, split.GLOBAL, settings)
    assert parts.train.time.max() < parts.test.time.min()
    unseen = np.setdiff1d(parts.test.user, parts.train.user)
    assert parts.cold == len(unseen)
    assert not np.intersect1d(parts.judged, unseen).size


def test_whoever_has_few_items_keeps_them_all() -> None:
    rows = [(0, item, 3.0, item) for item in range(split.FEWEST - 1)]
    rows += [(1, item, 3.0, item) for item in range(split.FEWEST)]
    held_back = split.last_of_each(interactions(rows, 2, 10), 0.25)
    assert held_back.tolist() == [False] * 8 + [True]


def test_the_random_split_is_the_same_for_the_same_seed(some: Interactions) -> None:
    one, again, other = (split.some_of_each(some, 0.25, seed).tolist() for seed in (1, 1, 2))
    assert one == again != other


def test_too_few_users_to_judge_are_refused(settings: Params) -> None:
    rows = [(user, item, 3.0, item) for user in range(5) for item in range(10)]
    with pytest.raises(DataError, match="5 users have a past and a future under temporal-user"):
        split.parts(interactions(rows, 5, 10), split.TEMPORAL, settings)


def test_ties_at_the_moment_stay_together() -> None:
    rows = [(user, item, 3.0, item // 3) for user in range(30) for item in range(9)]
    held_back = split.after_a_moment(interactions(rows, 30, 9), 0.4)
    found = interactions(rows, 30, 9)
    assert set(found.time[held_back]).isdisjoint(found.time[~held_back])


def test_a_new_user_moves_nobody_else(some: Interactions, settings: Params) -> None:
    parts = split.parts(some, split.TEMPORAL, settings)
    fewer = some.take(some.user != len(some.users) - 1)
    again = split.parts(replace(fewer, users=fewer.users[:-1]), split.TEMPORAL, settings)
    kept = parts.test.take(parts.test.user != len(some.users) - 1)
    assert kept.fingerprint() == again.test.fingerprint()
