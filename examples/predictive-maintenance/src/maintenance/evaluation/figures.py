"""Draw the pictures of a report and write them to reports/figures/*.png."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..portfolio.files import write_atomic
from ..portfolio.pictures import png
from . import charts
from .importance import permutation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from ..params import Params
    from .protocols import Scored

FOLDER = "reports/figures"


def draw(
    root: Path, params: Params, *, found: Mapping[str, Any], test: Scored, table: pd.DataFrame, booster: Any
) -> list[Path]:
    """Write every picture; `table` holds the features of the test rows."""
    pictures = {
        "precision_recall": charts.precision_recall(found, test, params),
        "reliability": charts.reliability(found),
        "cost": charts.cost(found, test, params),
        "slices": charts.slices(found),
        "importance": charts.importance(found, permutation(booster, table, test.failure, params)),
    }
    paths = [root / FOLDER / f"{name}.png" for name in pictures]
    for path, figure in zip(paths, pictures.values(), strict=True):
        write_atomic(path, png(figure))
    return paths
