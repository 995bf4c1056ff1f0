"""The routes of whoever asks. The conversation's token is in a header, never in an address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from .bodies import MessagesAnswer, Question, ReplyAnswer, Unvote, Vote, VoteAnswer
from .feedback import MOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .app import Service
    from .views import Reply

STREAM = "text/event-stream"

Known = Annotated[str, Header(alias="X-Conversation", description="The token of the conversation.")]
MayBeKnown = Annotated[
    str | None, Header(alias="X-Conversation", description="The token of the conversation to go on with.")
]
After = Annotated[int, Query(ge=0, le=MOST)]


def routes(service: Service) -> APIRouter:
    """Return the routes; each runs in a thread of its own, so none holds up another one."""
    router = APIRouter(tags=["chat"])

    def limited(request: Request) -> None:
        service.questions.check(address_of(request))

    def feedback_limited(request: Request) -> None:
        service.votes.check(address_of(request))

    @router.post("/chat", response_model=ReplyAnswer, dependencies=[Depends(limited)])
    def chat(body: Question, request: Request, conversation: MayBeKnown = None) -> Response:
        """Ask; with `Accept: text/event-stream` each sentence is an event `part`, and then comes `done`."""
        reply = service.ready.ask(body.text, conversation)
        service.replied(reply)
        if STREAM in request.headers.get("accept", ""):
            return StreamingResponse(events(reply), media_type=STREAM)
        return JSONResponse(ReplyAnswer.of(reply).model_dump())

    @router.get("/messages")
    def messages(conversation: Known, after: After = 0) -> MessagesAnswer:
        """Return what was said behind a message, such as a person's reply."""
        found = service.ready.conversation(conversation, after)
        return MessagesAnswer(messages=found.messages, waiting=found.waiting, over=found.over)

    @router.post("/feedback", dependencies=[Depends(feedback_limited)])
    def vote(body: Vote) -> VoteAnswer:
        """Say whether an answer was helpful; saying it again counts once."""
        service.ready.feedback(body.answer, body.token, helpful=body.helpful)
        return VoteAnswer(answer=body.answer, helpful=body.helpful)

    @router.delete("/feedback", dependencies=[Depends(feedback_limited)])
    def unvote(body: Unvote) -> VoteAnswer:
        """Take that back."""
        service.ready.undo_feedback(body.answer, body.token)
        return VoteAnswer(answer=body.answer, helpful=None)

    @router.post("/handover", dependencies=[Depends(limited)])
    def hand_over(conversation: Known) -> ReplyAnswer:
        """Ask a person."""
        reply = service.ready.hand_over(conversation)
        service.replied(reply)
        return ReplyAnswer.of(reply)

    return router


def events(reply: Reply) -> Iterator[str]:
    """Yield a reply sentence by sentence; all of it is on disk before the first one."""
    for one in reply.message.sentences:
        yield _event("part", {"text": one.text, "ticket": one.ticket})
    yield _event("done", ReplyAnswer.of(reply).model_dump())


def address_of(request: Request) -> str:
    """Return the client's address; a proxy's header counts only where uvicorn trusts the proxy."""
    return request.client.host if request.client else ""


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
