"""The pages: chat at /, the agents' desk at /agent. They are drawn here; scripts make them livelier."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import FileResponse

from . import agent_pages, chat_pages, log_in, ticket_pages
from .examples import examples
from .page_route import PageRoute
from .refusals import NotFound
from .rendering import WEB
from .sessions import Sessions

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..data.tickets import Ticket
    from .app import Service
    from .desk import Desk

_EXAMPLES = 3
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

files = APIRouter(route_class=PageRoute)


class Pages:
    """What the routes of all pages share."""

    def __init__(self, service: Service) -> None:
        """Begin with nobody logged in."""
        self.service, self.title, self.settings = service, service.title, service.params.service
        self.sessions = Sessions(self.settings.session_minutes)

    @property
    def desk(self) -> Desk:
        """The help desk.

        Raises:
            Unavailable: there is none; the message says why.
        """
        return self.service.ready

    @cached_property
    def examples(self) -> list[Ticket]:
        """Some questions that the model's tickets answer."""
        return examples(self.desk.predictor.tickets(), _EXAMPLES)


def add_pages(app: FastAPI, service: Service) -> None:
    """Add all pages, and the files that they load."""
    app.state.pages = Pages(service)
    for routes in (chat_pages.router, log_in.router, agent_pages.router, ticket_pages.router, files):
        app.include_router(routes, include_in_schema=False)


@files.get("/web/{name}")
def file(name: str) -> FileResponse:
    """Return what the pages load; the templates are none of it."""
    path = WEB / name
    if path.suffix not in _TYPES or path not in WEB.iterdir():
        raise NotFound("there is no such file")
    return FileResponse(path, media_type=_TYPES[path.suffix])
