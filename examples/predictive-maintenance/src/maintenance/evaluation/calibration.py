"""Do the probabilities of the served model mean what they say?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..model import fitting
from ..portfolio import calibration

if TYPE_CHECKING:
    from ..params import Params
    from .protocols import Scored


def table(scored: Scored, protocol: str, params: Params) -> dict[str, Any]:
    """Compare predicted with observed shares of failures; returns the evidence's `calibration`."""
    base_rate = float(scored.scores["dummy"][0])
    found = calibration.table(
        scored.failure, scored.scores[fitting.SERVED], bins=params.evaluation.bins, base_rate=base_rate
    )
    return {"protocol": protocol, "model": fitting.SERVED, **found}
