"""Request bodies by the limits of one project, and what is wrong with those that do not keep to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model

from ..model.text import normalise
from ..portfolio.errors import DataError
from .answers import Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from ..params import Service

_SHOWN = 20  # problems that one answer lists
_NAME_LENGTH = 60  # characters of an unknown field's name that are repeated
_FAULTS = {
    "missing": "missing",
    "value_error": "only blanks, markup or invisible characters",
    "string_too_short": "empty",
    "string_unicode": "not valid Unicode text",
}
_KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
    list: "a list",
    dict: "an object",
}


class MalformedBodyError(DataError):
    """The body is not JSON."""


class InvalidBodyError(DataError):
    """The body is JSON, but not what was asked for."""

    def __init__(self, problems: list[Problem], count: int) -> None:
        super().__init__("1 value is not valid" if count == 1 else f"{count} values are not valid")
        self.problems = problems


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RequestReader:
    """Turns request bodies into texts."""

    def __init__(self, limits: Service) -> None:
        text = Annotated[
            str,
            Field(
                min_length=1,
                max_length=limits.max_characters,
                description="As it was written; HTML is read as text.",
            ),
            AfterValidator(_with_words),
        ]
        texts: Any = (list[text], Field(min_length=1, max_length=limits.max_batch))
        self.single: type[BaseModel] = create_model("PredictRequest", __base__=_Request, text=(text, ...))
        self.batch: type[BaseModel] = create_model("BatchRequest", __base__=_Request, texts=texts)
        self._expected = {
            "text": f"text of 1 to {limits.max_characters:,} characters with words in it",
            "texts": f"a list of 1 to {limits.max_batch} texts",
        }

    def text(self, body: bytes) -> str:
        """Read the body of /predict; raises MalformedBodyError or InvalidBodyError."""
        return str(self._parse(self.single, body).text)

    def texts(self, body: bytes) -> list[str]:
        """Read the body of /predict/batch; raises MalformedBodyError or InvalidBodyError."""
        return list(self._parse(self.batch, body).texts)

    def _parse(self, shape: type[BaseModel], body: bytes) -> Any:
        try:
            return shape.model_validate_json(body)
        except ValidationError as error:
            found = error.errors(include_url=False)
        if found[0]["type"] == "json_invalid":
            raise MalformedBodyError(f"the body is not JSON: {found[0]['ctx']['error']}")
        raise InvalidBodyError([self._problem(detail) for detail in found[:_SHOWN]], len(found))

    def _problem(self, detail: ErrorDetails) -> Problem:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"]).lstrip(
            "."
        )
        if detail["type"] == "extra_forbidden":
            return Problem(field=path[:_NAME_LENGTH], problem="is not a known field")
        expected = self._expected.get("text" if path.startswith("texts[") else path, "an object")
        return Problem(
            field=path[:_NAME_LENGTH] or "body", problem=f"is {_what_is_wrong(detail)}; expected {expected}"
        )


def _with_words(text: str) -> str:
    if not normalise(text):
        raise ValueError("no words")
    return text


def _what_is_wrong(detail: ErrorDetails) -> str:
    kind, value = detail["type"], detail["input"]
    if kind == "string_too_long":
        return f"{len(value):,} characters long"
    if kind in ("too_long", "too_short"):
        return f"{detail['ctx']['actual_length']} texts long"
    return _FAULTS.get(kind) or _KINDS.get(type(value), "another thing")
