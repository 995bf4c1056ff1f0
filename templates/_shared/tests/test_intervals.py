from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from parts.errors import EvidenceError
from parts.intervals import bootstrap, paired_difference
from parts.ranking import average_precision, roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray


def mean(_: NDArray[Any], score: NDArray[Any]) -> float:
    return float(score.mean())


def labels(n: int, share: float, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    random = np.random.default_rng(seed)
    truth = random.random(n) < share
    return truth, random.random(n) + 0.5 * truth


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    x = np.random.default_rng(1).normal(10, 2, 400)
    found = bootstrap(mean, x, x, resamples=2000, seed=1)
    low, high = stats.norm.interval(0.95, loc=x.mean(), scale=x.std() / np.sqrt(len(x)))
    assert found.value == x.mean()
    assert found.as_list() == pytest.approx([low, high], abs=0.03)


def test_about_95_of_100_intervals_hold_the_true_value() -> None:
    random = np.random.default_rng(3)
    samples = [random.normal(0, 1, 100) for _ in range(100)]
    intervals = [bootstrap(mean, x, x, resamples=200, seed=i) for i, x in enumerate(samples)]
    assert 88 <= sum(found.low <= 0 <= found.high for found in intervals) <= 100


def test_the_seed_decides_the_draws() -> None:
    truth, score = labels(200, 0.2)
    first, again, other = (bootstrap(roc_auc, truth, score, resamples=100, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_a_model_differs_from_itself_by_exactly_nothing() -> None:
    truth, score = labels(300, 0.1)
    assert paired_difference(roc_auc, truth, score, score, resamples=50, seed=1).as_list() == [0.0, 0.0]


def test_a_paired_difference_is_surer_than_two_intervals() -> None:
    truth, score = labels(500, 0.1)
    worse = score + np.random.default_rng(9).normal(0, 0.05, 500)
    a, b = (bootstrap(roc_auc, truth, s, resamples=300, seed=1) for s in (score, worse))
    paired = paired_difference(roc_auc, truth, score, worse, resamples=300, seed=1)
    assert paired.value == pytest.approx(a.value - b.value)
    assert paired.high - paired.low < 0.5 * (a.high - b.low - (a.low - b.high))


def test_rows_that_belong_together_widen_the_interval() -> None:
    random = np.random.default_rng(5)
    users = np.repeat(np.arange(40), 25)
    x = random.normal(0, 1, 40)[users] + random.normal(0, 0.1, 1000)
    by_row = bootstrap(mean, x, x, resamples=400, seed=1)
    by_user = bootstrap(mean, x, x, resamples=400, seed=1, groups=users)
    assert by_user.high - by_user.low == pytest.approx(5 * (by_row.high - by_row.low), rel=0.25)  # sqrt(25)


def test_groups_are_drawn_whole() -> None:
    groups = np.array(["b", "a", "b", "c"])
    x = np.arange(4.0)

    def rows_of_b(_: NDArray[Any], score: NDArray[Any]) -> float:
        assert (score == 0).sum() == (score == 2).sum()
        return float((score == 0).sum())

    assert bootstrap(rows_of_b, x, x, resamples=100, seed=1, groups=groups).high > 1


def test_a_rare_class_is_in_every_draw() -> None:
    truth = np.array([1] + [0] * 30)
    found = bootstrap(average_precision, truth, np.linspace(1, 0, 31), resamples=200, seed=1)
    assert found.value == 1.0  # a third of plain draws would hold no positive at all


@pytest.mark.parametrize(
    ("truth", "changes", "words"),
    [
        pytest.param([], {}, "no rows to measure on", id="empty"),
        pytest.param([1, 1, 1], {}, "every truth is 1", id="one class"),
        pytest.param([0, 1], {}, r"have \[2, 3\] rows", id="lengths"),
        pytest.param([0, 1, 1], {"groups": np.zeros(3)}, "belong to one group", id="one group"),
        pytest.param([0, 1, 1], {"groups": np.zeros(2)}, r"have \[2, 3\] rows", id="group lengths"),
        pytest.param([0, 1, 1], {"resamples": 39}, "39 resamples; .* at least 40", id="resamples"),
        pytest.param([0, 1, 1], {"metric": lambda *_: float("nan")}, "not a finite number", id="nan"),
    ],
)
def test_what_has_no_interval_is_refused(truth: list[int], changes: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {"metric": mean, "resamples": 50, "seed": 1, **changes}
    score = np.arange(3.0) if truth else np.array([])
    with pytest.raises(EvidenceError, match=words):
        bootstrap(arguments.pop("metric"), np.array(truth), score, **arguments)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("share", [0.03, 0.5])
def test_the_quick_metrics_equal_scikit_learn(share: float, ties: bool) -> None:
    truth, score = labels(700, share, seed=2)
    if ties:
        score = score.round(1)
    assert average_precision(truth, score) == pytest.approx(average_precision_score(truth, score), abs=1e-12)
    assert roc_auc(truth, score) == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


def test_a_score_that_says_nothing() -> None:
    truth, _ = labels(500, 0.2)
    assert average_precision(truth, np.zeros(500)) == pytest.approx(truth.mean())
    assert roc_auc(truth, np.zeros(500)) == 0.5


def test_without_both_classes_there_is_no_figure() -> None:
    assert np.isnan(average_precision(np.zeros(3), np.arange(3)))
    assert np.isnan(roc_auc(np.zeros(3), np.arange(3)))
    assert np.isnan(roc_auc(np.ones(3), np.arange(3)))
