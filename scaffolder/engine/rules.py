"""What a merge may not do to a project: the rules between a merged tree and what is written of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.engine.apply import Change
from scaffolder.engine.merge import Merged, Ours, merge
from scaffolder.errors import RenderFailed
from scaffolder.repository import Entry, is_submodule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scaffolder.engine.migrations import Migrated
    from scaffolder.engine.render import Rendered
    from scaffolder.repository import Repository, Tracked
    from scaffolder.tree import File


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an update would write, and what it leaves to the owner. Paths are those in the project."""

    change: Change
    kinds: Mapping[str, str]  # of the conflicts, in words
    kept_deleted: tuple[str, ...]
    kept_yours: tuple[str, ...]
    beside: tuple[tuple[str, str], ...]  # (path that is taken, where the template's file goes instead)


def propose(
    repository: Repository,
    tracked: Tracked,
    old: Rendered,
    new: Rendered,
    *,
    name: str,
    migrated: Migrated | None = None,
) -> Proposal:
    """Merge the step from `old` to `new` into what git knows of a project.

    On top of the merge itself: files that git does not know, or must not look at, are never touched; what the
    template marks as skip-if-exists stays the owner's; the answers file takes the template's side. Conflict
    markers call the template `name`. What migrations made of the project is merged in its place.
    """
    base, theirs = dict(old.files), dict(new.files)
    _refuse_git_folder(theirs)
    kept_yours = _leave_to_owner(base, theirs, tracked, repository.project, new.skip_if_exists)
    unknown = [p for p in base if p not in tracked.entries and os.path.lexists(repository.project / p)]
    apart = {path: theirs[path] for path in unknown if path in theirs and theirs[path] != base[path]}
    for path in unknown:  # git-ignored files of the template's: on the disk only, so git cannot merge them
        base.pop(path)
        theirs.pop(path, None)
    entries, read = (migrated.entries, migrated.read) if migrated else (tracked.entries, repository.read)
    attributes = entries.get(".gitattributes")
    ours = Ours(
        dict(entries),
        repository.oid,
        read,
        repository.objects,
        repository.algorithm,
        read(".gitattributes", attributes) if attributes else b"",
        migrated.contents if migrated else {},
    )
    merged = merge(base, ours, theirs, name=name)
    if new.answers_file:
        _settle_answers(merged, ours, new.answers_file, theirs)
    for path, file in apart.items():
        merged.files[path] = _entry(merged, ours, file)
    if migrated:
        migrated.finish(merged)
    return _separate(repository, tracked, merged, kept_yours)


def _refuse_git_folder(files: Mapping[str, File]) -> None:
    for path in files:
        parts = path.split("/")
        if any(part.lower() in (".git", "..", "") for part in parts):
            raise RenderFailed("files", f"{path!r} is no path for a file of a project")


def _leave_to_owner(
    base: dict[str, File],
    theirs: dict[str, File],
    tracked: Tracked,
    project: Path,
    names: frozenset[str],
) -> tuple[str, ...]:
    kept = []
    for path in sorted(names & theirs.keys()):
        is_there = path in tracked.entries or os.path.lexists(project / path)
        if is_there or path in base:  # a deleted one stays deleted, like any other file
            if is_there and base.get(path) != theirs[path]:
                kept.append(path)
            base.pop(path, None)
            theirs.pop(path)
    return tuple(kept)


def _settle_answers(merged: Merged, ours: Ours, path: str, theirs: Mapping[str, File]) -> None:
    """Let the answers file say what the template wrote, whatever the merge made of it.

    The owner's own lines, such as comments, are kept as comments where they do not merge.
    """
    mine, after = ours.entries.get(path), theirs.get(path)
    if mine is None or after is None:
        return
    entry = merged.files.get(path, mine)
    made = merged.contents.get(entry.oid, b"") if entry and path not in merged.stages else b""
    if entry == mine and path not in merged.files:
        made = ours.read(path, mine)
    if path.endswith(".json"):
        made = after.content  # it has no place for a comment
    elif _parsed(made) != _parsed(after.content):
        known = set(after.content.splitlines())
        own = [line for line in ours.read(path, mine).splitlines() if b"#" in line and line not in known]
        lines = [line if line.startswith(b"#") else b"# " + line for line in own]
        made = after.content + b"".join(line + b"\n" for line in lines)
    merged.stages.pop(path, None)
    merged.kinds.pop(path, None)
    new = mine._replace(oid=ours.oid(made))
    merged.contents[new.oid] = made
    if new != mine:
        merged.files[path] = new
    else:
        merged.files.pop(path, None)


