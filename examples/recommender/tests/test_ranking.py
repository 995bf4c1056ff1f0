"""The metrics: against numbers worked out by hand, against another implementation, and at the edges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse

from recommender.evaluation import measures
from recommender.model import judge, top
from recommender.model.popularity import Popularity
from recommender.model.top import top_k
from recommender.portfolio.errors import EvidenceError

if TYPE_CHECKING:
    from recommender.model.base import Scores
    from recommender.model.split import Parts


def relevant(rows: list[list[int]], items: int) -> sparse.csr_array:
    matrix = np.zeros((len(rows), items), dtype=np.float32)
    for row, wanted in enumerate(rows):
        matrix[row, wanted] = 1
    return sparse.csr_array(matrix)


def test_a_list_worked_out_by_hand() -> None:
    """Hits at ranks 1 and 3 of 3, four relevant items.

    DCG = 1/log2(2) + 1/log2(4) = 1.5; ideal of three hits = 1 + 1/log2(3) + 1/2 = 2.1309; NDCG = 0.7039.
    Recall = 2/4. AP = (1/1 + 2/3) / min(3, 4) = 0.5556.
    """
    lists = np.array([[7, 2, 4]], dtype=np.int32)
    ndcg, recall, ap = judge.measures(lists, relevant([[4, 5, 6, 7]], 10), 3)
    assert ndcg[0] == pytest.approx(1.5 / (1 + 1 / math.log2(3) + 0.5))
    assert ndcg[0] == pytest.approx(0.7039, abs=1e-4)
    assert recall[0] == 0.5
    assert ap[0] == pytest.approx((1 + 2 / 3) / 3)


def test_the_best_list_scores_one_and_an_empty_one_nothing() -> None:
    lists = np.array([[1, 2, -1], [-1, -1, -1]], dtype=np.int32)
    ndcg, recall, ap = judge.measures(lists, relevant([[1, 2], [0]], 5), 3)
    assert ndcg.tolist() == recall.tolist() == ap.tolist() == [1.0, 0.0]


def slow_ndcg(listed: list[int], wanted: set[int], k: int) -> float:
    """NDCG as its definition reads, one item after the other."""
    found = sum(1 / math.log2(rank + 1) for rank, item in enumerate(listed, 1) if item in wanted)
    return found / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(wanted)) + 1))


def slow_ap(listed: list[int], wanted: set[int], k: int) -> float:
    hits, total = 0, 0.0
    for rank, item in enumerate(listed, 1):
        if item in wanted:
            hits += 1
            total += hits / rank
    return total / min(k, len(wanted))


def test_a_second_implementation_agrees() -> None:
    draw = np.random.default_rng(3)
    for k in (1, 5, 10):
        lists = np.stack([draw.permutation(40)[:k] for _ in range(60)]).astype(np.int32)
        wanted = [draw.permutation(40)[: draw.integers(1, 15)].tolist() for _ in range(60)]
        ndcg, recall, ap = judge.measures(lists, relevant(wanted, 40), k)
        for row, one in enumerate(wanted):
            listed = lists[row].tolist()
            assert ndcg[row] == pytest.approx(slow_ndcg(listed, set(one), k))
            assert recall[row] == pytest.approx(len(set(one) & set(listed)) / len(one))
            assert ap[row] == pytest.approx(slow_ap(listed, set(one), k))


def test_top_k_is_a_stable_sort_whatever_the_ties() -> None:
    draw = np.random.default_rng(4)
    for k in (1, 3, 10, 25, 40):
        scores = draw.integers(0, 4, size=(50, 25)).astype(np.float32)
        scores[draw.random(scores.shape) < 0.2] = -np.inf
        expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        found = top_k(scores, k)
        for row in range(len(scores)):
            there = np.isfinite(scores[row, expected[row]])
            assert found[row].tolist() == np.where(there, expected[row], -1).tolist()


@pytest.mark.parametrize("levels", [2, 50, 10_000])
def test_top_k_of_many_items_is_a_stable_sort_wherever_a_block_ends(
    levels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few levels mean thousands of ties; 1,003 items leave a rest when they are dealt into columns."""
    draw = np.random.default_rng(levels)
    scores = draw.integers(0, levels, size=(23, 1003)).astype(np.float32)
    scores[draw.random(scores.shape) < 0.1] = -np.inf
    scores[5] = -np.inf
    scores[6, 3:] = -np.inf
    scores[7] = 0.0
    for cells in (1, 5 * 1003, 2**18):
        monkeypatch.setattr(top, "CELLS", cells)
        for k in (1, 10, 62, 63, 900):
            expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
            there = np.isfinite(np.take_along_axis(scores, expected, axis=1))
            assert np.array_equal(top_k(scores, k), np.where(there, expected, -1))


def test_a_sample_of_candidates_is_refused(parts: Parts) -> None:
    class Sampled(Popularity):
        def scores(self, histories: Any) -> Scores:
            scores = super().scores(histories)
            scores[:, ::7] = -np.inf
            return scores

    with pytest.raises(EvidenceError, match="a ranking of a sample is not comparable"):
        judge.judged(Sampled().fit(parts.train), parts, 10, 1000)


def test_chunks_change_nothing(parts: Parts) -> None:
    model = Popularity().fit(parts.train)
    whole, cut = (judge.judged(model, parts, 10, chunk) for chunk in (1000, 7))
    assert (whole.lists == cut.lists).all()
    assert (whole.ndcg == cut.ndcg).all()


def test_what_was_seen_is_never_listed(parts: Parts) -> None:
    judged = judge.judged(Popularity().fit(parts.train), parts, 10, 1000)
    seen = parts.train.matrix()
    for row, user in enumerate(judged.users):
        history = seen[[int(user)], :].indices
        assert not np.isin(judged.lists[row], history).any()


def test_inequality_and_surprise_at_their_ends() -> None:
    everybody_the_same = np.zeros((50, 1), dtype=np.int32)
    everybody_another = np.arange(50, dtype=np.int32)[:, None]
    assert measures.gini(everybody_the_same, 50) == pytest.approx(0.98)
    assert measures.gini(everybody_another, 50) == pytest.approx(0.0)
    assert measures.novelty(everybody_the_same, np.ones(50)).tolist() == [0.0] * 50
