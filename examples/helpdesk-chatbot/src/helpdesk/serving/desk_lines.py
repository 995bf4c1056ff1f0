"""The ways from a terminal to the help desk: in this process, or over HTTP to a running service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..portfolio.errors import ProjectError
from .refusals import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from ..params import Params
    from .views import Reply

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, whichever way it came."""

    id: int
    kind: str
    text: str
    tickets: tuple[str, ...]
    confidence: float | None
    topics: tuple[str, ...]
    token: str | None  # of an answer: for feedback


class DeskLine(Protocol):
    """A way to the help desk, with one conversation at a time.

    What the desk does not do is a Refusal; where there is no desk, it is another ProjectError.
    """

    def ask(self, text: str) -> Said:
        """Ask."""

    def person(self) -> Said:
        """Ask a person."""

    def judge(self, said: Said, *, helpful: bool) -> None:
        """Vote on an answer."""

    def news(self) -> list[str]:
        """Return what people of the help desk have written since the last look."""

    def new(self) -> None:
        """Begin another conversation."""

    def close(self) -> None:
        """Hang up."""


class Local:
    """The desk in this process, on the database of the service."""

    def __init__(self, root: Path, params: Params) -> None:
        """Open it.

        Raises:
            ModelError: there is no model, or it is damaged. ProjectError: the database cannot be used.
        """
        from .desk import Desk
        from .predictor import Predictor

        self._desk = Desk.open(root, params, Predictor.load(root))
        self._token: str | None = None
        self._last = 0  # id of the newest message that was looked at

    def ask(self, text: str) -> Said:
        """Ask."""
        return self._said(self._desk.ask(text, self._token))

    def person(self) -> Said:
        """Ask a person."""
        return self._said(self._desk.hand_over(self._token or ""))

    def judge(self, said: Said, *, helpful: bool) -> None:
        """Vote on an answer."""
        self._desk.feedback(said.id, said.token or "", helpful=helpful)

    def news(self) -> list[str]:
        """Return what people of the help desk have written."""
        if self._token is None:
            return []
        found = self._desk.conversation(self._token, self._last).messages
        self._last = max([self._last, *(message.id for message in found)])
        return [message.text for message in found if message.kind == "person"]

    def new(self) -> None:
        """Begin another conversation."""
        self._token, self._last = None, 0

    def close(self) -> None:
        """Close the database."""
        self._desk.close()

    def _said(self, reply: Reply) -> Said:
        self._token, said = reply.conversation, reply.message
        tickets = tuple(dict.fromkeys(one.ticket for one in said.sentences))
        return Said(
            said.id, said.kind, said.text, tickets, said.confidence, said.topics, reply.feedback_token
        )


class Remote:
    """A running service, by its JSON."""

    def __init__(self, url: str) -> None:
        """Prepare to ask the service at `url`.

        Raises:
            ProjectError: it is no address.
        """
        import httpx2

        if not url.startswith(("http://", "https://")):
            raise ProjectError(f"--url is {url!r}; expected an address that starts with http:// or https://")
        self._url, self._broken = (
            url,
            (httpx2.HTTPError, httpx2.InvalidURL, ValueError, LookupError, TypeError),
        )
        try:
            self._client = httpx2.Client(base_url=url, timeout=_TIMEOUT_S)
        except httpx2.InvalidURL as error:
            raise ProjectError(f"--url is {url!r}: {error}") from None
        self._token: str | None = None
        self._last = 0  # id of the newest message that was looked at

    def ask(self, text: str) -> Said:
        """Ask."""
        return self._said("/chat", {"text": text})

    def person(self) -> Said:
        """Ask a person."""
        return self._said("/handover")

    def judge(self, said: Said, *, helpful: bool) -> None:
        """Vote on an answer."""
        self._send("POST", "/feedback", {"answer": said.id, "token": said.token, "helpful": helpful})

    def news(self) -> list[str]:
        """Return what people of the help desk have written."""
        if self._token is None:
            return []
        found = self._send("GET", f"/messages?after={self._last}")["messages"]
        self._last = max([self._last, *(message["id"] for message in found)])
        return [message["text"] for message in found if message["kind"] == "person"]

    def new(self) -> None:
        """Begin another conversation."""
        self._token, self._last = None, 0

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"X-Conversation": self._token} if self._token else {}
        try:
            response = self._client.request(method, path, json=body, headers=headers)
            found, refused = response.json(), response.is_error
            error = str(found["error"]) if refused else ""
        except self._broken as problem:
            raise self._no_service(problem) from None
        if refused:
            raise Refusal(error)
        return found

    def _said(self, path: str, body: dict[str, Any] | None = None) -> Said:
        found = self._send("POST", path, body)
        try:
            said = found["reply"]
            made = Said(
                id=int(said["id"]),
                kind=str(said["kind"]),
                text=str(said["text"]),
                tickets=tuple(dict.fromkeys(str(one["ticket"]) for one in said["sentences"])),
                confidence=said["confidence"],
                topics=tuple(map(str, said["topics"])),
                token=said["feedback_token"],
            )
            self._token = str(found["conversation"])
        except self._broken as problem:
            raise self._no_service(problem) from None
        return made

    def _no_service(self, problem: Exception) -> ProjectError:
        from httpx2 import HTTPError

        reason = (
            f": {problem}"
            if isinstance(problem, HTTPError) and str(problem)
            else " does not answer as a help desk"
        )
        return ProjectError(f"{self._url}{reason}; is this the address of the running service?")
