"""Each model: what it minimises, what it answers, what it keeps."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from conftest import interactions
from scipy import sparse

from recommender.model import als, candidates, judge
from recommender.model.als import ImplicitAls
from recommender.model.ease import Ease
from recommender.model.knn import ItemKnn
from recommender.model.mf import Biases, ExplicitMf
from recommender.model.padded import batches
from recommender.model.popularity import Popularity, Random

if TYPE_CHECKING:
    from recommender.data.interactions import Interactions
    from recommender.model.base import Recommender
    from recommender.model.split import Parts
    from recommender.params import Params

SETTINGS: dict[str, dict[str, float]] = {
    "popularity": {},
    "item-knn": {"neighbours": 30},
    "mf-explicit": {"regularisation": 0.1},
    "als-implicit": {"factors": 8, "alpha": 5.0, "regularisation": 1.0},
    "ease": {"regularisation": 100.0},
}
PERSONAL = [name for name in SETTINGS if name != "popularity"]


@pytest.fixture(scope="module")
def fitted(parts: Parts, settings: Params) -> dict[str, Recommender]:
    return {
        name: candidates.make(name, chosen, settings).fit(parts.train) for name, chosen in SETTINGS.items()
    }


# ---- what all of them have in common


@pytest.mark.parametrize("name", SETTINGS)
def test_the_interface_keeps_its_word(fitted: dict[str, Recommender], parts: Parts, name: str) -> None:
    model, user = fitted[name], int(parts.judged[3])
    seen = set(parts.train.item[parts.train.user == user].tolist())
    listed = model.recommend(user, 10)
    assert len(listed) == len(set(listed)) == 10
    assert not seen & set(listed)
    items = len(parts.train.items)
    assert set(model.recommend(user, items + 50)) == set(range(items)) - seen
    near = model.similar(5, 7)
    assert len(near) == 7
    assert 5 not in near


@pytest.mark.parametrize("name", SETTINGS)
def test_the_same_data_give_the_same_model(parts: Parts, settings: Params, name: str) -> None:
    one, other = (candidates.make(name, SETTINGS[name], settings).fit(parts.train).arrays() for _ in range(2))
    assert one.keys() == other.keys()
    for key in one:
        assert np.array_equal(one[key], other[key]), key


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_kept_gives_the_same_scores(fitted: dict[str, Recommender], parts: Parts, name: str) -> None:
    restored = candidates.restore(name, fitted[name].arrays())
    histories = parts.train.matrix()[:40, :]
    assert np.array_equal(restored.scores(histories), fitted[name].scores(histories))


@pytest.mark.parametrize("name", SETTINGS)
def test_one_history_scores_as_it_does_among_others(
    fitted: dict[str, Recommender], parts: Parts, name: str
) -> None:
    histories = parts.train.matrix()
    together = fitted[name].scores(histories)
    for row in (0, 17, 60):
        assert np.allclose(fitted[name].scores(histories[[row], :])[0], together[row], atol=1e-5)


@pytest.mark.parametrize("name", SETTINGS)
def test_start_and_contributions_add_up_to_the_score(
    fitted: dict[str, Recommender], parts: Parts, name: str
) -> None:
    model, history = fitted[name], parts.train.matrix()[[4], :]
    scores = model.scores(history)[0]
    for item in (0, 3, 40, 99):
        total = model.start(item) + float(model.contributions(history, item).sum())
        # A user's own bias is in each score and in no reason: it favours no item.
        apart = scores[item] - total
        assert apart == pytest.approx(0, abs=1e-3), item


@pytest.mark.parametrize("name", SETTINGS)
def test_an_empty_history_has_a_score_too(fitted: dict[str, Recommender], name: str, parts: Parts) -> None:
    nobody = sparse.csr_array((1, len(parts.train.items)), dtype=np.float32)
    scores = fitted[name].scores(nobody)
    assert scores.shape == (1, len(parts.train.items))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", PERSONAL)
def test_a_new_item_in_the_history_changes_that_users_list_and_nobody_elses(
    fitted: dict[str, Recommender], parts: Parts, name: str
) -> None:
    before = parts.train.matrix()[[0, 1], :]
    added = before.tolil()
    new = next(item for item in range(len(parts.train.items)) if before[0, item] == 0)
    added[0, new] = 5.0
    one, other = (fitted[name].scores(sparse.csr_array(histories)) for histories in (before, added))
    assert not np.allclose(one[0], other[0])
    assert np.allclose(one[1], other[1], atol=1e-5)


@pytest.mark.parametrize("name", ["item-knn", "als-implicit", "ease"])
def test_personal_lists_beat_the_popular_one(fitted: dict[str, Recommender], parts: Parts, name: str) -> None:
    personal, popular = (
        judge.judged(fitted[one], parts, 10, 1000).ndcg.mean() for one in (name, "popularity")
    )
    assert personal > popular


@pytest.mark.parametrize("name", ["item-knn", "als-implicit", "ease"])
def test_with_shuffled_users_nothing_personal_is_left(parts: Parts, settings: Params, name: str) -> None:
    """A canary: who had what is drawn by lot, each item as often as before; only that can be learned."""
    draw = np.random.default_rng(5)
    train = parts.train
    pairs = {(int(u), int(i)) for u, i in zip(draw.permutation(train.user), train.item, strict=True)}
    rows = [(u, i, 3.0, n) for n, (u, i) in enumerate(sorted(pairs))]
    shuffled = interactions(rows, len(train.users), len(train.items))
    model = candidates.make(name, SETTINGS[name], settings).fit(shuffled)
    lists = judge.ranked(model, train.matrix()[parts.judged, :], 10)
    ndcg, _, _ = judge.measures(lists, parts.test.matrix()[parts.judged, :], 10)
    popular = judge.judged(Popularity().fit(train), parts, 10, 1000).ndcg
    assert ndcg.mean() < popular.mean() + 3 * popular.std() / np.sqrt(len(popular))


# ---- popularity and chance


def test_popularity_counts_users() -> None:
    rows = [(0, 0, 5.0, 1), (1, 0, 1.0, 1), (0, 1, 5.0, 2), (2, 2, 5.0, 1)]
    model = Popularity().fit(interactions(rows, 3, 4))
    assert model.recommend(1, 3) == [1, 2, 3]  # equal ones in the order of the catalogue
    assert model.start(0) == pytest.approx(2 / 3)


def test_chance_is_another_order_for_each_history_and_always_the_same(some: Interactions) -> None:
    histories = some.matrix()
    one, again = (Random(1).fit(some).scores(histories) for _ in range(2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one[0], one[1])


# ---- neighbours


def test_nearness_worked_out_by_hand() -> None:
    """Items 0 and 1 share two users of two and three: 2 / (sqrt(6) + 1)."""
    rows = [(0, 0, 5.0, 1), (1, 0, 5.0, 1), (0, 1, 5.0, 2), (1, 1, 5.0, 2), (2, 1, 5.0, 1), (2, 2, 5.0, 2)]
    model = ItemKnn(5, 1.0).fit(interactions(rows, 3, 3))
    assert model.neighbours(0).tolist() == pytest.approx([0, 2 / (np.sqrt(6) + 1), 0])
    assert model.neighbours(2)[1] == pytest.approx(1 / (np.sqrt(3) + 1))


def test_only_the_nearest_vote(some: Interactions) -> None:
    model = ItemKnn(4, 10.0).fit(some)
    assert (np.diff(model.arrays()["starts"]) <= 4).all()


# ---- EASE


def test_ease_minimises_its_sum(some: Interactions) -> None:
    """Any other weights with a diagonal of 0 are worse."""
    ridge = 50.0
    weights = Ease(ridge).fit(some).arrays()["weights"].astype(np.float64)
    had = (some.matrix().toarray() > 0).astype(np.float64)

    def loss(candidate: np.ndarray) -> float:
        return float(((had - had @ candidate) ** 2).sum() + ridge * (candidate**2).sum())

    draw = np.random.default_rng(6)
    best = loss(weights)
    assert np.abs(np.diag(weights)).max() == 0
    for _ in range(5):
        step = 0.01 * draw.normal(size=weights.shape)
        np.fill_diagonal(step, 0)
        assert loss(weights + step) > best


def test_ease_agrees_with_one_regression_an_item(some: Interactions) -> None:
    ridge = 50.0
    weights = Ease(ridge).fit(some).arrays()["weights"]
    had = (some.matrix().toarray() > 0).astype(np.float64)
    for item in (0, 33):
        others = np.delete(np.arange(had.shape[1]), item)
        left = had[:, others].T @ had[:, others] + ridge * np.eye(len(others))
        expected = np.linalg.solve(left, had[:, others].T @ had[:, item])
        assert np.allclose(weights[others, item], expected, atol=1e-5)


# ---- implicit matrix factorisation


def test_each_sweep_lowers_the_loss(some: Interactions) -> None:
    weighed = sparse.csr_array(
        (np.ones(len(some), np.float32), some.matrix().indices, some.matrix().indptr),
        shape=some.matrix().shape,
    )
    losses = []
    for sweeps in (1, 2, 4, 8):
        model = ImplicitAls(8, 5.0, 0.01, sweeps, 1).fit(some)
        users = model.fold_in(some.matrix())
        losses.append(als.loss(users, model.arrays()["items"], weighed, 5.0, 0.01))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.9 * losses[0]


def test_folding_in_solves_the_equations(some: Interactions) -> None:
    """At the solution the derivative of the loss by the user's factors is 0: checked by small steps."""
    model = ImplicitAls(6, 5.0, 0.1, 5, 1).fit(some)
    items = model.arrays()["items"].astype(np.float64)
    had = some.matrix()[[7], :].toarray()[0] > 0
    user = model.fold_in(some.matrix()[[7], :])[0].astype(np.float64)

    def loss(factors: np.ndarray) -> float:
        error = had - items @ factors
        return float(((1 + 5.0 * had) * error**2).sum() + 0.1 * (factors**2).sum())

    for axis in np.eye(6):
        slope = (loss(user + 1e-4 * axis) - loss(user - 1e-4 * axis)) / 2e-4
        assert slope == pytest.approx(0, abs=2e-3)


