"""Score every model on rows that it has not learned from, under three protocols.

`stratified-holdout`: one random 80/20 split, the stored model itself. `stratified-5x`: five such splits,
which shows the spread. `blocked-5`: five contiguous blocks, each predicted from the other four, which is
what a new month looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import candidates, fitting, split
from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from ..model.fitting import Labels, Scores
    from ..model.split import Split
    from ..params import Params

HOLDOUT = "stratified-holdout"
REPEATED = "stratified-5x"
BLOCKED = "blocked-5"


@dataclass(frozen=True, slots=True)
class Scored:
    """Predictions of every model for the same rows."""

    rows: NDArray[np.int64]  # positions in the readings
    failure: Labels
    scores: Mapping[str, Scores]  # by model


def holdout(table: pd.DataFrame, failure: Labels, params: Params, booster: Any) -> Scored:
    """Score the test part; `booster` is the stored model, the others are fitted on the training part."""
    train, test = split.holdout(failure, params.seed, params.model.test_share)
    stored = {fitting.SERVED: fitting.predict(booster, table.iloc[test])}
    return _score(table, failure, (train, test), params, stored)


def repeated(table: pd.DataFrame, failure: Labels, params: Params, first: Scored) -> list[Scored]:
    """Score the test parts of several random splits; the first of them is the hold-out's, which is known."""
    splits = split.repeats(failure, params.seed, params.evaluation.repeats, params.model.test_share)
    return [first, *(_score(table, failure, part, params, {}) for part in splits[1:])]


def blocked(table: pd.DataFrame, failure: Labels, params: Params) -> Scored:
    """Score every row from the blocks that it does not lie in."""
    splits = split.blocks(len(failure), params.evaluation.blocks)
    return pooled([_score(table, failure, part, params, {}) for part in splits])


def pooled(parts: list[Scored]) -> Scored:
    """Put several scored parts into one."""
    return Scored(
        rows=np.concatenate([part.rows for part in parts]),
        failure=np.concatenate([part.failure for part in parts]),
        scores={name: np.concatenate([part.scores[name] for part in parts]) for name in candidates.MODELS},
    )


def _score(
    table: pd.DataFrame, failure: Labels, part: Split, params: Params, known: Mapping[str, Scores]
) -> Scored:
    train, test = part
    learned, truth, asked = table.iloc[train], failure[train], table.iloc[test]
    if not 0 < truth.sum() < len(truth):
        # Only blocks can come to this: all failures of the data lie in one of them.
        raise DataError(
            f"all {int(failure.sum())} failures lie in one stretch: too few to test on stretches of time"
        )
    scores = {
        name: known[name] if name in known else scorer(learned, truth, asked, params)
        for name, scorer in candidates.MODELS.items()
    }
    return Scored(test, failure[test], scores)
