"""Read JSON lines: an object in each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import DataError
from .reading import NO_OBJECT, Place, Row, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lines import TextFile

_DEEPEST = 4  # objects within objects


class Objects:
    """JSON lines: an object in each. Something within an object is called by its path, `fields.summary`."""

    def __init__(self, file: TextFile) -> None:
        self._file, name = file, file.path.name
        first = next((line for line in file.read() if line.problem or line.text.strip()), None)
        text = first_line(first, name).text
        if text.lstrip().startswith("["):
            raise DataError(
                f"{name}: is one JSON list; expected an object a line, as of `jq -c '.[]' {name}`"
            )
        values = _object(text)
        if not values:
            raise DataError(f"{name}: the first line is no JSON object; expected one a line")
        self.columns = tuple(values)

    def rows(self, after: Place) -> Iterator[Row]:
        """Yield the rows after a place."""
        for line in self._file.read(after.line, after.byte):
            place = Place(line.number, line.end)
            if line.problem:
                yield Row(line.number, {}, line.problem, place)
            elif not line.text.isspace():
                values = _object(line.text)
                yield Row(line.number, values or {}, "" if values else NO_OBJECT, place)


def _object(text: str) -> dict[str, Any] | None:
    """Return the object of a line of JSON, what is within objects by path; None where it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return dict(_by_path(found, "")) if isinstance(found, dict) else None


def _by_path(values: dict[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and before.count(".") < _DEEPEST:
            yield from _by_path(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
