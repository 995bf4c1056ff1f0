"""What the desk shows of itself: to the JSON interface, the pages and the terminal alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Who = Literal["visitor", "assistant", "person"]
Kind = Literal["question", "answer", "clarify", "unknown", "handed over", "person"]


@dataclass(frozen=True, slots=True)
class Guess:
    """What is probably the case."""

    label: str
    probability: float  # 0 to 1, calibrated


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, and the ticket that it comes from."""

    text: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    id: int  # of an answer: what feedback names
    who: Who
    kind: Kind
    text: str  # of an answer: its sentences, one after the other
    at: int  # seconds since 1970, UTC
    sentences: tuple[Sentence, ...] = ()  # of an answer, never empty there
    confidence: float | None = None  # that the answer is right, 0 to 1
    generated: bool = False  # of an answer: in a language model's words, which the cited tickets support
    topics: tuple[str, ...] = ()  # of `clarify`: what else it could be about
    queue: str | None = None  # of the assistant's messages: whose matter it probably is
    helpful: bool | None = None  # what was said about the answer; None: nothing


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back at once when somebody asks something or wants a person."""

    conversation: str  # its token; another one than before where that conversation was over
    message: Message
    feedback_token: str | None  # of an answer
    handover: int | None  # the number under which a person has the question, if one has


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said in a conversation."""

    messages: tuple[Message, ...]  # oldest first
    waiting: bool  # whether a person has a question of it
    over: bool  # whether the next question begins another one


@dataclass(frozen=True, slots=True)
class Handover:
    """A question that a person has, or had."""

    id: int
    at: int  # seconds since 1970, UTC
    open: bool
    question: str
    queue: Guess | None
    priority: Guess | None
    ticket: str | None  # that it has become


@dataclass(frozen=True, slots=True)
class PastTicket:
    """A ticket as agents see it."""

    id: str
    subject: str
    body: str
    resolution: str
    queue: str
    priority: str
    language: str
    intent: str
    created: int | None  # seconds since 1970, UTC
    resolved_at: int | None
    retracted: bool  # answers nobody until it is restored
    learned: bool  # did not come with the model
    up: int  # how many people it has helped
    down: int  # ... and how many it has not


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the audit."""

    id: int
    at: int  # seconds since 1970, UTC
    who: Literal["visitor", "agent"]
    what: str  # such as "ticket edited"
    ticket: str | None
    answer: int | None
    handover: int | None
    before: dict[str, object] | None
    after: dict[str, object] | None
