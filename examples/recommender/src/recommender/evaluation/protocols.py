"""Fit every model on each split and judge it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import candidates, judge, split
from ..model.mf import ExplicitMf
from ..model.popularity import Random

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..data.interactions import Interactions
    from ..model.base import Recommender
    from ..model.judge import Judged
    from ..params import Params


@dataclass(frozen=True, slots=True)
class Tested:
    """All models under one protocol, in the order of the tables."""

    parts: split.Parts
    judged: Mapping[str, Judged]
    rmse: Mapping[str, float]  # of the models that guess ratings, over the test's pairs


def examine(
    found: Interactions,
    protocol: str,
    params: Params,
    settings: Mapping[str, Mapping[str, float]],
    *,
    served: Mapping[str, Recommender] | None = None,
    explicit: bool = True,
) -> Tested:
    """Judge each model of `settings`, and chance.

    Args:
        found: all interactions.
        protocol: one of `split.PROTOCOLS`.
        params: of the project.
        settings: chosen on validation data, by model.
        served: models that are taken as they are, by name: the stored one under the protocol that it was
            trained for.
        explicit: whether there are ratings.
    """
    parts = split.parts(found, protocol, params)
    results, errors = {}, {}
    known = {Random.name: {}, **settings}
    for name in (name for name in candidates.ORDER if name in known):
        model = (served or {}).get(name)
        if model is None:
            model = candidates.make(name, known[name], params, explicit=explicit).fit(parts.train)
        results[name] = judge.judged(model, parts, params.evaluation.k, params.training.chunk_users)
        if isinstance(model, ExplicitMf) and len(model.users):
            errors[name] = model.rmse(parts.test)
    if explicit:
        errors["mean"] = float(
            np.sqrt(np.mean((parts.test.value - parts.train.value.mean(dtype=np.float64)) ** 2))
        )
    return Tested(parts, results, errors)
