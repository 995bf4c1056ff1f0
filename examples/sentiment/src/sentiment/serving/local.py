"""Serve the Lambda function over HTTP here: each request becomes the event that API Gateway would send.

One request at a time reaches the function, as in one instance of it on AWS, where more load means more
instances. Files of the front end come from web/dist, where it has been built.
"""

from __future__ import annotations

import base64
import contextlib
import signal
import socket
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .. import params
from ..portfolio import store
from ..portfolio.errors import ModelMissing, ProjectError
from . import pages

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from ..params import Service
    from .handler import Handler

_DISCARDED = 32 << 20  # bytes of a body too large that are read, so that the caller sees the answer


def serve(root: Path, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; a request under way is answered first.

    Raises:
        ModelMissing: nothing was trained yet. ModelTampered: a stored file is not what training wrote.
        ProjectError: the address cannot be listened on.
    """
    try:
        store.current(root)
    except ModelMissing:
        raise ModelMissing("no trained model in models/; run `python -m sentiment train` first") from None
    from . import handler

    with listening(root, handler.create(root), host, port) as server:
        stop = threading.Event()

        def end(_: int, __: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        sys.stderr.write(f"http://{host}:{server.server_port}/ answers; Ctrl-C ends it\n")
        while not stop.wait(0.5):
            pass


@contextlib.contextmanager
def listening(root: Path, handler: Handler, host: str, port: int) -> Any:
    """Answer in the background while the context lasts; yields the server.

    Raises:
        ProjectError: the address cannot be listened on.
    """
    limits = params.load(root).service
    settings = {"root": root, "limits": limits, "lock": threading.Lock(), "timeout": limits.timeout_s}
    kind = type("Adapter", (_Adapter,), {**settings, "handler": staticmethod(handler)})
    try:
        server = (_Server6 if ":" in host else _Server)((host, port), kind)
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise ProjectError(f"cannot listen on {host} port {port}: {reason}; choose another --port") from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for answers under way


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Adapter(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "portfolio"
    sys_version = ""
    root: Path
    handler: Handler
    limits: Service
    lock: threading.Lock

    def do_GET(self) -> None:
        """Answer a page or file of the front end; all else goes to the function."""
        page = pages.find(self.root, unquote(urlsplit(self.path).path))
        if page is None:
            self._invoke(b"")
        else:
            self._send(200, {"Content-Type": page.media_type, **pages.HEADERS}, page.content)

    def do_POST(self) -> None:
        """Hand the request to the function."""
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            self.close_connection = True
            return self._send(411, {"Content-Type": "application/json"}, b'{"error":"a length is needed"}')
        if not 0 <= length <= self.limits.max_body_bytes:
            left = min(max(length, 0), _DISCARDED)
            while left and (piece := self.rfile.read(min(left, 65536))):
                left -= len(piece)
            self.close_connection = True
            # The function refuses it itself: one byte more than is allowed says the same as a gigabyte.
            return self._invoke(b" " * (self.limits.max_body_bytes + 1))
        return self._invoke(self.rfile.read(length))

    def _other(self) -> None:
        """Hand a request without a body to the function, which knows which methods there are."""
        self.close_connection = True  # a body may follow that nobody reads
        self._invoke(b"")

    do_OPTIONS = do_PUT = do_DELETE = do_PATCH = _other  # noqa: N815  # names of the base class

    def do_HEAD(self) -> None:
        """Answer as to GET, without a body."""
        self.do_GET()

    def _invoke(self, body: bytes) -> None:
        with self.lock:
            answer = self.handler(
                event(self.command, self.path, dict(self.headers.items()), body), _context()
            )
        content = answer.get("body") or ""
        data = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        self._send(answer["statusCode"], answer.get("headers", {}), data)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the function logs each request."""


def event(method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return the event that API Gateway's HTTP API (payload 2.0) makes of a request."""
    parts = urlsplit(target)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": unquote(parts.path),
        "rawQueryString": parts.query,
        "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)),
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "http": {"method": method, "path": parts.path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "stage": "$default",
            "requestId": uuid.uuid4().hex,
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def _context() -> SimpleNamespace:
    return SimpleNamespace(aws_request_id=uuid.uuid4().hex, function_name="local", memory_limit_in_mb=0)
