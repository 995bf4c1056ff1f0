"""What a browser gets: the built front end where there is one, else a page that says what to do."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ..portfolio.report import project_title

if TYPE_CHECKING:
    from pathlib import Path

BUILT = "web/dist"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    # The page loads its style and script from here and nothing from anywhere else; no site may frame it.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width"></head>
<body><main><h1>{title}</h1>
<p>The service answers: <code>POST /predict</code> with <code>{{"text": "Works well."}}</code>; described at
<a href="/openapi.json">/openapi.json</a>.</p>
<p>{front_end}</p></main></body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A file to send."""

    content: bytes
    media_type: str


def find(root: Path, path: str) -> Page | None:
    """Return the page or file of the front end at `path`, None where there is none."""
    built = (root / BUILT).resolve()
    if path == "/" and not (built / "index.html").is_file():
        return _plain(root)
    if "\0" in path:
        return None
    target = (built / path.lstrip("/") if path != "/" else built / "index.html").resolve()
    if not target.is_relative_to(built) or not target.is_file():
        return None
    kind = _TYPES.get(target.suffix) or mimetypes.guess_type(target.name)[0] or "application/octet-stream"
    return Page(target.read_bytes(), f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)


def _plain(root: Path) -> Page:
    there = (root / "web" / "package.json").is_file()
    text = (
        "The front end is not built: <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code>, "
        "with Node 20 or newer."
        if there
        else "This project was made without a front end."
    )
    page = _PAGE.format(title=escape(project_title(root)), front_end=text)
    return Page(page.encode(), "text/html; charset=utf-8")
