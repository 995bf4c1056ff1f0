"""Parts of a project's own documents, cut out as they stand: how to run it, its STAR, where it fails."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST = 6_000  # characters of one part
MOST_LINES = 40  # of the commands

_SHELL = {"", "sh", "bash", "shell", "zsh", "console", "shell-session", "powershell", "ps1", "cmd", "bat"}
_DIAGRAM = {"mermaid", "dot", "plantuml"}
_FAILS = re.compile(r"^\s*(\*\*|__)\s*(where it (fails|breaks)|limit(ation)?s|limits and caveats)\b", re.I)
_LEAD = re.compile(r"^\s*(\*\*|__)[^*_\n]{1,80}?[.:]?\s*\1[.:]?\s*")
_LIMITS = re.compile(
    r"^(known )?(limit(ation)?s|weaknesses|issues)\b|^where it (fails|breaks)|^caveats\b|\blimitations\b",
    re.I,
)


def commands(readme: str) -> str:
    """Return the first code block of a README: of a shell, or else of anything but a drawing."""
    fences = [token for token in _blocks(readme) if token.type == "fence" and token.content.strip()]
    languages = [(token.info.split() or [""])[0].lower() for token in fences]
    found = [(fence.content, language) for fence, language in zip(fences, languages, strict=True)]
    first = next(
        (text for text, language in found if language in _SHELL),
        next((text for text, language in found if language not in _DIAGRAM), ""),
    )
    return "\n".join(line.rstrip() for line in first.strip("\n").splitlines()[:MOST_LINES])[:LONGEST]


def limits(readme: str, model_card: str) -> str:
    """Return the Markdown that says where a project fails: a paragraph of the README, or a section."""
    return _failing_paragraph(readme) or _section(readme) or _section(model_card)


def star(text: str) -> str:
    """Return the Markdown of a STAR without its title."""
    tokens = _blocks(text)
    if tokens and tokens[0].type == "heading_open" and tokens[0].map:
        text = "\n".join(text.splitlines()[tokens[0].map[1] :])
    return _bounded(text)


def _failing_paragraph(text: str) -> str:
    tokens, lines = _blocks(text), text.splitlines()
    for place, token in enumerate(tokens):
        if token.type != "inline" or not token.map or not _FAILS.match(token.content):
            continue
        first, last = token.map
        after = tokens[place + 2] if place + 2 < len(tokens) else None
        if after is not None and after.type in ("bullet_list_open", "ordered_list_open") and after.map:
            last = after.map[1]
        return _bounded(_LEAD.sub("", "\n".join(lines[first:last]), count=1))
    return ""


def _section(text: str) -> str:
    tokens, lines = _blocks(text), text.splitlines()
    headings = [
        (int(token.tag[1]), token.map, tokens[place + 1].content)
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.map
    ]
    for place, (level, span, title) in enumerate(headings):
        if not _LIMITS.search(title.strip(" *_`")):
            continue
        end = next((there[0] for depth, there, _ in headings[place + 1 :] if depth <= level), len(lines))
        if found := _bounded("\n".join(lines[span[1] : end])):
            return found
    return ""


def _bounded(text: str) -> str:
    """Return whole paragraphs of `text`, as many as may be shown."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).strip()
    if len(text) <= LONGEST:
        return text
    cut = text[:LONGEST]
    return (cut.rpartition("\n\n")[0] or cut).rstrip()


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").disable(["inline"])


@lru_cache(4)  # a README is looked through several times
def _blocks(text: str) -> Sequence[Token]:
    return _parser().parse(text)
