"""The function that AWS Lambda calls: API Gateway's HTTP event (payload 2.0) in, its answer out.

Routing, CORS and logging by AWS Lambda Powertools. `serving.local` calls the very same function for each
request over HTTP. Nothing of a request's content is logged.
"""

from __future__ import annotations

import base64
import binascii
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, CORSConfig, Response

from .. import params
from ..portfolio.errors import ProjectError
from ..portfolio.observe import ServiceMetrics, request_id
from .answers import Answer, BatchAnswer, ErrorAnswer, Health, Problem, Readiness, Version
from .predictor import Predictor
from .requests import InvalidBodyError, MalformedBodyError, RequestReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler.exceptions import NotFoundError
    from pydantic import BaseModel

    Event = dict[str, Any]
    Handler = Callable[[Event, Any], dict[str, Any]]

ROUTES = ("/predict", "/predict/batch", "/healthz", "/readyz", "/version", "/metrics", "/openapi.json")
_JSON = "application/json"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class _Refused(Exception):  # noqa: N818  # what happened to the request
    """A request that gets an error; `status` and what is said."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


def create(root: Path) -> Handler:
    """Make the function for the project at `root`; the model is loaded here, before the first request.

    Without a usable model the function answers all the same: /readyz says why, predictions get 503.
    """
    service = _Service(root)
    origin = os.environ.get("ALLOWED_ORIGIN", "*")
    cors = CORSConfig(allow_origin=origin, allow_headers=["Content-Type", "X-Request-ID"], max_age=600)
    app = APIGatewayHttpResolver(cors=cors)
    service.add_to(app)

    def handler(event: Event, context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        if not isinstance(event, dict) or "http" not in event.get("requestContext", {}):
            service.log.error("not an event of an HTTP API", extra={"expected": "payload format 2.0"})
            return {
                "statusCode": 400,
                "headers": {"Content-Type": _JSON},
                "body": '{"error":"not an HTTP request"}',
            }
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        service.request_id = request_id(
            headers.get("x-request-id") or getattr(context, "aws_request_id", None)
        )
        answer: dict[str, Any] = app.resolve({**event, "headers": headers}, context)
        answer.setdefault("headers", {}).update({"X-Request-ID": service.request_id, **_HEADERS})
        seconds, path = time.perf_counter() - started, event.get("rawPath", "")
        route = path if path in ROUTES else None
        service.figures.answered(route, answer["statusCode"], seconds)
        facts = {"request_id": service.request_id, "method": event["requestContext"]["http"].get("method")}
        facts |= {"route": route, "status": answer["statusCode"], "ms": round(1000 * seconds, 3)}
        service.log.info("answered", extra=facts)
        return answer

    return handler


class _Service:
    """What the routes share, and one method for each of them. Like the function, one request at a time."""

    def __init__(self, root: Path) -> None:
        self.log = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "sentiment"), stream=sys.stderr)
        self.root, self.params = root, params.load(root)
        self.reader = RequestReader(self.params.service)
        self.figures = ServiceMetrics(routes=ROUTES, fields=("body", "text", "texts", "explain"))
        self.request_id = ""
        self.predictor: Predictor | None = None
        try:
            self.predictor = Predictor.load(root)
            self.state = "model loaded, golden answer repeated"
            self.log.info("ready", extra={"model": self.predictor.model.version})
        except (ProjectError, OSError) as error:
            self.state = str(error)
            self.log.error("not ready", extra={"reason": self.state})

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Add routes and error handlers."""
        self.app = app
        app.post("/predict")(self.predict)
        app.post("/predict/batch")(self.predict_batch)
        for path in ROUTES[2:]:
            app.get(path)(getattr(self, path.strip("/").removesuffix(".json")))
        app.not_found(self._unknown)
        app.exception_handler(InvalidBodyError)(self._invalid)
        app.exception_handler(MalformedBodyError)(self._malformed)
        app.exception_handler(_Refused)(lambda error: self._failure(error.status, str(error)))
        app.exception_handler(Exception)(self._bug)

    def predict(self) -> Response[str]:
        predictor = self._ready()
        text = self.reader.text(self._body())
        found, milliseconds = predictor.predict(text, explained=self._explained())
        self.figures.scored(found.probability)
        return _answer(
            Answer(
                prediction=found,
                model=predictor.model,
                latency_ms=round(milliseconds, 3),
                request_id=self.request_id,
            )
        )

    def predict_batch(self) -> Response[str]:
        predictor = self._ready()
        found, milliseconds = predictor.predict_many(self.reader.texts(self._body()))
        for one in found:
            self.figures.scored(one.probability)
        return _answer(
            BatchAnswer(
                predictions=found,
                model=predictor.model,
                latency_ms=round(milliseconds, 3),
                request_id=self.request_id,
            )
        )

    def healthz(self) -> Response[str]:
        return _answer(Health())

    def readyz(self) -> Response[str]:
        ready = self.predictor is not None
        return _answer(Readiness(ready=ready, reason=self.state), 200 if ready else 503)

    def version(self) -> Response[str]:
        predictor = self._ready()
        return _answer(
            Version(
                model=predictor.model.version,
                data_source=predictor.model.data_source,
                data_sha256=predictor.metadata["data"]["sha256"],
                kind=predictor.model.kind,
                band=predictor.model.band,
                git_commit=self._commit(),
            )
        )

    def metrics(self) -> Response[str]:
        if self.predictor:
            self.figures.model_in_use(self.predictor.model.version)
        content, content_type = self.figures.exposition()
        return Response(200, content_type, content.decode())

    def openapi(self) -> Response[str]:
        import json

        from . import openapi

        return Response(200, _JSON, json.dumps(openapi.document(self.root, self.reader)))

    def _commit(self) -> str:
        # Inside an image there is no git to ask, so its build may say which commit it was made from.
        if commit := os.environ.get("GIT_COMMIT"):
            return commit
        from ..portfolio import evidence

        return evidence.git_commit(self.root)

    def _ready(self) -> Predictor:
        if self.predictor is None:
            raise _Refused(503, f"no model to answer with: {self.state}")
        return self.predictor

    def _body(self) -> bytes:
        event = self.app.current_event
        kind = (event.headers.get("content-type") or "").partition(";")[0].strip().lower()
        if kind != _JSON:
            raise _Refused(415, f"the body must be JSON with Content-Type: {_JSON}")
        body = event.get("body") or ""
        try:
            content = (
                base64.b64decode(body, validate=True)
                if event.get("isBase64Encoded")
                else body.encode("utf-8")
            )
        except (binascii.Error, ValueError):
            raise MalformedBodyError("the body is not what its encoding says") from None
        if len(content) > self.params.service.max_body_bytes:
            raise _Refused(413, "the request is too large")
        return content

    def _explained(self) -> bool:
        wish = (self.app.current_event.get("queryStringParameters") or {}).get("explain", "false")
        if wish not in ("true", "false"):
            problem = Problem(field="explain", problem="is another text; expected true or false")
            raise InvalidBodyError([problem], 1)
        return bool(wish == "true")

    def _unknown(self, _: NotFoundError) -> Response[str]:
        return self._failure(404, "no such address, or not with this method; see /openapi.json")

    def _malformed(self, error: MalformedBodyError) -> Response[str]:
        self.figures.refused("body")
        return self._failure(400, str(error))

    def _invalid(self, error: InvalidBodyError) -> Response[str]:
        for problem in error.problems:
            self.figures.refused(problem.field.partition("[")[0])
        return self._failure(422, str(error), error.problems)

    def _bug(self, error: Exception) -> Response[str]:
        # Kind and place alone: the exception's text may quote the request.
        frames = traceback.extract_tb(error.__traceback__)
        where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        facts = {"exception_kind": type(error).__name__, "where": where, "request_id": self.request_id}
        self.log.error("unhandled error", extra=facts)
        return self._failure(500, "internal error; the log has more under this request id")

    def _failure(self, status: int, error: str, problems: list[Problem] | None = None) -> Response[str]:
        return _answer(ErrorAnswer(error=error, fields=problems or [], request_id=self.request_id), status)


def _answer(shape: BaseModel, status: int = 200) -> Response[str]:
    return Response(status, _JSON, shape.model_dump_json())
