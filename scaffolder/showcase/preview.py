"""A server on this machine, and for it alone, to look at a folder of pages before it is published.

It answers as GitHub Pages does: index pages for folders, 404.html for what is not there, no listings. In
watch mode a page is sent with a script that loads it again after a rebuild; the files never have it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import socketserver
import sys
import threading
import time
from html import escape, unescape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from scaffolder.errors import ScaffolderError
from scaffolder.showcase import watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

HOST = "127.0.0.1"
RELOAD = "/-/reload.js"
VERSION = "/-/version"
# Python's own table depends on the machine: on Windows the registry may call a script plain text.
TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}

_OWN_NAME = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_POLICY = re.compile(r'(<meta\s+http-equiv="?Content-Security-Policy"?\s+content=")([^"]*)(")', re.IGNORECASE)
_ODD = re.compile(r'[\\:*?"<>|\0-\x1f]')  # in a name: no page of ours has it, and on Windows it means more


class CannotServe(ScaffolderError):
    """The address cannot be had, or there is nothing to show."""


def serve(
    folder: Path,
    *,
    port: int = 0,
    on_ready: Callable[[str], None],
    rebuild: Callable[[], None] | None = None,
    watched: Iterable[Path] = (),
    on_rebuilt: Callable[[Path, str | None], None] = lambda *_: None,
) -> None:
    """Serve `folder` at 127.0.0.1 until Ctrl-C, which ends it as intended and is no error.

    Args:
        folder: the pages.
        port: 0 takes a free one.
        on_ready: is told the address once it answers.
        rebuild: writes the pages anew, each time that something of `watched` changes. When it raises a
            ScaffolderError or OSError, what is shown stays as it is.
        watched: what the pages are made from: projects, the owner's profile.
        on_rebuilt: is told after each rebuild which file had changed, and in one line why it failed, or None.

    Raises:
        CannotServe: the port is taken or not allowed, or the folder has no index page.
    """
    if not (folder / "index.html").is_file():
        raise CannotServe(f"{folder} has no index.html to show; build the gallery there first")
    server = _open(folder, port, live=rebuild is not None)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        on_ready(server.address)
        if rebuild is None:
            while True:
                time.sleep(3600)
        for changed in watching.changes(watched):
            trouble = _attempt(rebuild)
            if trouble is None:
                server.renew()
            on_rebuilt(changed[0], trouble)
    except KeyboardInterrupt:
        return
    finally:
        server.shutdown()
        server.server_close()


def _attempt(rebuild: Callable[[], None]) -> str | None:
    """Return why a rebuild failed, in one line."""
    try:
        rebuild()
    except ScaffolderError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return None


def _open(folder: Path, port: int, *, live: bool) -> Server:
    """Return a server that listens."""
    try:
        return Server(folder, port, live=live)
    except OverflowError:
        raise CannotServe(f"port {port} does not exist; give --port a number from 1024 to 65535") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = "is in use by another program; give another one with --port, or none for a free one"
        elif error.errno == errno.EACCES:
            why = "may not be opened by this user; give --port a number from 1024 to 65535"
        else:
            why = f"cannot be opened: {(error.strerror or str(error)).lower()}; give another one with --port"
        raise CannotServe(f"port {port} of {HOST} {why}") from None


class Server(socketserver.ThreadingTCPServer):
    """Listens at 127.0.0.1; a request is a thread that dies with the server."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name != "nt"  # there it would share the port with another program

    def __init__(self, folder: Path, port: int, *, live: bool) -> None:
        self.folder = folder.resolve()
        self.is_live = live
        self._start, self._builds = secrets.token_hex(4), 0
        super().__init__((HOST, port), _Handler)

    @property
    def address(self) -> str:
        """Where the index page is."""
        return f"http://{HOST}:{self.server_address[1]}/"

    @property
    def version(self) -> str:
        """Names the pages as they are now: of this start of the server, after so many rebuilds."""
        return f"{self._start}-{self._builds}"

    def renew(self) -> None:
        """Let the pages that are open load themselves again."""
        self._builds += 1

    def find(self, path: str) -> Path | None:
        """Return what an address's path names inside the folder; None where that is nothing to show.

        Hidden files are not shown; the workflow does not publish them either. A symbolic link is followed
        only inside the folder.
        """
        try:
            parts = [part for part in unquote(path, errors="strict").split("/") if part]
        except UnicodeDecodeError:
            return None
        if any(part.startswith(".") or _ODD.search(part) for part in parts):
            return None
        try:
            found = self.folder.joinpath(*parts).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            return None
        return found if found.is_relative_to(self.folder) else None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def with_reload(page: str, version: str, nonce: str) -> str:
    """Return a page with the script that loads it again, and a policy that allows it and no other."""

    def allow(found: re.Match[str]) -> str:
        policy = allowing(unescape(found[2]), {"script-src": f"'nonce-{nonce}'", "connect-src": "'self'"})
        return found[1] + escape(policy).replace("&#x27;", "'") + found[3]

    script = f'<script nonce="{nonce}" src="{RELOAD}?shown={version}" defer></script>'
    before, end, after = _POLICY.sub(allow, page).partition("</head>")
    return f"{before}{script}{end}{after}" if end else page


