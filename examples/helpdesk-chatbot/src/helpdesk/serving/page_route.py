"""What all routes of pages share: what they know, what they refuse, and that a refusal is a page, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import Request  # noqa: TC002  # FastAPI reads the annotation
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute

from .refusals import NotAllowed, Refusal
from .rendering import render, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .pages import Pages

LOG_IN = "/agent/log-in"
_HEADINGS = {403: "This is not allowed", 404: "There is no such page", 503: "Not available now"}


class LoggedOut(Exception):  # noqa: N818  # no error: the way to the log-in
    """Nobody is logged in with this request."""


class PageRoute(APIRoute):
    """A route that answers a browser with a page and the pages' scripts with JSON, whatever goes wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handler = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handler(request)
            except LoggedOut:
                return RedirectResponse(LOG_IN, 303)
            except Refusal as refusal:
                return refused(request, refusal)
            except RequestValidationError:
                return refused(request, Refusal("this form is not complete; open the page again"))

        return answered


def pages_of(request: Request) -> Pages:
    """Return what the routes share."""
    found: Pages = request.app.state.pages
    return found


def wants_page(request: Request) -> bool:
    """Say whether a browser wants to show the answer, and not a script to read it."""
    return "text/html" in request.headers.get("accept", "")


def same_origin(request: Request) -> None:
    """Check where a form was sent from; browsers say so with each POST, and no page can change it.

    Raises:
        NotAllowed: another site's page sent it, or no page at all.
    """
    origin = urlsplit(request.headers.get("origin", "")).netloc
    if not origin or origin != request.headers.get("host"):
        raise NotAllowed("this was not sent by a page of this service; open the page again and send it there")


def refused(request: Request, refusal: Refusal, page: Callable[[], str] | None = None) -> Response:
    """Answer a refusal.

    Args:
        request: what is refused.
        refusal: why.
        page: makes the page that is shown; without it there is one that says nothing else.
    """
    response: Response
    if wants_page(request):
        response = HTMLResponse(page() if page else _trouble(request, refusal), refusal.status)
    else:
        response = JSONResponse({"error": sentence(refusal)}, refusal.status)
    if refusal.retry_after_s:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def _trouble(request: Request, refusal: Refusal) -> str:
    back = "/agent" if request.url.path.startswith("/agent") else "/"
    heading = _HEADINGS.get(refusal.status, "This did not work")
    return render(
        "trouble.html", project=pages_of(request).title, heading=heading, text=sentence(refusal), back=back
    )
