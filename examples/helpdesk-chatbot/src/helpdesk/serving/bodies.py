"""The JSON of the interface: what is taken, and what of the desk is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from .feedback import MOST as LARGEST_ANSWER
from .views import (  # noqa: TC001  # pydantic reads the annotations
    Change,
    Guess,
    Handover,
    Kind,
    Message,
    PastTicket,
    Sentence,
)

if TYPE_CHECKING:
    from .views import Reply

# Lengths are checked once personal data can no longer hide in them (incoming.py); what is longer than any
# request may be is not even looked at (asgi/hygiene.py).


class _Taken(BaseModel):
    """What is unknown is refused by name: a misspelt field would else be ignored in silence."""

    model_config = ConfigDict(extra="forbid")


class Question(_Taken):
    """The body of POST /chat."""

    text: Annotated[StrictStr, Field(description="A question, as somebody types it.")]


class Vote(_Taken):
    """The body of POST /feedback."""

    answer: Annotated[StrictInt, Field(ge=1, le=LARGEST_ANSWER, description="The reply's id.")]
    token: Annotated[StrictStr, Field(description="The reply's feedback_token, or the conversation's token.")]
    helpful: StrictBool


class Unvote(_Taken):
    """The body of DELETE /feedback."""

    answer: Annotated[StrictInt, Field(ge=1, le=LARGEST_ANSWER, description="The reply's id.")]
    token: Annotated[StrictStr, Field(description="The reply's feedback_token, or the conversation's token.")]


class Resolution(_Taken):
    """The body of POST /handover/{number}/resolve."""

    subject: StrictStr
    resolution: Annotated[StrictStr, Field(description="The reply; it answers whoever asks the same next.")]
    queue: StrictStr = ""
    priority: StrictStr = ""


class NewTicket(_Taken):
    """The body of POST /tickets."""

    id: Annotated[StrictStr, Field(description="Without one, the ticket gets one.")] = ""
    subject: StrictStr
    body: StrictStr
    resolution: StrictStr
    queue: StrictStr = ""
    priority: StrictStr = ""
    language: StrictStr = ""


class Edit(_Taken):
    """The body of PUT /tickets/{id}; what is left out stays."""

    subject: StrictStr | None = None
    body: StrictStr | None = None
    resolution: StrictStr | None = None
    queue: StrictStr | None = None
    priority: StrictStr | None = None


class ReplyTold(BaseModel):
    """What comes back at once."""

    id: int
    kind: Kind
    text: str
    sentences: tuple[Sentence, ...]
    confidence: float | None
    generated: bool
    topics: tuple[str, ...]
    queue: str | None
    feedback_token: str | None
    handover: int | None


class ReplyAnswer(BaseModel):
    """The answer of POST /chat and POST /handover."""

    conversation: str
    reply: ReplyTold

    @classmethod
    def of(cls, reply: Reply) -> ReplyAnswer:
        """Tell a reply."""
        said = reply.message
        told = ReplyTold(
            id=said.id,
            kind=said.kind,
            text=said.text,
            sentences=said.sentences,
            confidence=said.confidence,
            generated=said.generated,
            topics=said.topics,
            queue=said.queue,
            feedback_token=reply.feedback_token,
            handover=reply.handover,
        )
        return cls(conversation=reply.conversation, reply=told)


class MessagesAnswer(BaseModel):
    """The answer of GET /messages."""

    messages: tuple[Message, ...]
    waiting: bool
    over: bool


class VoteAnswer(BaseModel):
    """The answer of /feedback: what holds now."""

    answer: int
    helpful: bool | None


class HandoversAnswer(BaseModel):
    """The answer of GET /handover."""

    waiting: int
    handovers: list[Handover]


class HandoverAnswer(BaseModel):
    """The answer of GET /handover/{number}."""

    id: int
    at: int
    open: bool
    question: str
    queue: Guess | None
    priority: Guess | None
    ticket: str | None
    messages: tuple[Message, ...]


class TicketsAnswer(BaseModel):
    """The answer of GET /tickets and GET /learned."""

    known: int  # tickets that answer questions
    tickets: list[PastTicket]


class AuditAnswer(BaseModel):
    """The answer of GET /audit."""

    changes: list[Change]


class Problem(BaseModel):
    """One field and what is wrong with it."""

    field: str
    problem: str


class ErrorAnswer(BaseModel):
    """Every answer with a status from 400 on."""

    error: str
    fields: list[Problem]  # empty where no field is at fault
    request_id: str


class Health(BaseModel):
    """The answer of /healthz: the process is alive."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """The answer of /readyz: whether questions can be answered and kept."""

    ready: bool
    detail: str


class Version(BaseModel):
    """The answer of /version: what is running."""

    model: str  # version, as in models/
    data_source: str
    data_sha256: str
    git_commit: str  # of the code that answers; unknown outside git
