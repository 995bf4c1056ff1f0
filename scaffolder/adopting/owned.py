"""The files of a project as git knows them, and how much of a template's files is found in them.

Everything is measured in lines. A line that holds a letter or a digit counts, without the blanks at its end;
how often it stands in a file matters, where it stands does not. What is no text is one line: its id.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from scaffolder import git
from scaffolder.engine.apply import is_interrupted
from scaffolder.errors import NotUpdatable, ScaffolderError
from scaffolder.repository import is_submodule, open_repository
from scaffolder.tree import blob_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from scaffolder.engine.render import Rendered
    from scaffolder.repository import Entry, Repository
    from scaffolder.tree import File

LARGEST_TEXT = 1 << 20  # bytes; what is larger counts as no text
_LARGEST_READ = 1 << 28  # bytes of a project that are read in all
_CHUNK = 1 << 24  # bytes that git is asked for at once
_ABSENT = 5  # a file that is not there speaks against a version like so many lines, however long it is
_HEAVIEST = 200  # lines: a longer file, such as a lock file, weighs no more in the score
_TELLING = re.compile(rb"[0-9A-Za-z\x80-\xff]")
_LICENCE = re.compile(r"(?i)(.*/)?(licen[cs]e|copying|notice)[^/]*")  # anybody's: says nothing of a template


class NotAdoptable(ScaffolderError):
    """A repository that cannot be bound to a template."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be adopted: {' '.join(why.split())}")


class Fit(NamedTuple):
    """How much of one file of a template is found in the project."""

    found: int  # lines
    total: int
    is_there: bool  # at its path, or the very same content at another


class Votes(NamedTuple):
    """How many of the lines in which two renders differ agree with the first, and with the second."""

    ours: int
    theirs: int

    @property
    def certainty(self) -> float:
        """Rule of succession: one line of one is two thirds, nine of nine ten elevenths, none a half."""
        return (self.ours + 1) / (self.ours + self.theirs + 2)


def counted(content: bytes) -> Counter[bytes]:
    """Return how often each line stands in a file."""
    if len(content) > LARGEST_TEXT or b"\0" in content:
        return Counter([blob_id(content).encode()])
    lines = (line.rstrip() for line in content.split(b"\n"))
    return Counter(line for line in lines if _TELLING.search(line))


@dataclass(eq=False)
class Owned:
    """A project's files: what is staged, or committed, of them. Submodules are left out."""

    path: Path  # absolute, as it was given
    repository: Repository
    entries: Mapping[str, Entry]
    _contents: dict[str, bytes | None] = field(default_factory=dict)  # by id; None: too large
    _lines: dict[str, Counter[bytes]] = field(default_factory=dict)  # by id
    _fits: dict[tuple[str, bytes], Fit] = field(default_factory=dict)
    _counts: dict[bytes, Counter[bytes]] = field(default_factory=dict)
    _room: int = _LARGEST_READ

    def __post_init__(self) -> None:
        self.oids = frozenset(entry.oid for entry in self.entries.values())

    def fetch(self, paths: Iterable[str]) -> None:
        """Read these files, where they are there, in few steps."""
        wanted = {self.entries[path].oid for path in paths if path in self.entries} - self._contents.keys()
        if not wanted:
            return
        found = read_texts(sorted(wanted), self.repository.project, {}, room=self._room)
        self._room -= sum(map(len, found.values()))
        self._contents |= {oid: found.get(oid) for oid in wanted}

    def content(self, path: str) -> bytes | None:
        """Return a file's content; None where there is none, or it is too large."""
        if path not in self.entries:
            return None
        self.fetch([path])
        return self._contents[self.entries[path].oid]

    def known_contents(self) -> Iterable[bytes]:
        """Return the contents that were read so far."""
        return [content for content in self._contents.values() if content is not None]

    def lines(self, path: str) -> Counter[bytes]:
        """Return the lines of a file that is there."""
        oid = self.entries[path].oid
        if oid not in self._lines:
            content = self.content(path)
            self._lines[oid] = Counter([oid.encode()]) if content is None else counted(content)
        return self._lines[oid]

    def fit(self, path: str, content: bytes) -> Fit:
        """Return how much of a file that belongs at `path` is found there."""
        key = path, content
        if key not in self._fits:
            self._fits[key] = self._fit(path, content)
        return self._fits[key]

    def _fit(self, path: str, content: bytes) -> Fit:
        wanted = self.count(content)
        total = wanted.total()
        if path in self.entries:
            return Fit((wanted & self.lines(path)).total(), total, is_there=True)
        is_moved = total > 0 and self.repository.oid(content) in self.oids
        return Fit(total if is_moved else 0, total, is_there=is_moved)

    def count(self, content: bytes) -> Counter[bytes]:
        """Return the lines of a file of a template."""
        if content not in self._counts:
            self._counts[content] = counted(content)
        return self._counts[content]

    # --- renders

    def worth(self, made: Rendered) -> int:
        """Return a number of which the larger is the render that explains the project better.

        Each line that is found counts one, each that is not takes one away.
        """
        self.fetch(made.files)
        fits = (self.fit(path, file.content) for path, file in _compared(made))
        return sum(2 * fit.found - fit.total if fit.is_there else -min(fit.total, _ABSENT) for fit in fits)

    def score(self, made: Rendered) -> float:
        """Return the share of a render's lines that are found; licences say nothing, and are left out."""
        self.fetch(made.files)
        fits = [
            self.fit(path, file.content) for path, file in _compared(made) if not _LICENCE.fullmatch(path)
        ]
        weights = [min(fit.total, _HEAVIEST) for fit in fits]
        found = sum(
            weight * fit.found / fit.total for weight, fit in zip(weights, fits, strict=True) if weight
        )
        return found / sum(weights) if any(weights) else 0.0

    def votes(self, one: Rendered, other: Rendered) -> Votes:
        """Return which of two renders the lines in which they differ speak for."""
        ours = theirs = 0
        files, others = dict(_compared(one)), dict(_compared(other))
        self.fetch([*files, *others])
        for path in files.keys() | others.keys():
            mine, yours = files.get(path), others.get(path)
            if mine == yours:
                continue
            if mine is None or yours is None:
                file = mine or yours
                fit = self.fit(path, file.content if file else b"")
                agree, differ = (fit.found, fit.total - fit.found) if fit.is_there else (0, min(fit.total, 1))
                pair = (agree, differ) if mine else (differ, agree)
            elif path in self.entries:
                pair = self._votes(path, self.count(mine.content), self.count(yours.content))
            else:
                pair = (0, 0)
            ours, theirs = ours + pair[0], theirs + pair[1]
        return Votes(ours, theirs)

    def shown(self, one: Rendered, other: Rendered) -> str:
        """Return a place in the project that speaks for the first of two renders; empty for none."""
        others = dict(_compared(other))
        for path, file in _compared(one):
            if path not in self.entries or others.get(path) == file:
                continue
            if path not in others:
                return path
            own = self.count(file.content) - self.count(others[path].content)
            lines = (self.content(path) or b"").split(b"\n")
            if number := next((at for at, line in enumerate(lines, 1) if line.rstrip() in own), None):
                return f"{path}:{number}"
        return ""

    def _votes(self, path: str, mine: Counter[bytes], yours: Counter[bytes]) -> tuple[int, int]:
        there = self.lines(path)
        ours = theirs = 0
        for line in mine.keys() | yours.keys():
            a, b, found = mine[line], yours[line], there[line]
            gained = min(a, found) - min(b, found)  # lines that only one has, and the project has too
            missed = max(a - found, 0) - max(b - found, 0)  # and that the project has not
            ours += max(gained, 0) + max(-missed, 0)
            theirs += max(-gained, 0) + max(missed, 0)
        return ours, theirs


