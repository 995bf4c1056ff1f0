"""The agents' desk, beside the questions: what was learned, and tickets to find, edit and retract."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from .agent_pages import LONGEST_LIST, desk_page
from .log_in import logged_in
from .page_route import PageRoute, pages_of, refused, same_origin
from .refusals import Refusal
from .rendering import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

LEARNED = "/agent/learned"
FOUND = 20  # tickets that a search shows

router = APIRouter(prefix="/agent", route_class=PageRoute, dependencies=[Depends(logged_in)])
Text = Annotated[str, Form()]


@router.get("/learned")
def learned(request: Request) -> HTMLResponse:
    """Show the tickets that the model did not come with."""
    tickets = pages_of(request).desk.learned(LONGEST_LIST)
    return HTMLResponse(desk_page(request, "learned.html", here="learned", tickets=tickets))


@router.get("/tickets")
def tickets(request: Request, query: str = "") -> Response:
    """Show the tickets that are most like a text."""
    desk = pages_of(request).desk
    page = partial(desk_page, request, "tickets.html", here="tickets", query=query, known=desk.known())
    try:
        found = desk.find(query, FOUND) if query.strip() else []
    except Refusal as refusal:
        return refused(request, refusal, partial(page, problem=sentence(refusal), tickets=[]))
    return HTMLResponse(page(problem="", tickets=found))


@router.get("/tickets/{ticket:path}")
def ticket(request: Request, ticket: str, saved: bool = False) -> HTMLResponse:
    """Show one ticket."""
    done = "Saved: it answers so from now on." if saved else ""
    return HTMLResponse(_ticket_page(request, ticket, done=done))


@router.post("/edit", dependencies=[Depends(same_origin)])
def edit(request: Request, ticket: Text, subject: Text = "", resolution: Text = "") -> Response:
    """Change what a ticket answers."""
    typed = {"subject": subject.strip(), "resolution": resolution.replace("\r\n", "\n").strip()}
    try:
        pages_of(request).desk.edit(ticket, **typed)
    except Refusal as refusal:
        return refused(request, refusal, partial(_ticket_page, request, ticket, sentence(refusal), typed))
    return RedirectResponse(f"{_address(ticket)}?saved=true", 303)


@router.post("/retract", dependencies=[Depends(same_origin)])
def retract(request: Request, ticket: Text, back: Text = "") -> Response:
    """Let a ticket answer nobody."""
    pages_of(request).desk.retract(ticket)
    return RedirectResponse(LEARNED if back == LEARNED else _address(ticket), 303)


@router.post("/restore", dependencies=[Depends(same_origin)])
def restore(request: Request, ticket: Text, back: Text = "") -> Response:
    """Let a retracted ticket answer again."""
    pages_of(request).desk.restore(ticket)
    return RedirectResponse(LEARNED if back == LEARNED else _address(ticket), 303)


def _address(ticket: str) -> str:
    return f"/agent/tickets/{quote(ticket, safe='')}"


def _ticket_page(
    request: Request, number: str, problem: str = "", typed: Mapping[str, str] | None = None, done: str = ""
) -> str:
    found = pages_of(request).desk.ticket(number)
    form = typed or {"subject": found.subject, "resolution": found.resolution}
    return desk_page(
        request, "ticket.html", here="tickets", ticket=found, problem=problem, form=form, done=done
    )
