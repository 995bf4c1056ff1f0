"""Three trees in, one tree out: what the template was, what the project is, and what the template became.

A file that only one side changed is decided by comparing ids. The rest goes to `git merge-tree`, which knows
renames, and writes standard conflict markers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from scaffolder.engine.scratch import scratch_repository
from scaffolder.repository import Entry, read_blobs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from scaffolder.tree import File

_LINK = "120000"
_SUBMODULE = "160000"
_SNIFFED_BYTES = 8000  # git takes a file with a NUL byte among the first 8000 for binary

Stages = tuple["Entry | None", "Entry | None", "Entry | None"]  # what the template had, yours, what it has


@dataclass(frozen=True, slots=True)
class Ours:
    """The project's side of a merge."""

    entries: Mapping[str, Entry]
    oid: Callable[[bytes], str]  # the id of a content
    read: Callable[[str, Entry], bytes]
    objects: Path | None = None  # where git keeps the contents of `entries`
    algorithm: str = "sha1"
    attributes: bytes = b""
    contents: Mapping[str, bytes] = field(default_factory=dict)  # by id: those that are not in `objects` yet


@dataclass(slots=True)
class Merged:
    """What a merge changes in the project."""

    files: dict[str, Entry | None] = field(default_factory=dict)  # by path; None: it goes
    stages: dict[str, Stages] = field(default_factory=dict)  # of each conflict, as git's index has them
    kinds: dict[str, str] = field(default_factory=dict)  # of each conflict, in words
    kept_deleted: list[str] = field(default_factory=list)  # the owner deleted them, the template changed them
    contents: dict[str, bytes] = field(default_factory=dict)  # by id: those that the project does not have


def merge(
    base: Mapping[str, File], ours: Ours, theirs: Mapping[str, File], *, name: str = "template"
) -> Merged:
    """Merge the change from `base` to `theirs` into `ours`; paths and contents are taken as they are.

    What only the owner changed stays, what only the template changed is taken. A file that the owner deleted
    stays deleted. Where both changed the same lines there is a conflict, and so there is where the template
    deleted what the owner changed; the owner's file stays then.

    Args:
        base: what the template was.
        ours: what the project is.
        theirs: what the template became.
        name: what conflict markers call the template's side; the other one is `yours`.
    """
    return _Merge(base, ours, theirs, name).result()


