"""Metrics of a scored test with their intervals, in the form that the evidence holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import candidates, fitting
from ..model.costs import total_cost
from ..portfolio.calibration import brier
from ..portfolio.intervals import bootstrap
from ..portfolio.ranking import average_precision, roc_auc
from .protocols import REPEATED
from .ranks import BY_RANK, dense

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..model.fitting import Labels, Scores
    from ..params import Params
    from ..portfolio.intervals import Interval
    from .protocols import Scored

    Metric = Callable[..., float]  # of truth and score

HEADLINE = "average_precision"


def at_threshold(threshold: float) -> dict[str, Metric]:
    """Return the metrics of the decisions that `threshold` makes."""

    def precision(failure: Labels, score: Scores) -> float:
        alarm = score >= threshold
        return float(failure[alarm].mean()) if alarm.any() else 0.0  # no alarm: nothing to be right about

    def recall(failure: Labels, score: Scores) -> float:
        return float((score[failure == 1] >= threshold).mean())

    def f1(failure: Labels, score: Scores) -> float:
        hits = float(np.sum((score >= threshold) & (failure == 1)))
        return 2 * hits / float(np.sum(score >= threshold) + failure.sum())

    def accuracy(failure: Labels, score: Scores) -> float:
        return float(np.mean((score >= threshold) == (failure == 1)))

    return {"precision": precision, "recall": recall, "f1": f1, "accuracy": accuracy}


def of_models(scored: Scored, protocol: str, params: Params) -> list[dict[str, Any]]:
    """Measure ranking and probabilities of every model, with intervals over single rows."""
    metrics = {HEADLINE: average_precision, "roc_auc": roc_auc, "brier": brier}
    return [
        _row(name, protocol, model_, interval(metric, scored.failure, score, params), len(score))
        for model_, score in scored.scores.items()
        for name, metric in metrics.items()
    ]


def of_blocks(
    scored: Scored, protocol: str, params: Params, groups: NDArray[Any] | None
) -> list[dict[str, Any]]:
    """Measure the ranking of every model; `groups` are the tools, whose rows are drawn together."""
    return [
        _row(
            HEADLINE,
            protocol,
            model_,
            interval(average_precision, scored.failure, score, params, groups),
            len(score),
        )
        for model_, score in scored.scores.items()
    ]


def of_decisions(scored: Scored, protocol: str, params: Params, threshold: float) -> list[dict[str, Any]]:
    """Measure the alarms of the served model, and the accuracy of never raising one."""
    score, n = scored.scores[fitting.SERVED], len(scored.rows)
    rows = [
        _row(name, protocol, fitting.SERVED, interval(metric, scored.failure, score, params), n)
        for name, metric in at_threshold(threshold).items()
    ]
    never = interval(at_threshold(np.inf)["accuracy"], scored.failure, scored.scores["dummy"], params)
    note = "raises no alarm at all: why accuracy is no measure here"
    return [*rows, _row("accuracy", protocol, "dummy", never, n) | {"note": note}]


def of_repeats(parts: Sequence[Scored]) -> list[dict[str, Any]]:
    """Measure the mean over several splits and its spread; their test parts overlap: no interval."""
    rows = []
    for name in candidates.MODELS:
        values = [average_precision(part.failure, part.scores[name]) for part in parts]
        rows.append(
            {
                "name": HEADLINE,
                "protocol": REPEATED,
                "model": name,
                "value": np.mean(values),
                "ci95": None,
                "sd": np.std(values, ddof=1),
                "n": len(parts[0].rows),
                "note": f"mean of {len(parts)} random splits",
            }
        )
    return rows


def interval(
    metric: Metric, truth: NDArray[Any], score: Scores, params: Params, groups: NDArray[Any] | None = None
) -> Interval:
    """Measure with the project's resamples and seed; rows of one group are drawn together."""
    settings = params.evaluation
    values = dense(score) if metric in BY_RANK else score
    quick = BY_RANK.get(metric, metric)
    return bootstrap(quick, truth, values, resamples=settings.resamples, seed=params.seed, groups=groups)


def _row(name: str, protocol: str, model_: str, measured: Interval, n: int) -> dict[str, Any]:
    return {
        "name": name,
        "protocol": protocol,
        "model": model_,
        "value": measured.value,
        "ci95": measured.as_list(),
        "n": n,
    }


def threshold_facts(scored: Scored, metadata: dict[str, Any], params: Params) -> dict[str, Any]:
    """Describe the alarm threshold and what it does on the test part."""
    value, failure, score = float(metadata["threshold"]), scored.failure, scored.scores[fitting.SERVED]
    alarm = score >= value
    confusion = {
        "caught": int(np.sum(alarm & (failure == 1))),
        "missed": int(np.sum(~alarm & (failure == 1))),
        "false_alarms": int(np.sum(alarm & (failure == 0))),
        "quiet": int(np.sum(~alarm & (failure == 0))),
    }
    per_thousand = 1000 / len(failure)
    costs = {"chosen": value, "half": 0.5, "never_alarm": np.inf}
    return {
        "value": value,
        "chosen_on": metadata["chosen_on"],
        "rule": "lowest total cost of missed failures and false alarms",
        "costs": metadata["cost"],
        "confusion": confusion,
        "at": {name: metric(failure, score) for name, metric in at_threshold(value).items()}
        | {
            f"cost_per_1000_{name}": total_cost(failure, score, at, params.cost) * per_thousand
            for name, at in costs.items()
        },
    }