def _parsed(text: bytes) -> object:
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, ValueError):
        return None


def _entry(merged: Merged, ours: Ours, file: File) -> Entry:
    oid = ours.oid(file.content)
    merged.contents[oid] = file.content
    return Entry(file.mode, oid)


def _separate(
    repository: Repository, tracked: Tracked, merged: Merged, kept_yours: tuple[str, ...]
) -> Proposal:
    """Part what is written where it belongs from what must go beside, since something else lies there."""
    gone = {path for path, entry in merged.files.items() if entry is None and path not in tracked.hands_off}
    taken = _Taken(repository.project, tracked.entries, gone)
    files: dict[str, Entry | None] = {}
    beside: dict[str, Entry] = {}
    names: list[tuple[str, str]] = []
    for path, entry in merged.files.items():
        blocked = path if path in tracked.hands_off else ""
        if entry is not None and not blocked:
            blocked = taken.blocks(path)
        if not blocked:
            if entry != tracked.entries.get(path):
                files[path] = entry
            continue
        merged.stages.pop(path, None)
        merged.kinds.pop(path, None)
        if entry is None or taken.holds(path, merged.contents.get(entry.oid), entry):
            continue
        name = taken.free(blocked) + path.removeprefix(blocked)
        beside[name] = entry
        names.append((path, name))
    change = Change(files, dict(merged.stages), beside, merged.contents)
    return Proposal(change, dict(merged.kinds), tuple(sorted(merged.kept_deleted)), kept_yours, tuple(names))


class _Taken:
    """What already lies at a path, on the disk or in git."""

    def __init__(self, project: Path, entries: Mapping[str, Entry], gone: set[str]) -> None:
        self.project = project
        self.entries = entries
        self.gone = gone
        self._folders: dict[str, bool] = {}
        self._names: dict[str, str] = {}

    def blocks(self, path: str) -> str:
        """Return the part of `path` at which something else lies that an update must not touch, or ''."""
        parts = path.split("/")
        for count in range(1, len(parts)):
            parent = "/".join(parts[:count])
            if parent not in self._folders:
                self._folders[parent] = self._is_blocking_folder(parent)
            if self._folders[parent]:
                return parent
        if path in self.entries:
            return path if is_submodule(self.entries[path]) else ""
        on_disk = self.project / path
        if on_disk.is_dir() and not on_disk.is_symlink():
            return path if self._keeps_something(path) else ""
        return path if os.path.lexists(on_disk) else ""

    def _is_blocking_folder(self, path: str) -> bool:
        if path in self.gone:
            return False
        on_disk = self.project / path
        if path in self.entries or on_disk.is_symlink():
            return True
        return os.path.lexists(on_disk) and (not on_disk.is_dir() or os.path.lexists(on_disk / ".git"))

    def _keeps_something(self, folder: str) -> bool:
        for root, _, names in os.walk(self.project / folder):
            inside = os.path.relpath(root, self.project).replace(os.sep, "/")
            if any(f"{inside}/{name}" not in self.gone for name in names):
                return True
        return False

    def holds(self, path: str, content: bytes | None, entry: Entry) -> bool:
        """Return True when the very same file lies there already."""
        on_disk = self.project / path
        if content is None or on_disk.is_symlink() or not on_disk.is_file() or entry.mode == "120000":
            return False
        return on_disk.read_bytes() == content

    def free(self, path: str) -> str:
        """Return a name like `path` at which nothing lies; always the same for the same path."""
        number = 1
        while path not in self._names:
            name = f"{path}.new{number if number > 1 else ''}"
            if name not in self.entries and not os.path.lexists(self.project / name):
                self._names[path] = name
            number += 1
        return self._names[path]
