"""The agents' desk at /agent: the questions that wait, and what agents answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from .log_in import logged_in
from .page_route import PageRoute, pages_of, refused, same_origin
from .refusals import Refusal
from .rendering import first_line, render, sentence
from .shown import AGENT, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .views import Handover

LONGEST_LIST = 100  # questions or tickets on one page

router = APIRouter(prefix="/agent", route_class=PageRoute, dependencies=[Depends(logged_in)])


class Resolution(BaseModel):
    """The form that resolves a question."""

    subject: str = ""
    resolution: str = ""
    queue: str = ""
    priority: str = ""


def desk_page(request: Request, name: str, **values: Any) -> str:
    """Return a page of the desk, with what stands at the top of each."""
    pages = pages_of(request)
    return render(name, project=pages.title, waiting=pages.desk.waiting(), **values)


@router.get("")
def waiting(request: Request, done: str = "") -> HTMLResponse:
    """Show the questions that wait."""
    handovers = pages_of(request).desk.handovers(LONGEST_LIST)
    return HTMLResponse(desk_page(request, "agent.html", here="waiting", handovers=handovers, done=done))


@router.get("/handovers/{number}")
def handover(request: Request, number: int) -> HTMLResponse:
    """Show one question with its conversation, and the form that resolves it."""
    return HTMLResponse(_handover_page(request, number))


@router.post("/handovers/{number}/resolve", dependencies=[Depends(same_origin)])
def resolve(request: Request, number: int, form: Annotated[Resolution, Form()]) -> Response:
    """Answer as a person; the assistant knows it from then on."""
    typed = {name: text.replace("\r\n", "\n").strip() for name, text in form}
    try:
        ticket = pages_of(request).desk.resolve(number, **typed)
    except Refusal as refusal:
        return refused(request, refusal, partial(_handover_page, request, number, sentence(refusal), typed))
    return RedirectResponse(f"/agent?done={quote(ticket.id, safe='')}", 303)


def _handover_page(
    request: Request, number: int, problem: str = "", typed: Mapping[str, str] | None = None
) -> str:
    desk = pages_of(request).desk
    one, messages = desk.handover(number)
    return desk_page(
        request,
        "handover.html",
        here="waiting",
        one=one,
        messages=shown(messages, desk.sources, AGENT),
        problem=problem,
        form=typed or _guessed(one),
        queues=desk.queues(),
        priorities=desk.priorities(),
    )


def _guessed(one: Handover) -> dict[str, str]:
    """Return what the form holds before anybody typed."""
    return {
        "subject": first_line(one.question),
        "resolution": "",
        "queue": one.queue.label if one.queue else "",
        "priority": one.priority.label if one.priority else "",
    }
