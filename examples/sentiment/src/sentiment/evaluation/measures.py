"""Metrics of scored reviews with their intervals, in the form that the evidence holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import training
from ..portfolio.calibration import brier
from ..portfolio.intervals import bootstrap, paired_difference
from ..portfolio.ranking import roc_auc
from ..serving.predictor import is_answered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..model.fitting import Labels, Scores
    from ..params import Params
    from ..portfolio.intervals import Interval
    from .protocols import Scored

    Metric = Callable[[NDArray[Any], NDArray[Any]], float]  # of truth and score

HEADLINE = "accuracy"


def accuracy(truth: Labels, score: Scores) -> float:
    """Share of right labels when every text is answered."""
    return float(np.mean((score >= 0.5) == (truth == 1)))


def log_loss(truth: Labels, score: Scores) -> float:
    """Mean negative logarithm of the probability of the truth, in nats."""
    score = np.clip(score, 1e-12, 1 - 1e-12)
    return float(-np.mean(np.where(truth == 1, np.log(score), np.log(1 - score))))


METRICS: dict[str, Metric] = {HEADLINE: accuracy, "roc_auc": roc_auc, "log_loss": log_loss, "brier": brier}


def groups(scored: Scored) -> NDArray[Any] | None:
    """Return the product of each review: reviews of one product are drawn together; None where none is known.

    A review without a product stands for itself, as in the split.
    """
    if len({review.product for review in scored.reviews} - {None}) < 2:
        return None
    return np.array([review.product or f"review {review.id}" for review in scored.reviews])


def of_models(scored: Scored, params: Params, names: Sequence[str]) -> list[dict[str, Any]]:
    """Measure every model by the metrics `names`."""
    return [
        row(name, scored, model, interval(METRICS[name], scored, score, params))
        for model, score in scored.scores.items()
        for name in names
    ]


def of_band(scored: Scored, params: Params, band: Sequence[float]) -> list[dict[str, Any]]:
    """Measure what the served model answers outside its band, and how much it hands over."""
    score = scored.scores[training.SERVED]

    def answered(truth: Labels, score: Scores) -> float:
        kept = is_answered(score, band)
        return accuracy(truth[kept], score[kept]) if kept.any() else 0.0

    def abstained(_: Labels, score: Scores) -> float:
        return float(1 - is_answered(score, band).mean())

    return [
        row(name, scored, training.SERVED, interval(metric, scored, score, params))
        for name, metric in (("accuracy_answered", answered), ("abstained", abstained))
    ]


def interval(metric: Metric, scored: Scored, score: Scores, params: Params) -> Interval:
    """Measure with the project's resamples and seed."""
    settings = params.evaluation
    return bootstrap(
        metric, scored.labels, score, resamples=settings.resamples, seed=params.seed, groups=groups(scored)
    )


def difference(scored: Scored, params: Params, one: str, other: str) -> Interval:
    """Measure the accuracy of `one` minus that of `other`, on the same resamples."""
    return paired_difference(
        accuracy,
        scored.labels,
        scored.scores[one],
        scored.scores[other],
        resamples=params.evaluation.resamples,
        seed=params.seed,
        groups=groups(scored),
    )


def row(name: str, scored: Scored, model: str, measured: Interval) -> dict[str, Any]:
    """Return one of the evidence's `metrics`."""
    return {
        "name": name,
        "protocol": scored.protocol,
        "model": model,
        "value": measured.value,
        "ci95": measured.as_list(),
        "n": len(scored.labels),
    }


def threshold(scored: Scored, metadata: dict[str, Any]) -> dict[str, Any]:
    """Describe the neutral band and what it does on the test part."""
    band, cost = metadata["band"], metadata["cost"]
    score, truth = scored.scores[training.SERVED], scored.labels == 1
    kept = is_answered(score, band)
    wrong = (score >= 0.5) != truth
    confusion = {
        "right": int(np.sum(kept & ~wrong)),
        "wrong": int(np.sum(kept & wrong)),
        "handed_over": int(np.sum(~kept)),
        "wrong_without_band": int(np.sum(wrong)),
    }
    per_thousand = 1000 / len(truth)
    with_band = confusion["wrong"] * cost["wrong"] + confusion["handed_over"] * cost["abstain"]
    return {
        "value": float(band[1]),
        "chosen_on": metadata["chosen_on"],
        "rule": "lowest total cost of wrong answers and reviews handed to a person",
        "costs": cost,
        "confusion": confusion,
        "at": {
            "low": float(band[0]),
            "cost_per_1000_chosen": with_band * per_thousand,
            "cost_per_1000_always_answer": confusion["wrong_without_band"] * cost["wrong"] * per_thousand,
            "cost_per_1000_person": cost["abstain"] * 1000,
        },
    }
