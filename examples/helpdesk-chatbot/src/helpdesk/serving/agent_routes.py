"""The routes of agents, for whoever knows their token."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .bodies import AuditAnswer, Edit, HandoverAnswer, HandoversAnswer, NewTicket, Resolution, TicketsAnswer
from .chat_routes import address_of
from .feedback import MOST
from .views import PastTicket  # noqa: TC001  # FastAPI reads the annotations

if TYPE_CHECKING:
    from .app import Service

_BEARER = HTTPBearer(auto_error=False, description="The agents' token: HELPDESK_AGENT_TOKEN of the service.")

First = Annotated[int, Query(ge=1, le=200)]
After = Annotated[int, Query(ge=0, le=MOST)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def routes(service: Service) -> APIRouter:
    """Return the routes."""

    def agent(request: Request, credentials: Credentials) -> None:
        service.agents.check(credentials.credentials if credentials else "", address_of(request))

    router = APIRouter(tags=["agents"], dependencies=[Depends(agent)])
    _add_questions(router, service)
    _add_tickets(router, service)
    return router


def _add_questions(router: APIRouter, service: Service) -> None:
    @router.get("/handover")
    def handovers(first: First = 100) -> HandoversAnswer:
        """Return the questions that wait, the one that has waited longest first."""
        desk = service.ready
        return HandoversAnswer(waiting=desk.waiting(), handovers=desk.handovers(first))

    @router.get("/handover/{number}")
    def handover(number: int) -> HandoverAnswer:
        """Return a question with the whole conversation."""
        found, messages = service.ready.handover(number)
        return HandoverAnswer(**asdict(found), messages=messages)

    @router.post("/handover/{number}/resolve")
    def resolve(number: int, body: Resolution) -> PastTicket:
        """Answer a question; the ticket answers the next one at once."""
        return service.ready.resolve(number, **body.model_dump())

    @router.get("/learned")
    def learned(first: First = 100) -> TicketsAnswer:
        """Return the tickets that the model did not come with, the newest first."""
        desk = service.ready
        return TicketsAnswer(known=desk.known(), tickets=desk.learned(first))

    @router.get("/audit")
    def audit(after: After = 0, first: First = 100) -> AuditAnswer:
        """Return what was changed, oldest first."""
        return AuditAnswer(changes=service.ready.audit(after, first))


def _add_tickets(router: APIRouter, service: Service) -> None:
    @router.get("/tickets")
    def find(query: str, first: First = 20) -> TicketsAnswer:
        """Return the tickets most like a text."""
        desk = service.ready
        return TicketsAnswer(known=desk.known(), tickets=desk.find(query, first))

    @router.post("/tickets", status_code=201)
    def add(body: NewTicket) -> PastTicket:
        """Add a ticket; the next question may be answered from it."""
        values = body.model_dump()
        return service.ready.add(ticket=values.pop("id"), **values)

    # An id may have a slash in it, so it is the rest of the address.
    @router.post("/tickets/{ticket:path}/restore")
    def restore(ticket: str) -> PastTicket:
        """Let a retracted ticket answer again."""
        return service.ready.restore(ticket)

    @router.get("/tickets/{ticket:path}")
    def ticket(ticket: str) -> PastTicket:
        """Return a ticket."""
        return service.ready.ticket(ticket)

    @router.put("/tickets/{ticket:path}")
    def edit(ticket: str, body: Edit) -> PastTicket:
        """Change a ticket."""
        return service.ready.edit(ticket, **body.model_dump())

    @router.delete("/tickets/{ticket:path}")
    def retract(ticket: str) -> PastTicket:
        """Let a ticket answer nobody any more; it can be restored."""
        return service.ready.retract(ticket)
