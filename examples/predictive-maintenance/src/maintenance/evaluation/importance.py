"""How much worse the ranking gets when one feature is shuffled among the test rows.

Features that say the same share their importance: shuffling one leaves the other. Source: Breiman (2001),
section 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import fitting
from ..portfolio.ranking import average_precision

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ..model.fitting import Labels
    from ..params import Params


def permutation(
    booster: Any, table: pd.DataFrame, failure: Labels, params: Params
) -> dict[str, NDArray[np.float64]]:
    """Return by feature the losses of average precision, one a repeat, on the rows of the test part."""
    random = np.random.default_rng(params.seed)
    whole = average_precision(failure, fitting.predict(booster, table))
    return {
        name: np.array(
            [
                whole - average_precision(failure, fitting.predict(booster, _shuffled(table, name, random)))
                for _ in range(params.evaluation.permutations)
            ]
        )
        for name in booster.feature_names
    }


def _shuffled(table: pd.DataFrame, name: str, random: np.random.Generator) -> pd.DataFrame:
    return table.assign(**{name: random.permutation(table[name].to_numpy())})
