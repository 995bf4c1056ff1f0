"""Why the model answers as it does: the largest contributions to one prediction, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.features import FEATURES, TYPES
from ..model.quantities import QUANTITIES, show

if TYPE_CHECKING:
    from collections.abc import Sequence

_REASONS = 3  # a technician reads three; the others are summed up


@dataclass(frozen=True, slots=True)
class Reason:
    """How much one quantity moved the prediction."""

    feature: str
    value: float
    contribution: float  # log-odds: above 0 towards failure
    odds_factor: float  # the same, as the factor by which the odds of a failure are multiplied
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A prediction taken apart: base + contributions of `reasons` + others = margin."""

    reasons: tuple[Reason, ...]  # largest first
    others: float  # log-odds: the contributions that are not listed, together
    base: float  # log-odds of the average reading
    margin: float  # log-odds of this reading; its logistic function is the probability


def explain(row: Sequence[float], contributions: Sequence[float]) -> Explanation:
    """Name the three quantities that count most.

    Args:
        row: the nine `FEATURES` of one reading.
        contributions: SHAP values in log-odds, one a feature and then the base, as XGBoost's `pred_contribs`
            gives them.

    Source: Lundberg et al., From local explanations to global understanding with explainable AI for trees,
    Nature Machine Intelligence 2, 2020.
    """
    *shares, base = contributions
    ranked = sorted(zip(FEATURES, row, shares, strict=True), key=lambda item: abs(item[2]), reverse=True)
    return Explanation(
        reasons=tuple(_reason(*item) for item in ranked[:_REASONS]),
        others=math.fsum(share for _, _, share in ranked[_REASONS:]),
        base=base,
        margin=math.fsum(contributions),
    )


def _reason(feature: str, value: float, share: float) -> Reason:
    if feature == "type":
        what = f"product quality {list(TYPES)[int(value)]}"
    else:
        what = f"{QUANTITIES[feature].label} {show(feature, value)}"
    text = f"{what} {'raises' if share > 0 else 'lowers'} the risk"
    return Reason(feature, value, share, math.exp(share), text)
