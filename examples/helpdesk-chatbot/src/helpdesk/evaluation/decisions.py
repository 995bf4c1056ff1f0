"""What the service would do with each test question: the very code that serves decides here, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..portfolio.ranking import roc_auc
from . import measures
from .searches import HYBRID

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from ..params import Params
    from ..portfolio.intervals import Interval

    Flags = NDArray[np.bool_]
    Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decisions:
    """One row for each question of the test part; every array has the shape (questions,)."""

    in_scope: Flags  # some past ticket is about it
    right: Flags  # the first ticket is about it
    confidence: Scores  # 0 to 1: the probability that the first ticket is right
    similarity: Scores  # 0 to 1: the search's score of the first ticket, 0 without one
    answered: Flags
    asked_back: Flags  # not answered, but topics were offered
    shown: NDArray[np.int64]  # sentences of the answer
    verbatim: NDArray[np.int64]  # of those, the ones that stand in the resolution of the ticket they cite


def of_threshold(found: Decisions, protocol: str, params: Params) -> list[dict[str, Any]]:
    """Return what the threshold does, each figure with its interval; what cannot be measured is left out."""
    scope, answered, right = found.in_scope, found.answered, found.right
    shares = {
        "answered": answered[scope],
        "accuracy_answered": right[answered],
        "false_fallback": (right & ~answered)[scope],
        "oos_recall": ~answered[~scope],
        "groundedness": np.repeat(
            [True, False], [found.verbatim.sum(), (found.shown - found.verbatim).sum()]
        ),
    }
    rows = [
        measures.row(name, protocol, HYBRID, measures.mean(values.astype(np.float64), params), len(values))
        for name, values in shares.items()
        if len(values)
    ]
    if scope.any() and not scope.all():
        interval = measures.measured(roc_auc, scope, found.confidence, params)
        rows.append(measures.row("oos_auroc", protocol, HYBRID, interval, len(scope)))
    interval = _area(found.right, found.confidence, params)
    return [*rows, measures.row("area_under_risk", protocol, HYBRID, interval, len(scope))]


def gain_over_similarity(found: Decisions, params: Params) -> Interval:
    """Return the area under risk by similarity minus that by confidence: above 0, the confidence helps."""
    rows = np.arange(len(found.right))

    def gain(drawn: NDArray[np.int64], _: NDArray[np.int64]) -> float:
        right = found.right[drawn]
        by_similarity, by_confidence = (
            measures.area_under_risk(right, score[drawn]) for score in (found.similarity, found.confidence)
        )
        return by_similarity - by_confidence

    return measures.measured(gain, rows, rows, params)


def threshold(found: Decisions, metadata: dict[str, Any], params: Params) -> dict[str, Any]:
    """Describe the threshold and what it does on the test part: the evidence's `threshold`."""
    costs = params.threshold
    answered, right = found.answered, found.right
    confusion = {
        "answered_right": int((answered & right).sum()),
        "answered_wrong": int((answered & ~right & found.in_scope).sum()),
        "answered_out_of_scope": int((answered & ~found.in_scope).sum()),
        "handed_over_though_right": int((~answered & right).sum()),
        "handed_over_wrong": int((~answered & ~right & found.in_scope).sum()),
        "handed_over_out_of_scope": int((~answered & ~found.in_scope).sum()),
    }
    per_hundred = 100 / len(right)
    return {
        "value": float(metadata["threshold"]),
        "chosen_on": str(metadata["chosen_on"]),
        "rule": "lowest total cost of wrong answers and of questions that go to a person",
        "costs": {"wrong_answer": costs.wrong_answer, "person": costs.person},
        "confusion": confusion,
        "at": {
            "cost_per_100_chosen": per_hundred
            * (costs.wrong_answer * (answered & ~right).sum() + costs.person * (~answered).sum()),
            "cost_per_100_always_answer": per_hundred * costs.wrong_answer * (~right).sum(),
            "cost_per_100_person": 100 * costs.person,
            "asked_back": float(found.asked_back.mean()),
        },
    }


def _area(right: Flags, score: Scores, params: Params) -> Interval:
    return measures.measured(measures.area_under_risk, right, score, params)