def test_conjugate_gradients_come_to_the_exact_solution(
    some: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many steps a turn, training and solving exactly give the same lists."""
    monkeypatch.setattr(als, "STEPS", 30)
    model = ImplicitAls(6, 5.0, 0.1, 6, 1)
    items = als.train_factors(model._weighed(some.matrix()), model)
    model._items = items
    users = np.zeros((len(some.users), 6), dtype=np.float32)
    als._turn(users, items, list(batches(model._weighed(some.matrix()))), model)
    assert np.allclose(users, model.fold_in(some.matrix()), atol=1e-3)


LOG = [(0, 0, 30.0, 1), (0, 1, 1.0, 2), (1, 0, 30.0, 1), (1, 2, 1.0, 2), (2, 1, 1.0, 1), (2, 2, 1.0, 2)]


def flat_and_graded(sweeps: int, seed: int) -> list[ImplicitAls]:
    found = interactions(LOG, 3, 3)
    return [ImplicitAls(2, 5.0, 0.1, sweeps, seed, graded=graded).fit(found) for graded in (False, True)]


def test_folding_in_comes_nearer_to_what_was_had_more_often() -> None:
    """In a ridge regression, more weight on one row alone always shrinks the error of that row."""
    flat, graded = flat_and_graded(3, 1)
    graded._items = flat._items
    history = interactions(LOG, 3, 3).matrix()[[0], :]
    missing = [abs(1 - float(model.scores(history)[0, 0])) for model in (flat, graded)]
    assert missing[1] < missing[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_log_weighs_what_was_had_more_often(seed: int) -> None:
    """Trained until nothing moves any more: after a few sweeps the two are on different ways there."""
    history = interactions(LOG, 3, 3).matrix()
    flat, graded = (model.scores(history)[0] for model in flat_and_graded(200, seed))
    assert abs(1 - graded[0]) < abs(1 - flat[0])
    assert graded[0] - graded[1] > 0.01


def test_items_that_nobody_had_have_no_factors() -> None:
    rows = [(u, i, 3.0, i) for u in range(6) for i in range(5) if (u + i) % 2]
    model = ImplicitAls(3, 5.0, 0.1, 5, 1).fit(interactions(rows, 6, 7))
    assert (model.arrays()["items"][5:] == 0).all()
    assert model.neighbours(6).tolist() == [0.0] * 7


# ---- explicit matrix factorisation


def test_each_turn_lowers_the_explicit_loss(some: Interactions) -> None:
    losses = ExplicitMf(6, 0.1, 8, 1).fit(some).losses
    assert all(after <= before * (1 + 1e-5) for before, after in pairwise(losses))
    assert losses[-1] < 0.6 * losses[0]


def test_the_gradient_is_that_of_small_steps(some: Interactions) -> None:
    model = ExplicitMf(3, 0.1, 2, 1).fit(some)
    model.users, model.items = (rows.astype(np.float64) for rows in (model.users, model.items))  # type: ignore[assignment]
    matrix = some.matrix()
    by_user, by_item = model.gradient(matrix)
    draw = np.random.default_rng(2)
    for rows, slopes in ((model.users, by_user), (model.items, by_item)):
        for _ in range(8):
            place = (int(draw.integers(len(rows))), int(draw.integers(4)))
            kept, values = rows[place], []
            for step in (1e-3, -1e-3):
                rows[place] = kept + step
                values.append(_loss(model, matrix))
            rows[place] = kept
            assert slopes[place] == pytest.approx((values[0] - values[1]) / 2e-3, rel=1e-3, abs=1e-2)


def _loss(model: ExplicitMf, matrix: sparse.csr_array) -> float:
    """The sum in double precision: what is compared is its change by a small step."""
    pairs = sparse.coo_array(matrix)
    one, other = (rows.astype(np.float64) for rows in (model.users, model.items))
    guessed = (
        model.mean
        + one[pairs.row, 0]
        + other[pairs.col, 0]
        + (one[pairs.row, 1:] * other[pairs.col, 1:]).sum(axis=1)
    )
    sizes = sum(
        float((np.bincount(index, minlength=len(rows)) * (rows**2).sum(axis=1)).sum())
        for index, rows in ((pairs.row, one), (pairs.col, other))
    )
    return float(((pairs.data - guessed) ** 2).sum()) + model.regularisation * sizes


def test_after_a_turn_of_items_their_gradient_is_nothing(some: Interactions) -> None:
    model = ExplicitMf(4, 0.1, 6, 1).fit(some)
    by_user, by_item = model.gradient(some.matrix())
    assert np.abs(by_item).max() < 0.02
    assert np.abs(by_user).max() > np.abs(by_item).max()


def test_guessed_ratings_are_nearer_than_the_mean_and_factors_nearer_than_biases(parts: Parts) -> None:
    factors, biases = ExplicitMf(8, 0.15, 12, 1).fit(parts.train), Biases(0.05).fit(parts.train)
    mean = float(np.sqrt(np.mean((parts.test.value - parts.train.value.mean()) ** 2)))
    assert factors.rmse(parts.test) < mean
    assert biases.rmse(parts.test) < mean


# ---- batches


def test_batches_hold_every_entry_once(some: Interactions) -> None:
    matrix = some.matrix()
    rebuilt = np.zeros((matrix.shape[0], matrix.shape[1] + 1), dtype=np.float32)
    for batch in batches(matrix, cells=500):
        assert batch.columns.size <= max(500, batch.columns.shape[1])
        np.add.at(rebuilt, (batch.rows[:, None], batch.columns), batch.values)
    assert np.array_equal(rebuilt[:, :-1], matrix.toarray())
