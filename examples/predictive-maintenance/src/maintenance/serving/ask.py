"""Ask the stored model from the command line: one reading as JSON, or a file of readings."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..data import contract
from ..model import features, fitting
from ..portfolio import store
from ..portfolio.errors import DataError
from .predictor import Predictor
from .schemas import InvalidBodyError, RequestReader

if TYPE_CHECKING:
    from pathlib import Path

    from ..params import Params


def one(root: Path, params: Params, reading: str) -> str:
    """Answer for one reading, given as the JSON that the service takes; returns JSON on one line.

    Raises:
        DataError: not JSON, or a field is missing, unknown or out of range.
        ModelMissing: nothing was trained yet.
    """
    try:
        asked = RequestReader(params).reading(reading.encode())
    except InvalidBodyError as error:
        faults = "; ".join(f"{problem.field} {problem.problem}" for problem in error.problems)
        raise DataError(f"reading: {faults}") from None
    return json.dumps(asdict(Predictor.load(root).predict(asked, explained=True)))


def many(root: Path, params: Params, file: Path) -> str:
    """Answer for a file with the columns of data/readings.csv; returns uid, probability, alert as CSV.

    Raises:
        DataError: the file breaks the data contract.
        ModelMissing: nothing was trained yet.
    """
    stored = store.current(root)
    frame = contract.parse(file.read_bytes(), file.name, labelled=False)
    frame = contract.validate(frame, params.ranges, file.name, labelled=False)
    score = fitting.predict(fitting.load(stored, params), features.build(frame))
    alert = score >= float(stored.metadata["threshold"])
    table = frame[["uid"]].assign(probability=score.round(6), alert=alert.astype(int))
    return table.to_csv(index=False, lineterminator="\n").rstrip("\n")
