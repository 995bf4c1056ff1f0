"""What the stored model does with histories that were made up, whatever its scores are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from conftest import interactions

from recommender.model import candidates

if TYPE_CHECKING:
    from recommender.data.interactions import Interactions
    from recommender.params import Params
    from recommender.serving.predictor import Predictor

HISTORY = {3: 5.0, 17: 4.0, 40: 2.0, 88: 5.0, 120: 3.0}


def listed(predictor: Predictor, history: dict[int, float], first: int = 20) -> list[int]:
    return list(predictor.rank(history, first, cold_below=3).items)


# ---- what one would expect of it


def test_whoever_has_had_one_genre_gets_more_of_it(predictor: Predictor) -> None:
    """Genres are not known to the model: it finds them in who had what."""
    popular = listed(predictor, {})
    gained = []
    for genre in predictor.genres:
        of_genre = [place for place, item in enumerate(predictor.items) if genre in item.genres]
        history = dict.fromkeys(of_genre[: len(of_genre) // 2], 5.0)
        shares = [
            np.mean([genre in predictor.items[place].genres for place in found])
            for found in (listed(predictor, history), popular)
        ]
        gained.append(shares[0] - shares[1])
    assert np.mean(gained) > 0.05


def test_what_is_near_an_item_rises_once_that_item_was_had(predictor: Predictor) -> None:
    rose = []
    for item in range(0, len(predictor.items), 5):
        near = predictor.similar(item, 1).items[0]
        if item in HISTORY or near in HISTORY:
            continue
        before, after = (
            predictor.explain(history, near, cold_below=0).score
            for history in (HISTORY, HISTORY | {item: 5.0})
        )
        rose.append(after > before)
    assert len(rose) > 20
    assert np.mean(rose) >= 0.9


# ---- what must not matter


def test_the_order_of_a_history_does_not_matter(predictor: Predictor) -> None:
    turned = dict(reversed(HISTORY.items()))
    assert list(turned) != list(HISTORY)
    assert predictor.rank(HISTORY, 20, cold_below=3) == predictor.rank(turned, 20, cold_below=3)


def test_a_genre_is_the_list_with_the_rest_left_out(predictor: Predictor) -> None:
    whole = listed(predictor, HISTORY, len(predictor.items))
    for genre in predictor.genres:
        of_genre = [place for place in whole if genre in predictor.items[place].genres]
        found = predictor.rank(HISTORY, len(whole), genre=genre, cold_below=3)
        assert list(found.items) == of_genre
        assert not found.more


def test_a_longer_list_begins_with_the_shorter_one(predictor: Predictor) -> None:
    assert listed(predictor, HISTORY, 50)[:10] == listed(predictor, HISTORY, 10)


def test_a_list_longer_than_the_catalogue_is_all_of_it_but_what_was_had(predictor: Predictor) -> None:
    found = listed(predictor, HISTORY, 10 * len(predictor.items))
    assert sorted([*found, *HISTORY]) == list(range(len(predictor.items)))


@pytest.mark.parametrize("name", ["item-knn", "ease"])
def test_who_stands_where_does_not_matter(some: Interactions, settings: Params, name: str) -> None:
    """Users in another order give the same model; items in another order the same one in that order."""
    chosen = {"neighbours": 30.0, "regularisation": 100.0}
    users, items = (np.random.default_rng(8).permutation(len(ids)) for ids in (some.users, some.items))
    columns = zip(users[some.user], items[some.item], some.value, some.time, strict=True)
    moved = interactions(
        [(int(u), int(i), float(v), int(t)) for u, i, v, t in columns], len(users), len(items)
    )
    one, other = (candidates.make(name, chosen, settings).fit(found) for found in (some, moved))
    expected = one.scores(some.matrix()[:30, :])
    found = other.scores(moved.matrix()[users[:30], :])[:, items]
    if name == "ease":  # neighbours that are equally near are cut off by their place
        assert np.allclose(found, expected, atol=1e-4)
    else:
        assert np.isclose(found, expected, atol=1e-4).mean() > 0.95


# ---- how little is enough


@pytest.mark.parametrize(("ratings", "personal"), [(0, False), (2, False), (3, True)])
def test_below_three_ratings_the_popular_list_is_given_and_said_so(
    predictor: Predictor, ratings: int, personal: bool
) -> None:
    history = dict(list(HISTORY.items())[:ratings])
    assert predictor.rank(history, 10, cold_below=3).personal is personal
    assert predictor.explain(history, 5, cold_below=3).personal is personal