def _compared(made: Rendered) -> Iterable[tuple[str, File]]:
    return ((path, file) for path, file in made.files.items() if path != made.answers_file)


def open_owned(path: Path) -> Owned:
    """Return the files of the project at `path`.

    Raises:
        NotAdoptable: it lies in no repository with a commit, or git knows none of its files.
    """
    if not path.is_dir():
        raise NotAdoptable(path, "there is no such folder")
    git.check_version()
    try:
        repository = open_repository(path.absolute())
    except NotUpdatable as error:
        why = str(error).partition(" cannot be updated: ")[2]
        raise NotAdoptable(
            path, re.sub("what the template made(, without your changes)?", "its files", why)
        ) from error
    if is_interrupted(repository):
        raise NotAdoptable(path, "an update of it was interrupted; run 'scaffolder update' to finish it")
    entries = {name: entry for name, entry in repository.index.entries.items() if not is_submodule(entry)}
    if not entries:
        raise NotAdoptable(path, "git knows no file in it; 'git add' and commit them first")
    return Owned(path.absolute(), repository, entries)


def read_texts(
    oids: Iterable[str], folder: Path, env: Mapping[str, str], *, room: int = _LARGEST_READ
) -> dict[str, bytes]:
    """Return the blobs with these ids that are not too large, and as many as `room` bytes hold."""
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    told = git.run(
        ["cat-file", "--batch-check=%(objectname) %(objectsize)"], cwd=folder, env=env, stdin=asked
    )
    found: dict[str, bytes] = {}
    chunk: list[str] = []
    size = 0
    for line in told.decode().splitlines():
        oid, _, length = line.partition(" ")
        if not length.isdigit() or int(length) > LARGEST_TEXT:  # "missing" in a partial clone
            continue
        room -= int(length)
        if room < 0:
            break
        chunk.append(oid)
        size += int(length)
        if size > _CHUNK:
            found |= read_objects(chunk, folder, env)
            chunk, size = [], 0
    return found | read_objects(chunk, folder, env)


def read_objects(names: Iterable[str], folder: Path, env: Mapping[str, str]) -> dict[str, bytes]:
    """Return the objects that git finds under these names, by their id, in the order of the names."""
    asked = "".join(f"{name}\n" for name in names).encode(errors="surrogateescape")
    if not asked:
        return {}
    answer = git.run(["cat-file", "--batch", "--buffer"], cwd=folder, env=env, stdin=asked)
    found: dict[str, bytes] = {}
    at = 0
    while at < len(answer):
        begin = answer.index(b"\n", at) + 1
        head = answer[at:begin].decode(errors="surrogateescape").rstrip("\n").rsplit(" ", 2)
        if head[-1] in ("missing", "ambiguous"):
            at = begin
            continue
        end = begin + int(head[2])
        found[head[0]] = answer[begin:end]
        at = end + 1
    return found
