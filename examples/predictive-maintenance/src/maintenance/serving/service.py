"""The HTTP service: routes around one `Predictor`; `create_app` makes it, `serve` runs it."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Flask, Response, g, jsonify, request
from pydantic import TypeAdapter
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from .. import params
from ..portfolio import evidence
from ..portfolio.observe import ServiceMetrics
from . import hygiene, openapi, page, server
from .answers import Answer, BatchAnswer, Health, ModelName, Problem, Readiness, Version
from .readiness import Loader
from .schemas import InvalidBodyError, MalformedBodyError, RequestReader

if TYPE_CHECKING:
    from pathlib import Path

    from .predictor import Predictor

ROUTES = (
    ("GET", "/", "page"),
    ("POST", "/predict", "predict"),
    ("POST", "/predict/batch", "predict_batch"),
    ("GET", "/healthz", "healthz"),
    ("GET", "/readyz", "readyz"),
    ("GET", "/version", "version"),
    ("GET", "/metrics", "metrics"),
    ("GET", "/openapi.json", "description"),
)
_ANSWER, _BATCH = TypeAdapter(Answer), TypeAdapter(BatchAnswer)


def serve(root: Path, host: str, port: int, train_if_missing: bool = False) -> None:
    """Serve the project at `root` until SIGTERM or Ctrl-C; requests under way are answered first.

    Raises:
        ModelMissing: nothing was trained yet, and `train_if_missing` is off.
        ModelTampered: a stored file is not the one that training wrote.
        ProjectError: the address cannot be listened on.
    """
    server.check(root, host, port, train_if_missing=train_if_missing)
    server.run(
        lambda: create_app(root, train_if_missing=train_if_missing), host, port, params.load(root).service
    )


def create_app(root: Path, *, train_if_missing: bool = False) -> Flask:
    """Make the WSGI application; without a usable model it starts all the same, and /readyz says why."""
    service = _Service(root)
    app = Flask(__name__, static_folder="web", static_url_path="/web")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    # One more than is taken: a body of undeclared length is cut off here, and must not pass for a whole one.
    app.config["MAX_CONTENT_LENGTH"] = service.params.service.max_body_bytes + 1
    hygiene.install(app, service.figures)
    for method, path, name in ROUTES:
        app.add_url_rule(path, name, getattr(service, name), methods=[method])
    service.loader.load(train_if_missing=train_if_missing)
    return app


class _Service:
    """What the routes share, and one method for each of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.params = params.load(root)
        self.reader = RequestReader(self.params)
        self.loader = Loader(root)
        fields = ("body", "readings", "type", *asdict(self.params.ranges))
        self.figures = ServiceMetrics(routes=[path for _, path, _ in ROUTES], fields=fields)
        # Inside an image there is no git to ask, so its build may say which commit it was made from.
        self.commit = os.environ.get("GIT_COMMIT") or evidence.run_facts(root, 0, {})["git_commit"]

    def page(self) -> Response:
        return Response(page.render(self.root, self.params, self.loader), mimetype="text/html")

    def predict(self) -> Response:
        predictor = self._predictor()
        prediction = predictor.predict(self.reader.reading(self._body()), explained=_explained())
        self.figures.scored(prediction.probability)
        return _json(_ANSWER.dump_json(Answer(prediction, _name(predictor), g.request_id)))

    def predict_batch(self) -> Response:
        predictor = self._predictor()
        predictions = predictor.predict_many(self.reader.batch(self._body()))
        for prediction in predictions:
            self.figures.scored(prediction.probability)
        return _json(_BATCH.dump_json(BatchAnswer(predictions, _name(predictor), g.request_id)))

    def healthz(self) -> Response:
        return jsonify(Health("alive"))

    def readyz(self) -> tuple[Response, int]:
        ready = self.loader.predictor is not None
        return jsonify(Readiness(ready, self.loader.state)), 200 if ready else 503

    def version(self) -> Response:
        predictor = self._predictor()
        name, data = _name(predictor), predictor.model.metadata["data"]
        return jsonify(
            Version(name.version, name.data_source, data["sha256"], predictor.threshold, self.commit)
        )

    def metrics(self) -> Response:
        if self.loader.predictor:
            self.figures.model_in_use(self.loader.predictor.model.version)
        content, content_type = self.figures.exposition()
        return Response(content, content_type=content_type)

    def description(self) -> Response:
        return jsonify(openapi.document(self.root, self.reader))

    def _body(self) -> bytes:
        if request.mimetype != "application/json":
            raise UnsupportedMediaType
        try:
            body = request.get_data(cache=False)
        except HTTPException:  # too large
            raise
        except Exception as error:  # each server has its own for a broken chunk or a caller who went away
            raise MalformedBodyError(f"the body cannot be read: {type(error).__name__}") from None
        if len(body) > self.params.service.max_body_bytes:
            raise RequestEntityTooLarge
        return body

    def _predictor(self) -> Predictor:
        if self.loader.predictor is None:
            raise hygiene.NotReadyError(f"no model to answer with: {self.loader.state}")
        return self.loader.predictor


def _explained() -> bool:
    wish = request.args.get("explain", "false")
    if wish not in ("true", "false"):
        raise InvalidBodyError([Problem("explain", "is another text; expected true or false")], 1)
    return wish == "true"


def _name(predictor: Predictor) -> ModelName:
    return ModelName(predictor.model.version, predictor.model.metadata["data"]["source"])


def _json(content: bytes) -> Response:
    return Response(content, mimetype="application/json")
