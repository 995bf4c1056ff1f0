"""How the served model does for users who have rated little and much, beside the popular list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.candidates import BASELINE
from . import measures

if TYPE_CHECKING:
    from ..params import Params
    from .protocols import Tested

QUARTERS = ("least active quarter", "second quarter", "third quarter", "most active quarter")


def by_activity(tested: Tested, model: str, params: Params) -> list[dict[str, Any]]:
    """Return NDCG by quarter of the judged users, ordered by how many items they have had in training."""
    judged = tested.judged[model]
    activity = np.bincount(tested.parts.train.user, minlength=len(tested.parts.train.users))[judged.users]
    order = np.argsort(activity, kind="stable")
    rows = []
    for name, quarter in zip(QUARTERS, np.array_split(order, len(QUARTERS)), strict=True):
        low, high = (int(activity[quarter[place]]) for place in (0, -1))
        for shown in dict.fromkeys((model, BASELINE)):
            per_user = tested.judged[shown].ndcg[quarter]
            enough = len(per_user) >= params.evaluation.minimum_slice
            interval = measures.mean(per_user, params) if enough else None
            rows.append(
                {
                    "by": f"activity, {shown}",
                    "group": f"{name} ({low} to {high} items)",
                    "metric": measures.HEADLINE,
                    "protocol": tested.parts.protocol,
                    "model": shown,
                    "n": len(per_user),
                    "value": interval.value if interval else None,
                    "ci95": interval.as_list() if interval else None,
                }
            )
    return sorted(rows, key=lambda row: str(row["by"]) != f"activity, {model}")
