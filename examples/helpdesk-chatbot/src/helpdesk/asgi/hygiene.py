"""What all answers of a service share: request id, size limit, headers, errors as JSON, a log line, figures.

A plain ASGI middleware, around the whole application: it sees what the framework refuses, too.
"""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from ..portfolio import observe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOG = logging.getLogger("service")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    # The page loads its style and script from here and nothing from anywhere else; no site may frame it.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class TooLargeError(Exception):
    """The body is longer than is taken."""


class Hygiene:
    """The middleware."""

    def __init__(
        self,
        app: App,
        metrics: observe.ServiceMetrics,
        *,
        max_body_bytes: int,
        relaxed: Collection[str] = (),
    ) -> None:
        """Wrap `app`.

        Args:
            app: the application.
            metrics: what counts the answers.
            max_body_bytes: longer requests get 413.
            relaxed: paths that do without the content security policy, such as a development tool's.
        """
        self._app, self._metrics = app, metrics
        self._most, self._relaxed = max_body_bytes, frozenset(relaxed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = {name.decode("latin-1").lower(): text for name, text in scope["headers"]}
        scope.setdefault("state", {})
        asked = headers.get("x-request-id", b"").decode("latin-1")
        request_id = scope["state"]["request_id"] = observe.request_id(asked)
        status, arrived, refusing = 0, 0, False

        overflowed = False

        async def limited() -> Message:
            """Count the bytes of a body, since one of undeclared length may be of any."""
            nonlocal arrived, overflowed
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._most:
                overflowed = True
                raise TooLargeError
            return message

        async def sent(message: Message) -> None:
            nonlocal status
            if overflowed and not refusing:
                return  # what the framework makes of the interruption
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._added(scope, request_id)]
            await send(message)

        try:
            declared = headers.get("content-length", b"0")
            if not declared.isdigit() or int(declared) > self._most:
                raise TooLargeError
            await self._app(scope, limited, sent)
        except TooLargeError:
            overflowed = True
        except Exception as error:
            LOG.error("unhandled error", exc_info=error, extra={"request_id": request_id})
            if not status and not overflowed:
                refusing = True
                text = "internal error; the log has more under this request id"
                await refuse(sent, 500, text, request_id)
        if overflowed and not status:
            refusing = True
            await refuse(sent, 413, f"the request is too large; at most {self._most:,} bytes", request_id)
        route = getattr(scope.get("route"), "path", None)
        seconds = time.perf_counter() - began
        self._metrics.answered(route, status, seconds)
        facts = {"request_id": request_id, "method": scope["method"], "route": route, "status": status}
        LOG.info("answered", extra={**facts, "ms": round(1000 * seconds, 3)})

    def _added(self, scope: Scope, request_id: str) -> list[tuple[bytes, bytes]]:
        relaxed = scope["path"] in self._relaxed
        found = {
            name: text
            for name, text in {**HEADERS, "X-Request-ID": request_id}.items()
            if not (relaxed and name == "Content-Security-Policy")
        }
        return [(name.lower().encode(), text.encode()) for name, text in found.items()]


async def refuse(send: Send, status: int, error: str, request_id: str) -> None:
    """Send an error as JSON."""
    body = json.dumps({"error": error, "request_id": request_id}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
