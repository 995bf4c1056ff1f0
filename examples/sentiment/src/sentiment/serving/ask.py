"""Ask the stored model from the command line: one text, or a file of them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from .predictor import Predictor
from .requests import InvalidBodyError, RequestReader

if TYPE_CHECKING:
    from pathlib import Path

    from ..params import Params


def one(root: Path, params: Params, text: str) -> str:
    """Answer for one text; returns JSON on one line.

    Raises:
        DataError: the text is empty or too long. ModelMissing: nothing was trained yet.
    """
    try:
        asked = RequestReader(params.service).text(json.dumps({"text": text}).encode())
    except InvalidBodyError as error:
        raise DataError(
            "; ".join(f"{problem.field} {problem.problem}" for problem in error.problems)
        ) from None
    found, _ = Predictor.load(root).predict(asked, explained=True)
    return found.model_dump_json()


def many(root: Path, file: Path) -> str:
    """Answer for a file with a text a line; returns label, probability, text as CSV.

    Raises:
        DataError: not UTF-8, or no text in it. ModelMissing: nothing was trained yet.
    """
    try:
        texts = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise DataError(f"{file.name}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    if not texts:
        raise DataError(f"{file.name}: no texts in it; expected one a line")
    found, _ = Predictor.load(root).predict_many(texts)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["label", "probability", "text"])
    for answer, text in zip(found, texts, strict=True):
        writer.writerow([answer.label, f"{answer.probability:.6f}", text])
    return table.getvalue().rstrip("\n")
