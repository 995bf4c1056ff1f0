"""How everything that is not answered is answered: one line, the fields at fault, the request's id."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi import Request  # noqa: TC002  # FastAPI reads the annotations
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from .access import NotLoggedIn
from .bodies import ErrorAnswer, Problem
from .refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI

    from ..portfolio.observe import ServiceMetrics

LOG = logging.getLogger("service")
FIELDS = (
    *("body", "text", "answer", "token", "helpful", "subject", "resolution", "queue", "priority", "language"),
    *("id", "ticket", "query", "first", "after", "number", "X-Conversation"),
)
_WORDS = {
    404: "no such address",
    405: "this address does not take that method",
    400: "the request cannot be read",
    415: "the body must be JSON with Content-Type: application/json",
}
_SHOWN = 5  # fields at fault
_LONGEST_NAME = 60  # characters of an unknown field's name that are repeated


def install(app: FastAPI, metrics: ServiceMetrics) -> None:
    """Give `app` its exception handlers."""

    @app.exception_handler(Refusal)
    def refused(request: Request, refusal: Refusal) -> JSONResponse:
        problems = [Problem(field=refusal.field, problem=refusal.problem)] if refusal.field else []
        headers = {"Retry-After": str(refusal.retry_after_s)} if refusal.retry_after_s else {}
        if isinstance(refusal, NotLoggedIn):
            headers["WWW-Authenticate"] = "Bearer"
        for problem in problems:
            metrics.refused(problem.field)
        return _answer(request, refusal.status, str(refusal), problems, headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if found[0]["type"] == "json_invalid":
            metrics.refused("body")
            return _answer(request, 400, "the body is not JSON")
        problems = [_problem(detail) for detail in found[:_SHOWN]]
        for problem in problems:
            metrics.refused(problem.field)
        text = "; ".join(f"{problem.field} {problem.problem}" for problem in problems)
        return _answer(request, 422, text, problems)

    @app.exception_handler(HTTPException)
    def unknown(request: Request, error: HTTPException) -> JSONResponse:
        return _answer(
            request, error.status_code, _WORDS.get(error.status_code, str(error.detail)), (), error.headers
        )

    @app.exception_handler(Exception)
    def bug(request: Request, _error: Exception) -> JSONResponse:
        return _answer(request, 500, "internal error; the log has more under this request id")


def _answer(
    request: Request,
    status: int,
    error: str,
    problems: Sequence[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    number = str(request.scope.get("state", {}).get("request_id"))
    body = ErrorAnswer(error=error, fields=list(problems), request_id=number)
    return JSONResponse(body.model_dump(), status, dict(headers or {}))


def _problem(detail: Mapping[str, Any]) -> Problem:
    """Say what is wrong with a field, without what it holds."""
    place = [str(part) for part in detail["loc"]]
    field = ".".join(place[1:])[:_LONGEST_NAME].encode("utf-8", "replace").decode() or place[0]
    kind = detail["type"]
    if kind == "missing":
        return Problem(field=field, problem="is missing")
    if place == ["body"]:
        return Problem(field=field, problem="cannot be that; expected an object, as application/json")
    if kind == "extra_forbidden":
        return Problem(field=field, problem="is not a known field")
    expected = str(detail["msg"]).removeprefix("Input should be ").strip()
    return Problem(field=field, problem=f"cannot be that; expected {expected[:1].lower()}{expected[1:]}")