def allowing(policy: str, sources: dict[str, str]) -> str:
    """Return a content security policy with a source more for some directives.

    >>> allowing("img-src 'self'; script-src 'none'", {"script-src": "'nonce-n'"})
    "img-src 'self'; script-src 'nonce-n'"
    """
    rules: dict[str, list[str]] = {}
    for part in policy.split(";"):
        name, *values = part.split() or [""]
        rules.setdefault(name.lower(), values)
    rules.pop("", None)
    for name, source in sources.items():
        before = rules.get(name, rules.get("default-src", []))
        rules[name] = [*(value for value in before if value not in ("'none'", source)), source]
    return "; ".join(" ".join((name, *values)) for name, values in rules.items())


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "scaffolder", ""
    timeout = 60  # seconds of a connection on which nothing is asked

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        names = self.headers.get_all("Host") or []
        path = self.path.partition("?")[0].partition("#")[0]
        if len(names) != 1 or not _OWN_NAME.fullmatch(names[0].strip()):
            self._send(HTTPStatus.MISDIRECTED_REQUEST, ".txt", b"this server is for 127.0.0.1 alone\n")
        elif self.server.is_live and path == RELOAD:
            self._send(HTTPStatus.OK, ".js", files("scaffolder.showcase").joinpath("reload.js").read_bytes())
        elif self.server.is_live and path == VERSION:
            self._send(HTTPStatus.OK, ".txt", self.server.version.encode())
        else:
            self._answer_from_folder(path)

    def _answer_from_folder(self, path: str) -> None:
        found = self.server.find(path)
        if found is not None and found.is_dir():
            if not path.endswith("/"):
                self._redirect(found)
                return
            found = self.server.find(f"{path}index.html")
        elif path.endswith("/"):
            found = None  # the address of a folder for a file
        for status, page in ((HTTPStatus.OK, found), (HTTPStatus.NOT_FOUND, self.server.find("404.html"))):
            if page is not None and self._send_file(status, page):
                return
        self._send(HTTPStatus.NOT_FOUND, ".txt", b"not found\n")

    def _redirect(self, folder: Path) -> None:
        """Send the browser to the address of a folder, which ends with a slash."""
        place = quote(folder.relative_to(self.server.folder).as_posix())
        self._send(HTTPStatus.MOVED_PERMANENTLY, ".txt", b"", Location=f"/{place}/")

    def _send_file(self, status: HTTPStatus, path: Path) -> bool:
        """Send a regular file; return False where it is none or cannot be read."""
        version = self.server.version  # as of before reading: a page is never taken for newer than it is
        try:
            if not path.is_file():
                return False
            content = path.read_bytes()  # whole: on Windows a rebuild cannot replace what is held open
        except OSError:
            return False
        if path.suffix == ".html" and self.server.is_live:
            page = content.decode(errors="replace")
            content = with_reload(page, version, secrets.token_urlsafe(16)).encode()
        self._send(status, path.suffix, content)
        return True

    def _send(self, status: HTTPStatus, suffix: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        always = {
            "Content-Type": TYPES.get(suffix.lower(), "application/octet-stream"),
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in (always | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
