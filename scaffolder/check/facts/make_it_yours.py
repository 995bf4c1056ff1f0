"""The places of a generated project that ask for the owner's own work, and which of them nobody has touched.

They are derived from what the template made: the files, and the sections of TOML files, that the bullets
below the README's heading "Make it yours" name, and each choice of DECISIONS.md that has a paragraph "Make it
your own.".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.check.portfolio import sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffolder.check.portfolio import Portfolio
    from scaffolder.tree import File

HEADING = "make it yours"
README, DECISIONS = "README.md", "DECISIONS.md"

_PARAGRAPH = re.compile(r"^\**make it your own\b", re.IGNORECASE | re.MULTILINE)
_BULLET = re.compile(r"[ \t]{0,3}[-*+][ \t]")
_SPAN = re.compile(r"`([^`\n]+)`")
_TABLE = re.compile(r"\[([\w-]+(?:\.[\w-]+)*)\]")
_TOML_HEAD = re.compile(r"\s*\[{1,2}\s*([\w-]+(?:\s*\.\s*[\w-]+)*)\s*\]{1,2}\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Place:
    """One place: a file, or a part of it."""

    file: str
    part: str = ""  # a section of TOML such as `[cost]`, or the heading of a choice

    @property
    def name(self) -> str:
        """What it is called in a message."""
        return f"{self.file} {self.part}".rstrip()


def places(made: Mapping[str, File]) -> tuple[Place, ...]:
    """Return the places that the template invites the owner to, in their order in its README."""
    readme = _text(made, README)
    found = next((one.text for one in sections(readme) if one.title.lower() == HEADING), "")
    result: list[Place] = []
    for spans in map(_SPAN.findall, _bullets(found)):
        tables = [span for span in spans if _TABLE.fullmatch(span)]
        for file in (span for span in spans if span in made):
            if file == DECISIONS:
                result += _choices(made)
            elif file.endswith(".toml") and tables:
                known = _tables(_text(made, file))
                result += (Place(file, table) for table in tables if table[1:-1] in known)
            else:
                result.append(Place(file))
    return tuple(dict.fromkeys([*result, *_choices(made)]))


def untouched(portfolio: Portfolio, made: Mapping[str, File]) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """Return the places that are as the template made them, and all of them."""
    every = places(made)
    left = tuple(
        place
        for place in every
        if (own := portfolio.text(place.file)) is not None
        and _content(own, place) == _content(_text(made, place.file), place)
    )
    return left, every


def _choices(made: Mapping[str, File]) -> Iterator[Place]:
    for one in sections(_text(made, DECISIONS)):
        if one.level > 1 and _PARAGRAPH.search(one.text):
            yield Place(DECISIONS, one.title)


def _content(text: str, place: Place) -> Sequence[str] | None:
    """Return the lines of a place that are not blank; None where the file has no such part."""
    if not place.part:
        lines: Sequence[str] | None = text.split("\n")
    elif place.file.endswith(".toml"):
        lines = _tables(text).get(place.part[1:-1])
    else:
        lines = next((one.text.split("\n") for one in sections(text) if one.title == place.part), None)
    return None if lines is None else [line.rstrip() for line in lines if line.strip()]


def _tables(text: str) -> dict[str, list[str]]:
    """Return the lines of each table of a TOML file by its name; those of its tables within come with it.

    A comment right above a head belongs to the table below it.
    """
    result: dict[str, list[str]] = {}
    now: list[str] = []  # the tables that the line belongs to
    comments: list[str] = []
    for line in text.split("\n"):
        head = _TOML_HEAD.fullmatch(line)
        if head:
            parts = re.split(r"\s*\.\s*", head[1])[:20]
            now = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
        elif line.lstrip().startswith("#"):
            comments.append(line)
            continue
        belongs = [*comments, line]
        comments = []
        for name in now:
            result.setdefault(name, []).extend(belongs)
    for name in now:
        result[name].extend(comments)
    return result


def _bullets(text: str) -> Iterator[str]:
    """Yield each bullet of a list with the lines that continue it."""
    bullet: list[str] = []
    for line in text.split("\n"):
        if _BULLET.match(line):
            if bullet:
                yield " ".join(bullet)
            bullet = [line]
        elif bullet and line.strip():
            bullet.append(line.strip())
    if bullet:
        yield " ".join(bullet)


def _text(made: Mapping[str, File], path: str) -> str:
    return made[path].content.decode("utf-8", errors="replace").replace("\r\n", "\n") if path in made else ""
