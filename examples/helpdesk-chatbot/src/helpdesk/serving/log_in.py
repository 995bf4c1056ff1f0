"""The agents' log-in: the token of the environment, once; from then on a session in a cookie."""

from __future__ import annotations

import logging
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from .chat_routes import address_of
from .page_route import LOG_IN, LoggedOut, PageRoute, pages_of, refused, same_origin
from .refusals import Refusal
from .rendering import render, sentence

LOG = logging.getLogger("service")
COOKIE = "agent"
LOOKING = "x-looking"  # a header: the page looks for new questions by itself, which keeps nobody logged in

router = APIRouter(route_class=PageRoute)


def logged_in(request: Request) -> None:
    """Let agents through.

    Raises:
        LoggedOut: this is none, or one whose session is over.
    """
    used = LOOKING not in request.headers
    if not pages_of(request).sessions.holds(request.cookies.get(COOKIE, ""), used=used):
        raise LoggedOut


@router.get(LOG_IN)
def form(request: Request) -> HTMLResponse:
    """Show the form, or why there is none."""
    over = "You were logged out: log in again to go on." if request.cookies.get(COOKIE) else ""
    return HTMLResponse(_page(request, over=over))


@router.post(LOG_IN, dependencies=[Depends(same_origin)])
def log_in(request: Request, token: Annotated[str, Form()] = "") -> Response:
    """Begin a session."""
    pages = pages_of(request)
    try:
        pages.service.agents.check(token, address_of(request))
    except Refusal as refusal:
        LOG.warning("log-in refused", extra={"reason": type(refusal).__name__})
        return refused(request, refusal, partial(_page, request, problem=sentence(refusal)))
    response = RedirectResponse("/agent", 303)
    response.set_cookie(
        COOKIE,
        pages.sessions.begin(),
        path="/agent",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/agent/log-out", dependencies=[Depends(same_origin)])
def log_out(request: Request) -> Response:
    """End the session."""
    pages_of(request).sessions.end(request.cookies.get(COOKIE, ""))
    response = RedirectResponse(LOG_IN, 303)
    response.delete_cookie(COOKIE, path="/agent")
    return response


def _page(request: Request, *, problem: str = "", over: str = "") -> str:
    pages = pages_of(request)
    values = {
        "project": pages.title,
        "closed": pages.service.agents.closed,
        "minutes": pages.settings.session_minutes,
    }
    return render("agent_login.html", **values, problem=problem, over=over)
