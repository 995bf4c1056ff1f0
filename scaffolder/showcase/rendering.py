"""Markdown of others as HTML that can do nothing: no HTML of theirs, no pictures, links to elsewhere only."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markupsafe import Markup

_ALLOWED = re.compile(r"(https?://|mailto:)", re.IGNORECASE)


def markdown(text: str) -> Markup:
    """Return the HTML of a Markdown text."""
    from markupsafe import Markup

    parser = _parser()
    tokens = list(_blocks(parser.parse(text)))
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - HTML in it is escaped


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _blocks(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the blocks with every heading under that of its section, and tables that scroll by themselves."""
    from markdown_it.token import Token

    empty = False
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            empty = not tokens[place + 1].content.strip()
        if token.type.startswith("heading_"):
            token.tag = "h3"
        if empty:
            empty = token.type != "heading_close"
            continue
        if token.type == "inline":
            token.children = list(_inlines(token.children or ()))
        elif token.type == "table_open":
            yield Token("scroll_open", "div", 1, attrs=_scrolling("Table"))
        elif token.type in ("fence", "code_block"):
            token.info = ""
        elif token.type in ("th_open", "th_close"):
            within = tokens[place + (1 if token.type == "th_open" else -1)]
            token.tag = "th" if within.content.strip() else "td"
        yield token
        if token.type == "table_close":
            yield Token("scroll_close", "div", -1)


def _scrolling(label: str) -> dict[str, str | int | float]:
    return {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": label}


def _inlines(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the inline tokens, without links to places that the site does not have; a picture is its text."""
    from markdown_it.token import Token

    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            kept.append(bool(_ALLOWED.match(str(token.attrGet("href") or ""))))
            if not kept[-1]:
                continue
            token.attrs = {"href": str(token.attrGet("href")), "rel": "noopener"}
        elif token.type == "link_close" and not kept.pop():
            continue
        elif token.type == "image":
            token = Token("text", "", 0, content=token.content)  # noqa: PLW2901
        yield token
