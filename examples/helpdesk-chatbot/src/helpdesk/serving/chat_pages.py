"""The chat at /; its forms come back to /page.

Who talks is known by a cookie that holds the conversation's token, and that no script can read.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from .chat_routes import STREAM, address_of, events
from .page_route import PageRoute, pages_of, refused, same_origin, wants_page
from .refusals import BadInput, NotFound, Refusal
from .rendering import render, sentence
from .shown import VISITOR, shown
from .views import Conversation

if TYPE_CHECKING:
    from .views import Reply

COOKIE = "conversation"
NOBODY = Conversation((), waiting=False, over=False)
_DAY_S = 86_400

router = APIRouter(route_class=PageRoute)
forms = APIRouter(prefix="/page", route_class=PageRoute, dependencies=[Depends(same_origin)])
Text = Annotated[str, Form()]
Vote = Literal["yes", "no", "undo"]


@router.get("/")
def chat(request: Request) -> HTMLResponse:
    """Show the conversation, or how to begin one."""
    return HTMLResponse(_page(request, request.cookies.get(COOKIE)))


@router.get("/page/conversation")
def conversation(request: Request) -> HTMLResponse:
    """Show what the script needs to bring the page up to date."""
    return HTMLResponse(render("conversation.html", **_conversation(request, request.cookies.get(COOKIE))))


@forms.post("/ask")
def ask(request: Request, text: Text = "") -> Response:
    """Answer a question: a script gets it piece by piece."""
    pages = pages_of(request)
    try:
        pages.service.questions.check(address_of(request))
        reply = pages.desk.ask(_question(text), request.cookies.get(COOKIE))
    except Refusal as refusal:
        return _refused(request, refusal, text)
    pages.service.replied(reply)
    if STREAM in request.headers.get("accept", ""):
        return _remembered(request, reply, StreamingResponse(events(reply), media_type=STREAM))
    return _remembered(request, reply, _back(request))


@forms.post("/person")
def person(request: Request, text: Text = "") -> Response:
    """Hand over, together with a question that was typed but not asked."""
    pages, token = pages_of(request), request.cookies.get(COOKIE)
    reply: Reply | None = None
    try:
        pages.service.questions.check(address_of(request))
        if text.strip() or not token:
            reply = pages.desk.ask(_question(text), token)
            token = reply.conversation
        if reply is None or reply.message.kind != "handed over":  # the desk does that by itself, too
            reply = pages.desk.hand_over(str(token))
    except Refusal as refusal:  # the question may be kept all the same
        response = _refused(request, refusal, "" if reply else text, token)
        return _remembered(request, reply, response) if reply else response
    pages.service.replied(reply)
    return _remembered(request, reply, _back(request))


@forms.post("/vote")
def vote(request: Request, answer: Annotated[int, Form()], helpful: Annotated[Vote, Form()]) -> Response:
    """Count what somebody says about an answer, or take it back."""
    pages, token = pages_of(request), request.cookies.get(COOKIE, "")
    try:
        pages.service.votes.check(address_of(request))
        if helpful == "undo":
            pages.desk.undo_feedback(answer, token)
        else:
            pages.desk.feedback(answer, token, helpful=helpful == "yes")
    except Refusal as refusal:
        return _refused(request, refusal)
    return _back(request)


@forms.post("/new")
def new() -> Response:
    """Begin again; the conversation so far stays where it is, but this browser forgets it."""
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE)
    return response


router.include_router(forms)


def _page(request: Request, token: str | None, problem: str = "", draft: str = "") -> str:
    pages = pages_of(request)
    return render(
        "chat.html",
        project=pages.title,
        kind=pages.desk.predictor.stored.metadata["kind"],
        examples=pages.examples,
        limit=pages.settings.longest_question,
        problem=problem,
        draft=draft,
        **_conversation(request, token),
    )


def _conversation(request: Request, token: str | None) -> dict[str, Any]:
    """Return what the templates need of a conversation, as far as there is one."""
    pages, found = pages_of(request), NOBODY
    if token:
        with suppress(NotFound):  # it was deleted after its days
            found = pages.desk.conversation(token)
    messages = shown(found.messages, pages.desk.sources, VISITOR)
    minutes = pages.settings.memory_minutes
    return {"messages": messages, "waiting": found.waiting, "over": found.over, "minutes": minutes}


def _question(text: str) -> str:
    """Return what was typed; a form sends the ends of lines as mail does, which would count twice.

    Raises:
        BadInput: nothing was.
    """
    if not text.strip():
        raise BadInput("type your question first")
    return text.replace("\r\n", "\n")


def _back(request: Request) -> Response:
    """Lead a browser back to the page; a script asks for what has changed itself."""
    return RedirectResponse("/", 303) if wants_page(request) else Response(status_code=204)


def _refused(request: Request, refusal: Refusal, draft: str = "", token: str | None = None) -> Response:
    """Show the page again with what is wrong, and with what was typed."""
    known = token or request.cookies.get(COOKIE)
    return refused(request, refusal, partial(_page, request, known, sentence(refusal), draft))


def _remembered(request: Request, reply: Reply, response: Response) -> Response:
    response.set_cookie(
        COOKIE,
        reply.conversation,
        max_age=pages_of(request).settings.keep_days * _DAY_S,
        httponly=True,
        samesite="lax",  # who follows a link to this page still has the conversation
        secure=request.url.scheme == "https",
    )
    return response
