"""What all answers of the service share: request id, headers, errors as JSON, one log line, figures."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO

from flask import Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from ..portfolio import observe
from ..portfolio.errors import ModelError
from .answers import ErrorAnswer, Problem
from .schemas import InvalidBodyError, MalformedBodyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask
    from flask.typing import ResponseReturnValue

LOG = logging.getLogger("maintenance.service")
_DISCARDED = 32 << 20  # bytes; who sends more gets the connection closed
_PIECE = 64 << 10
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    # The page loads its style and script from here and nothing from anywhere else; no site may frame it.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
# In our own words, since the framework's are written for pages.
_ERRORS = {
    404: "no such address; see /openapi.json",
    405: "this address does not take that method",
    413: "the request is too large",
    415: "the body must be JSON with Content-Type: application/json",
}


class NotReadyError(ModelError):
    """There is no model to answer with; str() says why."""


def install(app: Flask, metrics: observe.ServiceMetrics) -> None:
    """Give `app` its hooks and error handlers."""

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        g.request_id = observe.request_id(request.headers.get("X-Request-ID"))

    @app.after_request
    def finish(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else None
        seconds = time.perf_counter() - g.started
        metrics.answered(route, response.status_code, seconds)
        facts = {
            "request_id": g.request_id,
            "method": request.method,
            "route": route,
            "status": response.status_code,
        }
        LOG.info("answered", extra={**facts, "ms": round(1000 * seconds, 3)})
        response.headers.update({"X-Request-ID": g.request_id, **_HEADERS})
        return response

    @app.errorhandler(MalformedBodyError)
    def malformed(error: MalformedBodyError) -> ResponseReturnValue:
        metrics.refused("body")
        return failure(400, str(error))

    @app.errorhandler(InvalidBodyError)
    def invalid(error: InvalidBodyError) -> ResponseReturnValue:
        for problem in error.problems:
            metrics.refused(problem.field.rpartition(".")[2])
        return failure(422, str(error), error.problems)

    @app.errorhandler(NotReadyError)
    def not_ready(error: NotReadyError) -> ResponseReturnValue:
        return failure(503, str(error))

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        response = error.get_response()  # keeps Allow, Location and the like
        code = response.status_code
        if code == 413 and request.environ.get("wsgi.input_terminated"):
            _discard(request.environ["wsgi.input"])
        response.data = failure(code, _ERRORS.get(code, error.name.lower()))[0].data
        response.content_type = "application/json"
        return response

    @app.errorhandler(Exception)
    def bug(error: Exception) -> ResponseReturnValue:
        LOG.error("unhandled error", exc_info=error, extra={"request_id": g.request_id})
        return failure(500, "internal error; the log has more under this request id")


def _discard(body: BinaryIO) -> None:
    """Read what is left of a body: on a connection closed before, the caller would not see the answer."""
    for _ in range(_DISCARDED // _PIECE):
        if not body.read(_PIECE):
            break


def failure(status: int, error: str, problems: Sequence[Problem] = ()) -> tuple[Response, int]:
    """Return the answer that every request gets that cannot be served."""
    return jsonify(asdict(ErrorAnswer(error, list(problems), g.request_id))), status
