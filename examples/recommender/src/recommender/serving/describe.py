"""What the verb `schema` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..portfolio.errors import ProjectError
from . import schema

if TYPE_CHECKING:
    from pathlib import Path

    from ..params import Params

FILE = "schema.graphql"


def run(root: Path, params: Params, *, check: bool) -> str:
    """Return the schema, or say whether the file holds it.

    Raises:
        ProjectError: with `check`, the file is missing or another one.
    """
    text = schema.as_text(params.service)
    if not check:
        return text.rstrip("\n")
    path = root / FILE
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        raise ProjectError(f"{FILE} is not what the code says; `python -m recommender schema > {FILE}`")
    return f"{FILE} is what the code says"
