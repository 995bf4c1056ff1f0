"""The FastAPI application: the JSON interface, the pages, and what an operator asks of a service."""

from __future__ import annotations

import importlib
import logging
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import Counter, Gauge

from .. import params
from ..asgi.hygiene import Hygiene
from ..portfolio import evidence
from ..portfolio.errors import ProjectError
from ..portfolio.observe import ServiceMetrics
from ..portfolio.report import project_title
from . import agent_routes, chat_routes, failures
from .access import Agents, Rate
from .bodies import Health, Readiness, Version
from .desk import Desk
from .predictor import Predictor
from .refusals import Refusal, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..params import Params
    from .views import Reply

LOG = logging.getLogger("service")
WEB = Path(__file__).with_name("web")
ROUTES = (  # that are counted by their own names; every other one is `other`
    *("/chat", "/messages", "/feedback", "/handover", "/handover/{number}", "/handover/{number}/resolve"),
    *("/tickets", "/tickets/{ticket:path}", "/tickets/{ticket:path}/restore", "/learned", "/audit"),
    *("/healthz", "/readyz", "/version", "/metrics", "/openapi.json"),
    *("/", "/page/conversation", "/page/ask", "/page/person", "/page/vote", "/page/new", "/web/{name}"),
    *("/agent", "/agent/log-in", "/agent/log-out", "/agent/learned", "/agent/tickets"),
    *("/agent/handovers/{number}", "/agent/handovers/{number}/resolve", "/agent/tickets/{ticket:path}"),
    *("/agent/edit", "/agent/retract", "/agent/restore"),
)


class Service:
    """What the routes share: the desk, or the reason why there is none."""

    def __init__(self, root: Path, settings: Params) -> None:
        """Prepare everything but the desk, which `start` opens."""
        self.root, self.params, self.title = root, settings, project_title(root)
        self.desk: Desk | None = None
        self.state = "loading the model"
        self.agents = Agents()
        self.questions = Rate(settings.service.questions_per_minute)
        self.votes = Rate(settings.service.feedback_per_minute)
        self.metrics = ServiceMetrics(routes=ROUTES, fields=failures.FIELDS)
        registry = self.metrics.registry
        self._replies = Counter("replies_total", "Replies, by their kind.", ["kind"], registry=registry)
        self._tickets = Gauge("tickets", "Tickets that answer questions.", registry=registry)
        self._waiting = Gauge("handovers_waiting", "Questions that wait for a person.", registry=registry)
        # Inside an image there is no git to ask, so its build may say which commit it was made from.
        self.commit = os.environ.get("GIT_COMMIT") or evidence.git_commit(root)

    @property
    def ready(self) -> Desk:
        """The desk.

        Raises:
            Unavailable: there is none; the message says why.
        """
        if self.desk is None:
            raise Unavailable(self.state)
        return self.desk

    def start(self) -> None:
        """Load the model and open the desk; without them the service runs and says what is missing."""
        try:
            predictor = Predictor.load(self.root)
            self.desk = Desk.open(self.root, self.params, predictor)
        except (ProjectError, OSError) as error:
            self.state = str(error)
            LOG.error("not ready", extra={"reason": self.state})
            return
        self.metrics.model_in_use(predictor.stored.version)
        self.state = "model loaded, golden answer repeated, database open"
        LOG.info("ready", extra={"model": predictor.stored.version, "tickets": self.desk.known()})
        if self.agents.closed:
            LOG.warning("no agents", extra={"reason": self.agents.closed})

    def stop(self) -> None:
        """Close the desk."""
        if self.desk is not None:
            self.desk.close()

    def replied(self, reply: Reply) -> None:
        """Count a reply."""
        self._replies.labels(reply.message.kind).inc()
        if reply.message.confidence is not None:
            self.metrics.scored(reply.message.confidence)

    def exposition(self) -> tuple[bytes, str]:
        """Return the figures as Prometheus reads them, and their content type."""
        if self.desk is not None:
            try:
                self._tickets.set(self.desk.known())
                self._waiting.set(self.desk.waiting())
            except Refusal:
                LOG.warning("figures of the database are old")
        return self.metrics.exposition()


def create_app(root: Path, *, settings: Params | None = None) -> Hygiene:
    """Make the ASGI application of the project at `root`.

    Args:
        root: the project's folder.
        settings: instead of params.toml (for tests).
    """
    settings = settings or params.load(root)
    service = Service(root, settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.stop()

    app = FastAPI(title=service.title, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.service = service
    failures.install(app, service.metrics)
    app.include_router(chat_routes.routes(service))
    app.include_router(agent_routes.routes(service))
    _add_operations(app, service)
    if WEB.is_dir():  # a project may have been made without the pages
        importlib.import_module(".pages", __package__).add_pages(app, service)
    return Hygiene(app, service.metrics, max_body_bytes=settings.service.max_body_bytes)


def _add_operations(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", tags=["operations"])
    def healthz() -> Health:
        return Health()

    @app.get("/readyz", tags=["operations"], response_model=Readiness)
    def readyz() -> JSONResponse:
        ready, detail = service.desk is not None, service.state
        if service.desk is not None:
            try:
                service.desk.waiting()
            except Refusal as refusal:
                ready, detail = False, str(refusal)
        return JSONResponse({"ready": ready, "detail": detail}, 200 if ready else 503)

    @app.get("/version", tags=["operations"])
    def version() -> Version:
        stored = service.ready.predictor.stored
        return Version(
            model=stored.version,
            data_source=stored.metadata["kind"],
            data_sha256=stored.metadata["data"]["sha256"],
            git_commit=service.commit,
        )

    @app.get("/metrics", tags=["operations"], response_class=Response)
    def metrics() -> Response:
        content, content_type = service.exposition()
        return Response(content, media_type=content_type)
