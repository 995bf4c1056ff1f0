"""What the service accepts, with every way to be wrong in plain words.

The request models are made from params.toml: a reading out of range is refused with the limits that data
files are held to, and the API description states them.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ..model.quantities import QUANTITIES
from ..portfolio.errors import DataError
from .answers import Problem
from .predictor import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from ..params import Params

_SHOWN = 20  # problems that one answer lists; a batch can have thousands
_NAME_LENGTH = 60  # characters of an unknown field's name that are repeated
_FAULTS = {
    "extra_forbidden": "not a known field",
    "missing": "missing",
    "finite_number": "not a finite number",
}
_KINDS = {bool: "true or false", str: "text", type(None): "null", list: "a list", dict: "an object"}


class MalformedBodyError(DataError):
    """The body is not JSON."""


class InvalidBodyError(DataError):
    """The body is JSON, but not what was asked for."""

    def __init__(self, problems: list[Problem], count: int) -> None:
        super().__init__("1 value is not valid" if count == 1 else f"{count} values are not valid")
        self.problems = problems


class RequestModel(BaseModel):
    """Takes no unknown field, no text or truth value for a number, no NaN; a whole number is a number."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class RequestReader:
    """Turns request bodies into readings, by the limits of one project."""

    def __init__(self, params: Params) -> None:
        ranges, longest = asdict(params.ranges), params.service.max_batch
        self._reading = _reading_model(ranges)
        readings: Any = (list[self._reading], Field(min_length=1, max_length=longest))  # type: ignore[name-defined]
        self._batch = create_model("Batch", __base__=RequestModel, readings=readings)
        self.models: tuple[type[RequestModel], ...] = (self._reading, self._batch)  # for the API description
        self._expected = {
            "type": 'the product quality "L", "M" or "H"',
            "readings": f"a list of 1 to {longest} readings",
            **{
                name: f"a number from {low:g} to {high:g} {QUANTITIES[name].unit}"
                for name, (low, high) in ranges.items()
            },
        }

    def reading(self, body: bytes) -> Reading:
        """Read the body of /predict; raises MalformedBodyError or InvalidBodyError."""
        return Reading(**dict(self._parse(self._reading, body)))

    def batch(self, body: bytes) -> list[Reading]:
        """Read the body of /predict/batch; raises MalformedBodyError or InvalidBodyError."""
        return [Reading(**dict(item)) for item in self._parse(self._batch, body).readings]

    def _parse(self, model: type[RequestModel], body: bytes) -> Any:
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            found = error.errors(include_url=False)
        if found[0]["type"] == "json_invalid":
            raise MalformedBodyError(f"the body is not JSON: {found[0]['ctx']['error']}")
        raise InvalidBodyError([self._problem(detail) for detail in found[:_SHOWN]], len(found))

    def _problem(self, detail: ErrorDetails) -> Problem:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"])
        last = detail["loc"][-1] if detail["loc"] else ""
        expected = self._expected.get(str(last), "an object with the fields of a reading")
        wrong = _what_is_wrong(detail)
        text = f"is {wrong}" if detail["type"] == "extra_forbidden" else f"is {wrong}; expected {expected}"
        return Problem(path.lstrip(".")[:_NAME_LENGTH] or "body", text)


def _reading_model(ranges: Mapping[str, tuple[float, float]]) -> type[RequestModel]:
    kind: Any = (Literal["L", "M", "H"], Field(title="product quality", description="low, medium or high"))
    numbers: dict[str, Any] = {}
    for name, (low, high) in ranges.items():
        quantity = QUANTITIES[name]
        numbers[name] = (float, Field(ge=low, le=high, title=quantity.label, description=quantity.unit))
    return create_model("Reading", __base__=RequestModel, type=kind, **numbers)


def _what_is_wrong(detail: ErrorDetails) -> str:
    kind, value = detail["type"], detail["input"]
    if kind in _FAULTS:
        return _FAULTS[kind]
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{value:g}"
    if kind in ("too_long", "too_short"):
        return f"{detail['ctx']['actual_length']} readings long"
    if kind == "literal_error" and isinstance(value, str):
        return "another text"
    return _KINDS.get(type(value), "a number")