class _Merge:
    def __init__(self, base: Mapping[str, File], ours: Ours, theirs: Mapping[str, File], name: str) -> None:
        self.ours = ours
        self.name = name
        self.merged = Merged()
        self.base = self._entries(base)
        self.theirs = self._entries(theirs)

    def _entries(self, files: Mapping[str, File]) -> dict[str, Entry]:
        entries = {}
        for path, file in files.items():
            oid = self.ours.oid(file.content)
            entries[path] = Entry(file.mode, oid)
            self.merged.contents[oid] = file.content
        return entries

    def result(self) -> Merged:
        changed = [p for p in self.base.keys() | self.theirs.keys() if self.base.get(p) != self.theirs.get(p)]
        both = [path for path in sorted(changed) if not self._decide(path)]
        both = [path for path in both if not self._decide_by_line_ends(path)]
        both = [path for path in both if not self._decide_by_kind(path)]
        if both:
            self._merge_with_git(self._with_renamed(both, changed))
        self.merged.files = {
            path: entry
            for path, entry in sorted(self.merged.files.items())
            if entry != self.ours.entries.get(path) or path in self.merged.stages
        }
        return self.merged

    def _decide(self, path: str) -> bool:
        """Take the side that alone changed. Return False where both did, and git must look."""
        before, mine, after = self._sides(path)
        if mine is None and before is not None and self._has_new_files:
            return False
        if mine == before:
            self.merged.files[path] = after
        elif mine is None and after is not None:
            self.merged.kept_deleted.append(path)
        return mine in (None, before, after)

    def _sides(self, path: str) -> Stages:
        return self.base.get(path), self.ours.entries.get(path), self.theirs.get(path)

    @cached_property
    def _has_new_files(self) -> bool:
        """Return True when the owner may have renamed something."""
        return any(path not in self.base and path not in self.theirs for path in self.ours.entries)

    def _decide_by_line_ends(self, path: str) -> bool:
        """Let the owner have other line ends than the template, if that is the same throughout the file."""
        before, mine, after = self._sides(path)
        if mine is None or after is None or _LINK in (mine.mode, after.mode) or mine.mode == _SUBMODULE:
            return False
        content = self.ours.read(path, mine)
        sides = [entry for entry in (before, after) if entry is not None]
        if not _has_crlf_only(content) or any(b"\r" in self.merged.contents[entry.oid] for entry in sides):
            return False
        for side, entry in ((self.base, before), (self.theirs, after)):
            if entry is not None and not _is_binary(self.merged.contents[entry.oid]):
                converted = self.merged.contents[entry.oid].replace(b"\n", b"\r\n")
                side[path] = Entry(entry.mode, self.ours.oid(converted))
                self.merged.contents[side[path].oid] = converted
        return self._decide(path)

    def _decide_by_kind(self, path: str) -> bool:
        """Leave a file alone whose other side is a symbolic link, or a repository of its own."""
        before, mine, after = self._sides(path)
        kinds = {entry.mode[:2] for entry in (mine, after) if entry is not None}
        if len(kinds) < 2 and _SUBMODULE[:2] not in kinds:
            return False
        self._conflict(path, (before, mine, after), "one a link or a repository, the other a file")
        return True

    def _conflict(self, path: str, stages: Stages, kind: str) -> None:
        self.merged.stages[path] = stages
        self.merged.kinds[path] = kind
        self.merged.files.setdefault(path, stages[1])

    def _with_renamed(self, paths: Collection[str], changed: Collection[str]) -> set[str]:
        """Return `paths`, and those that one of them may have been renamed to, or from."""
        found = set(paths)
        if all(None not in self._sides(path) for path in paths):
            return found
        found |= {path for path in changed if path not in self.theirs}
        found |= {path for path in changed if path not in self.base and not self._is_blocked(path)}
        found |= {path for path in self.base if path not in self.ours.entries}
        found |= {p for p in self.ours.entries if p not in self.base and p not in self.theirs}
        return {p for p in found if p not in self.merged.stages and not self._is_submodule(p)}

    def _is_submodule(self, path: str) -> bool:
        entry = self.ours.entries.get(path)
        return entry is not None and entry.mode == _SUBMODULE

    def _is_blocked(self, path: str) -> bool:
        """Return True where the owner has a file in place of a folder of `path`, or the other way round."""
        parts = path.split("/")
        parents = {"/".join(parts[:n]) for n in range(1, len(parts))}
        folder = f"{path}/"
        return bool(parents & self.ours.entries.keys()) or any(
            name.startswith(folder) for name in self.ours.entries
        )

    def _merge_with_git(self, paths: Collection[str]) -> None:
        trees = {
            name: {path: entries[path] for path in sorted(paths) if path in entries}
            for name, entries in (("base", self.base), ("yours", self.ours.entries), (self.name, self.theirs))
        }
        needed = {trees[name][path].oid for name in ("base", self.name) for path in trees[name]}
        contents = {oid: self.merged.contents[oid] for oid in sorted(needed)}
        ours = self.ours
        mine = {entry.oid for entry in trees["yours"].values()} & ours.contents.keys()
        contents |= {oid: ours.contents[oid] for oid in sorted(mine)}
        with scratch_repository(ours.objects, ours.algorithm, ours.attributes) as scratch:
            scratch.commit(trees, contents, base="base")
            tree, stages, kinds = _parse(scratch.merge("yours", self.name))
            result = {}
            for line in scratch.entries(tree):
                head, _, path = line.partition("\t")
                mode, _kind, oid = head.split()
                result[path] = Entry(mode, oid)
            known = self.merged.contents.keys() | {entry.oid for entry in trees["yours"].values()}
            made = [e.oid for e in [*result.values(), *_entries_of(stages)] if e.oid not in known]
            self.merged.contents |= read_blobs(made, scratch.folder)
        for path in paths | result.keys():
            self.merged.files[path] = result.get(path)
        for path, found in sorted(stages.items()):
            self._take_conflict(path, found, kinds.get(path, ""))

    def _take_conflict(self, path: str, found: Stages, said: str) -> None:
        before, mine, after = found
        if mine is None and before is not None and after is not None:
            self.merged.files[path] = None
            if path not in self.merged.kept_deleted:
                self.merged.kept_deleted.append(path)
            return
        contents = [self.merged.contents.get(entry.oid) for entry in (before, after) if entry is not None]
        is_binary = any(content is not None and _is_binary(content) for content in contents)
        self._conflict(path, found, _in_words(found, said, is_binary=is_binary))


def _entries_of(stages: Mapping[str, Stages]) -> list[Entry]:
    return [entry for found in stages.values() for entry in found if entry is not None]


def _parse(fields: list[str]) -> tuple[str, dict[str, Stages], dict[str, str]]:
    """Return what `git merge-tree -z` found: a tree, the stages of each conflict, and what it says of it."""
    tree, *rest = fields
    found: defaultdict[str, list[Entry | None]] = defaultdict(lambda: [None, None, None])
    at = 0
    while rest[at]:
        head, _, path = rest[at].partition("\t")
        mode, oid, stage = head.split()
        found[path][int(stage) - 1] = Entry(mode, oid)
        at += 1
    at += 1
    said: dict[str, str] = {}
    while at < len(rest) and rest[at]:
        count = int(rest[at])
        paths, kind = rest[at + 1 : at + 1 + count], rest[at + 1 + count]
        if kind.startswith("CONFLICT"):
            said |= {path: kind for path in paths if "contents" not in said.get(path, "")}
        at += count + 3
    return tree, {path: (e[0], e[1], e[2]) for path, e in found.items()}, said


def _in_words(stages: Stages, said: str, *, is_binary: bool) -> str:
    before, mine, after = stages
    if "rename/rename" in said:
        return "renamed by the template and by you"
    if "rename/delete" in said:
        return "deleted by the template, renamed by you"
    if mine is None:
        return "renamed by the template"
    if after is None:
        return "deleted by the template, changed by you"
    words = "both added" if before is None else "both changed"
    return f"binary, {words}" if is_binary else words


def _is_binary(content: bytes) -> bool:
    return b"\0" in content[:_SNIFFED_BYTES]


def _has_crlf_only(content: bytes) -> bool:
    ends = content.count(b"\n")
    return ends > 0 and content.count(b"\r\n") == ends and not _is_binary(content)
