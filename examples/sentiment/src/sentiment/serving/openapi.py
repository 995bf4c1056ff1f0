"""The API description, OpenAPI 3.1: made from what checks requests and from the shapes of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter

from ..portfolio.report import project_title
from .answers import Answer, BatchAnswer, ErrorAnswer, Health, Readiness, Version

if TYPE_CHECKING:
    from pathlib import Path

    from .requests import RequestReader

API_VERSION = "1.0.0"  # of the addresses and shapes; the model's version is at /version
_REFUSALS = {
    "400": "the body is not JSON",
    "413": "the body is too large",
    "415": "the body is not declared as application/json",
    "422": "a field is unknown, missing, of the wrong type or out of range",
    "503": "there is no model to answer with",
}
_EXPLAIN = {
    "name": "explain",
    "in": "query",
    "description": "true adds what each word did.",
    "schema": {"type": "boolean", "default": False},
}


def document(root: Path, reader: RequestReader) -> dict[str, Any]:
    """Return the description of the service of the project at `root`."""
    refusals = {code: _json(text, "ErrorAnswer") for code, text in _REFUSALS.items()}
    predict = _operation("predict", "Answer for one text", _json("the answer", "Answer"), refusals)
    batch = _operation("predictBatch", "Answer for many texts", _json("the answers", "BatchAnswer"), refusals)
    not_ready = {"503": _json("no, and why", "Readiness")}
    return {
        "openapi": "3.1.0",
        "info": {"title": project_title(root), "version": API_VERSION},
        "paths": {
            "/predict": {
                "post": predict | {"parameters": [_EXPLAIN], "requestBody": _body("PredictRequest")}
            },
            "/predict/batch": {"post": batch | {"requestBody": _body("BatchRequest")}},
            "/healthz": {"get": _operation("health", "Is the process alive?", _json("it is", "Health"), {})},
            "/readyz": {
                "get": _operation("readiness", "Is a model loaded?", _json("yes", "Readiness"), not_ready)
            },
            "/version": {
                "get": _operation(
                    "version",
                    "Which model, trained on which data?",
                    _json("what is running", "Version"),
                    {"503": refusals["503"]},
                )
            },
            "/metrics": {
                "get": _operation(
                    "metrics",
                    "Figures for Prometheus",
                    {"description": "text exposition format", "content": {"text/plain": {}}},
                    {},
                )
            },
        },
        "components": {"schemas": _schemas(reader)},
    }


def _operation(name: str, summary: str, good: dict[str, Any], bad: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "responses": {"200": good, **bad}}


def _body(schema: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _reference(schema)}}}


def _json(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _reference(schema)}}}


def _reference(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _schemas(reader: RequestReader) -> dict[str, Any]:
    answers: tuple[type, ...] = (Answer, BatchAnswer, ErrorAnswer, Health, Readiness, Version)
    shapes: list[tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]] = [
        *((shape.__name__, "validation", TypeAdapter(shape)) for shape in (reader.single, reader.batch)),
        *((answer.__name__, "serialization", TypeAdapter(answer)) for answer in answers),
    ]
    _, found = TypeAdapter.json_schemas(shapes, ref_template="#/components/schemas/{model}")
    return dict(found["$defs"])
