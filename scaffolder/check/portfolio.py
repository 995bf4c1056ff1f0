"""A repository as the rules see it: what it has, read once and only when a rule asks.

Nothing of the repository runs, and whatever its files hold, reading them raises nothing: what cannot be read
is as if it were not there, and `trouble` says why.
"""

from __future__ import annotations

import ast
import os
import re
import tomllib
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder import evidence
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.resources.abc import Traversable

    from scaffolder.check.own_tests import TestRun
    from scaffolder.record import Record
    from scaffolder.tree import File

LARGEST = 2_000_000  # bytes of a text that a rule reads
MOST_FILES = 50_000
MOST_HEADINGS = 2_000
README = ("README.md", "README.rst", "README.txt", "README")
# Not the owner's work, wherever git does not say so itself.
NOT_OWN = {"venv", "env", "node_modules", "__pycache__", "site-packages", "build", "dist"}

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)$")
_HTML_HEADING = re.compile(r"[ \t]*<h([1-6])\b[^<>]*>(.*?)</h\1>[ \t]*$", re.IGNORECASE)
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r"[ \t]*(```+|~~~+)")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a Markdown file and what stands below it, up to the next heading of its level or above."""

    title: str
    level: int
    line: int  # of the heading, from 1
    text: str


@dataclass(frozen=True, slots=True)
class TestFunction:
    """A function that pytest would collect."""

    path: str
    line: int
    name: str
    source: str


class Portfolio:
    """One repository. All paths are relative to its root, with forward slashes."""

    def __init__(self, root: Traversable) -> None:
        self.root = root
        self.trouble: dict[str, str] = {}  # why a file that is there counts as missing
        self.test_run: TestRun | None = None  # of its tests, where they were asked to run
        self._texts: dict[str, str | None] = {}
        self._trees: dict[str, ast.Module | None] = {}

    def __deepcopy__(self, _memo: object) -> Portfolio:
        return self  # repo-review copies its fixtures for each rule; rules only read this one

    # ---- files

    @property
    def folder(self) -> Path | None:
        """The folder on this disk; None where repo-review reads from the network."""
        return self.root if isinstance(self.root, Path) else None

    @cached_property
    def is_in_git(self) -> bool:
        """True when the repository is, or lies in, a git work tree of this disk."""
        from scaffolder.repository import top_of

        return self.folder is not None and top_of(self.folder) is not None

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files that git does not ignore; without git, all but environments and caches."""
        from scaffolder import checkout

        if self.folder is not None and self.is_in_git:
            try:
                return tuple(sorted(checkout.list_files(self.folder)))
            except (ScaffolderError, OSError, UnicodeError):
                pass
        return tuple(sorted(_walk(self.root)))

    def has(self, path: str) -> bool:
        """Return True when this file is there and not ignored."""
        return path in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.files)

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Return the files whose whole path matches a regular expression."""
        wanted = re.compile(pattern)
        return tuple(path for path in self.files if wanted.fullmatch(path))

    def bytes_of(self, path: str, *, largest: int = LARGEST) -> bytes | None:
        """Return what a file holds; None where it is not there, no file, or larger than `largest` bytes."""
        place = self.root.joinpath(*path.split("/"))
        try:
            if not place.is_file():
                return None
            if self._leads_out(place):
                self.trouble[path] = "a link that leads out of the repository"
                return None
            if isinstance(place, Path) and place.stat().st_size > largest:
                self.trouble[path] = f"larger than {largest // 1_000_000} MB"
                return None
            return place.read_bytes()
        except OSError as error:
            self.trouble[path] = (error.strerror or str(error)).lower()
            return None

    def size(self, path: str) -> int | None:
        """Return the size of a file of this disk in bytes; None where there is none in the repository."""
        place = self.root.joinpath(*path.split("/"))
        try:
            if not isinstance(place, Path) or not place.is_file() or self._leads_out(place):
                return None
            return place.stat().st_size
        except (OSError, ValueError):
            return None

    def begin(self, path: str, count: int) -> bytes:
        """Return the first bytes of a file, however large it is; none where it cannot be read."""
        place = self.root.joinpath(*path.split("/"))
        try:
            if not place.is_file() or self._leads_out(place):
                return b""
            with place.open("rb") as file:
                return bytes(file.read(count))
        except (OSError, ValueError):
            return b""

    def _leads_out(self, place: Traversable) -> bool:
        return isinstance(place, Path) and not Path(os.path.realpath(place)).is_relative_to(self._real_root)

    @cached_property
    def _real_root(self) -> str:
        return os.path.realpath(str(self.root))

    def text(self, path: str) -> str | None:
        """Return the text of a file, with newline characters at its line ends; None where there is none."""
        if path not in self._texts:
            content = self.bytes_of(path)
            try:
                text = None if content is None else content.decode("utf-8-sig").replace("\r\n", "\n")
            except UnicodeDecodeError:
                self.trouble[path], text = "not UTF-8 text", None
            self._texts[path] = text
        return self._texts[path]

    # ---- README

    @cached_property
    def readme(self) -> str | None:
        """The path of the README; None where there is none."""
        return next((path for path in README if self.text(path) is not None), None)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections of the README, in order."""
        return sections(self.text(self.readme) or "") if self.readme else ()

    # ---- Python

    @cached_property
    def python_files(self) -> tuple[str, ...]:
        """The Python files, tests included."""
        return tuple(path for path in self.files if path.endswith(".py"))

    def tree(self, path: str) -> ast.Module | None:
        """Return the syntax tree of a Python file; None where it cannot be parsed."""
        if path not in self._trees:
            text = self.text(path)
            try:
                with warnings.catch_warnings(action="ignore"):  # for code that is not ours
                    self._trees[path] = None if text is None else ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.trouble[path], self._trees[path] = f"no Python: {error}", None
        return self._trees[path]

    @cached_property
    def tests(self) -> tuple[TestFunction, ...]:
        """The functions and methods that pytest would collect by name."""
        return tuple(
            found
            for path in self.python_files
            if re.fullmatch(r"(.*/)?(test_[^/]*|[^/]*_test)\.py", path)
            for found in self._tests_in(path)
        )

    def _tests_in(self, path: str) -> Iterator[TestFunction]:
        tree, text = self.tree(path), self.text(path)
        if tree is None or text is None:
            return
        lines = text.split("\n")
        classes = [
            node
            for node in tree.body
            if isinstance(node, ast.ClassDef)
            and (node.name.startswith("Test") or any(map(_is_test_case, node.bases)))
        ]
        for body in (tree.body, *(one.body for one in classes)):
            for node in body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
                    source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                    yield TestFunction(path, node.lineno, node.name, source)

    # ---- what it says of itself

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What portfolio.toml says; empty where there is none or it is no TOML (see `trouble`)."""
        return self.toml("portfolio.toml")

    def toml(self, path: str) -> Mapping[str, Any]:
        """Return a TOML file's content; empty where there is none or it is no TOML."""
        try:
            return tomllib.loads(self.text(path) or "")
        except (ValueError, RecursionError) as error:
            self.trouble[path] = f"no TOML: {error}"
            return {}

    def yaml(self, path: str) -> Any:
        """Return a YAML file's content; None where there is none or it is no YAML."""
        import yaml

        try:
            return yaml.load(self.text(path) or "", getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        # The last three: a tag such as !!timestamp or !!int in front of what is none.
        except (yaml.YAMLError, ValueError, RecursionError, AttributeError, LookupError, TypeError) as error:
            self.trouble[path] = f"no YAML: {' '.join(str(error).split())}"
            return None

    @cached_property
    def evidence(self) -> dict[str, Any] | None:
        """The evidence, when it is valid; else None, and `trouble` has the reason where there is a file."""
        content = self.bytes_of(evidence.METRICS, largest=evidence.LARGEST)
        try:
            return None if content is None else evidence.parse(content)
        except evidence.BadEvidence as error:
            self.trouble[evidence.METRICS] = str(error).partition(": ")[2]
            return None

    # ---- the template it came from

    @cached_property
    def record(self) -> Record | None:
        """The record of the template that it was generated from; None for a repository of another origin."""
        from scaffolder.project import parse_record
        from scaffolder.record import ANSWERS_FILE

        content = self.bytes_of(ANSWERS_FILE)
        try:
            return None if content is None else parse_record(content, Path(ANSWERS_FILE))
        except ScaffolderError as error:
            self.trouble[ANSWERS_FILE] = str(error).partition(": ")[2] or str(error)
            return None

    @cached_property
    def made(self) -> Mapping[str, File] | None:
        """What the recorded version of its template made, by path; None where that cannot be made again.

        A template of others is not rendered: looking at a repository fetches nothing and runs nothing.
        """
        from scaffolder.answers import Answers
        from scaffolder.engine.render import render
        from scaffolder.engine.source import recorded
        from scaffolder.places import own_url

        record = self.record
        if record is None or self.folder is None or record.url != own_url():
            return None
        try:
            tree = recorded(record).tree(record.template)
            return render(
                tree,
                Answers(record.template, {}),
                ask=False,
                defaults={},
                previous=record.values,
                folder_name=self.folder.absolute().name,
            ).files
        except (ScaffolderError, OSError) as error:
            self.trouble["template"] = str(error)
            return None


def sections(text: str) -> tuple[Section, ...]:
    r"""Return the sections of a Markdown text; what looks like a heading in a code block is none.

    >>> [one.title for one in sections("# A\n\n## B ##\ntext\n```\n# c\n```\n\nC\n---\n<h2>D</h2>\n")]
    ['A', 'B', 'C', 'D']
    """
    lines = text.split("\n")
    heads = _headings(lines)
    ends = [len(lines)] * len(heads)
    open_heads: list[int] = []
    for index, (number, _, level, _) in enumerate(heads):
        while open_heads and heads[open_heads[-1]][2] >= level:
            ends[open_heads.pop()] = number
        open_heads.append(index)
    return tuple(
        Section(title, level, number + 1, "\n".join(lines[begin:end]).strip())
        for (number, begin, level, title), end in zip(heads, ends, strict=True)
    )


def _headings(lines: Sequence[str]) -> list[tuple[int, int, int, str]]:
    """Return for each heading the index of its line and of the one below it, its level and its text."""
    heads: list[tuple[int, int, int, str]] = []
    fence = ""
    for number, line in enumerate(lines):
        if found := _FENCE.match(line):
            if not fence:
                fence = found[1]
            elif found[1].startswith(fence):
                fence = ""
        elif fence or len(heads) == MOST_HEADINGS:
            continue
        elif head := _HEADING.match(line):
            heads.append((number, number + 1, len(head[1]), _without_closing(head[2])))
        elif head := _HTML_HEADING.match(line):
            heads.append((number, number + 1, int(head[1]), re.sub(r"<[^<>]*>", "", head[2]).strip()))
        elif (under := _UNDERLINE.match(line)) and _is_one_line(lines, number - 1):
            level = 1 if under[1].startswith("=") else 2
            heads.append((number - 1, number + 1, level, lines[number - 1].strip()))
    return heads


def _without_closing(title: str) -> str:
    title = title.rstrip()
    opened = title.rstrip("#")
    return opened.rstrip() if opened[-1:] in ("", " ", "\t") else title


def _is_one_line(lines: Sequence[str], number: int) -> bool:
    """Return True when the line is a paragraph of its own, which an underline makes a heading."""
    before = lines[number - 1] if number > 0 else ""
    starts_paragraph = number >= 0 and re.match(r" {0,3}[^\W_]|[*_`\[!]", lines[number])
    is_first = number == 0 or (number > 0 and not before.strip())
    return bool(starts_paragraph and is_first)


def _is_test_case(base: ast.expr) -> bool:
    name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    return name.endswith("TestCase")


def _walk(root: Traversable) -> Iterator[str]:
    waiting, count = [("", root)], 0
    while waiting and count < MOST_FILES:
        prefix, folder = waiting.pop()
        try:
            entries = list(folder.iterdir())
        except OSError:
            continue
        for entry in entries:
            name = entry.name
            if isinstance(entry, Path) and entry.is_symlink() and entry.is_dir():
                continue
            if entry.is_dir():
                hidden = name.startswith(".") and name not in (".github", ".ebextensions")
                if not hidden and name not in NOT_OWN:
                    waiting.append((f"{prefix}{name}/", entry))
            else:
                count += 1
                yield prefix + name
