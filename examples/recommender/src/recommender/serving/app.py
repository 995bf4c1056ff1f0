"""The FastAPI application: GraphQL, the page, and what an operator asks of a service."""

from __future__ import annotations

import logging
import os
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cross_web import HTTPException as NotGraphQL
from fastapi import Depends, FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from graphql import GraphQLError
from starlette.exceptions import HTTPException
from strawberry.fastapi import GraphQLRouter

from .. import params
from ..asgi.hygiene import Hygiene
from ..model.candidates import RATING_MODELS
from ..portfolio import evidence
from ..portfolio.errors import ProjectError
from ..portfolio.observe import ServiceMetrics
from ..portfolio.report import project_title
from . import schema
from .context import Context
from .predictor import Predictor
from .ratings import Ratings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from fastapi import Request

    from ..params import Params

LOG = logging.getLogger("service")
WEB = Path(__file__).with_name("web")
GRAPHQL = "/graphql"
STARTERS = 60  # items of the popular list that the page shows to somebody new
ROUTES = ("/", "/info", GRAPHQL, "/healthz", "/readyz", "/version", "/metrics", "/web")


class Service:
    """What the routes share: the model and the ratings, or the reason why they are not there."""

    def __init__(self, root: Path, settings: Params) -> None:
        self.root, self.params = root, settings
        self.predictor: Predictor | None = None
        self.ratings: Ratings | None = None
        self.state = "loading the model"
        self.metrics = ServiceMetrics(routes=ROUTES, fields=())
        # Inside an image there is no git to ask, so its build may say which commit it was made from.
        self.commit = os.environ.get("GIT_COMMIT") or evidence.git_commit(root)

    def start(self) -> None:
        """Load the model and open the database; without them the service runs and says what is missing."""
        try:
            predictor = Predictor.load(self.root)
            ratings = Ratings.open(self.root, self.params.service.database)
            added = ratings.start_from(predictor.stored)
        except (ProjectError, OSError) as error:
            self.state = str(error)
            LOG.error("not ready", extra={"reason": self.state})
            return
        self.predictor, self.ratings = predictor, ratings
        self.metrics.model_in_use(predictor.stored.version)
        self.state = "model loaded, golden list repeated, database open"
        LOG.info("ready", extra={"model": predictor.stored.version, "ratings_added": added})

    def stop(self) -> None:
        """Close the database."""
        if self.ratings is not None:
            self.ratings.close()

    def context(self) -> Context:
        """Return the context of one GraphQL request.

        Raises:
            HTTPException: there is no model to answer with.
        """
        if self.predictor is None or self.ratings is None:
            raise HTTPException(503, self.state)
        return Context(self.predictor, self.ratings, self.params)


def create_app(root: Path, *, development: bool = False, settings: Params | None = None) -> Hygiene:
    """Make the ASGI application of the project at `root`.

    Args:
        root: the project's folder.
        development: True shows GraphiQL at /graphql and lets anybody read the schema.
        settings: instead of params.toml (for tests).
    """
    settings = settings or params.load(root)
    service = Service(root, settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.stop()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.service = service
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _broken)
    router: Any = _Router(
        schema.make(settings.service, development=development),
        GRAPHQL,
        graphql_ide="graphiql" if development else None,
        allow_queries_via_get=False,
        subscription_protocols=(),  # nothing to subscribe to, so no socket that goes around the limits
        context_getter=_context_getter(service),
    )
    app.include_router(router)
    _add_operations(app, service)
    if WEB.is_dir():  # a project may have been made without the page
        _add_page(app)
    return Hygiene(
        app,
        service.metrics,
        max_body_bytes=settings.service.max_body_bytes,
        relaxed=(GRAPHQL,) if development else (),
    )


class _Router(GraphQLRouter[Any, None]):
    """Strawberry's router, which answers what is no GraphQL request at all in JSON, too."""

    def parse_json(self, data: str | bytes) -> Any:
        """Return the object that a body holds.

        Raises:
            NotGraphQL: it holds something else.
        """
        try:
            found = super().parse_json(data)
        except (UnicodeDecodeError, RecursionError):
            raise NotGraphQL(400, "Unable to parse request body as JSON") from None
        if not isinstance(found, dict):
            raise NotGraphQL(400, "the body is no GraphQL request; expected an object with `query`")
        return found

    async def run(self, *arguments: Any, **named: Any) -> Any:
        """Answer one request."""
        try:
            return await super().run(*arguments, **named)
        except NotGraphQL as error:
            return _graphql_error(str(error.reason), error.status_code)


def _context_getter(service: Service) -> Any:
    async def getter(context: Annotated[Context, Depends(service.context)]) -> Context:
        return context

    getter.__annotations__ = {"context": Annotated[Context, Depends(service.context)], "return": Context}
    return getter


def _add_page(app: FastAPI) -> None:
    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(WEB / "index.html")

    app.mount("/web", StaticFiles(directory=WEB), name="web")


def _add_operations(app: FastAPI, service: Service) -> None:
    @app.get("/info")
    def info() -> dict[str, Any]:
        """Return what the page needs to know before it asks anything."""
        predictor = service.predictor
        metadata = predictor.stored.metadata if predictor else {}
        return {
            "title": project_title(service.root),
            "data": metadata.get("data", {}).get("name"),
            "kind": metadata.get("kind"),
            "model": metadata.get("model"),
            "low": metadata.get("low"),
            "high": metadata.get("high"),
            "feedback": metadata.get("feedback"),
            "guesses_ratings": metadata.get("model") in RATING_MODELS,
            "most_first": service.params.service.most_first,
            "popular": _popular(predictor) if predictor else [],
        }

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        ready = service.ratings is not None
        return JSONResponse({"ready": ready, "detail": service.state}, 200 if ready else 503)

    @app.get("/version")
    def version() -> dict[str, Any]:
        if service.predictor is None:
            raise HTTPException(503, service.state)
        stored = service.predictor.stored
        return {
            "model": stored.version,
            "kind": stored.metadata["model"],
            "data_source": stored.metadata["kind"],
            "data_sha256": stored.metadata["data"]["sha256"],
            "git_commit": service.commit,
        }

    @app.get("/metrics")
    def metrics() -> Response:
        content, content_type = service.metrics.exposition()
        return Response(content, media_type=content_type)


def _popular(predictor: Predictor) -> list[dict[str, Any]]:
    """Return the top of the popular list: whoever has not rated anything needs something to begin with."""
    found = predictor.rank({}, STARTERS, cold_below=1)
    return [asdict(predictor.items[place]) for place in found.items]


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """Answer what FastAPI itself refuses in our words."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for nothing else
    words = {404: "no such address", 405: "this address does not take that method"}
    text = words.get(error.status_code, str(error.detail))
    if request.url.path == GRAPHQL:
        return _graphql_error(text, error.status_code, error.headers)
    body = {"error": text, "request_id": request.scope["state"].get("request_id")}
    return JSONResponse(body, error.status_code, error.headers)


async def _broken(request: Request, _error: Exception) -> JSONResponse:
    """Answer what nobody foresaw; the log has it, under the request's id."""
    text = "internal error; the log has more under this request id"
    return JSONResponse({"error": text, "request_id": request.scope["state"].get("request_id")}, 500)


def _graphql_error(text: str, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    code = "NOT_READY" if status == 503 else "BAD_REQUEST"
    shown = GraphQLError(text, extensions={"code": code})
    return JSONResponse({"data": None, "errors": [shown.formatted]}, status, headers)
