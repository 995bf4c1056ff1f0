"""Where a project stands: behind its template or not, and what its owner changed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError
from scaffolder.fleet import Failure
from scaffolder.repository import top_of
from scaffolder.tree import File, blob_id
from scaffolder.uncommitted import ask_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from scaffolder.engine.source import Source
    from scaffolder.record import Record

_SUFFIX = ".jinja"
_LONGEST_NAME = 0xFFF  # of a path whose length fits into the flags of an entry of git's index


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a project without rendering its template. Paths are those in it."""

    path: Path
    template: str
    version: str
    newest: str
    state: str  # "current", "behind", "ahead", or "interrupted" (an update of it; the next one finishes it)
    releases_behind: int | None  # None: not known, as of a template of others
    changed: tuple[str, ...] | None  # of the files that the template only copies, those that differ from it
    uncommitted: int  # files that differ from the last commit, or that git does not know
    warnings: tuple[str, ...] = ()


def all_statuses(paths: Sequence[Path]) -> Iterator[Status | Failure]:
    """Yield the status of each project, in order; one that cannot be read stops no other.

    The repository of a template of others is asked for news, as an update does it.
    """
    uncommitted = ask_all(paths)  # git is at work, while the templates are read
    standings = _Standings()
    known = [_known(path, standings) for path in paths]
    for found in known:
        yield found if isinstance(found, Failure) else _status(found, uncommitted.of(found.path))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a project without git."""

    path: Path
    record: Record
    standing: _Standing
    top: Path | None  # of its repository
    unchanged: frozenset[str]  # files that git's index has as the template has them
    said: tuple[str, ...]  # of its records


def _known(path: Path, standings: _Standings) -> _Known | Failure:
    from scaffolder.project import other_records, read_record

    try:
        record = read_record(path)
        standing, top = standings.of(record), top_of(path)
        said = other_records(path, record.answers_file)
        return _Known(path, record, standing, top, _unchanged(path, top, standing), said)
    except (ScaffolderError, OSError) as error:
        return Failure.of(path, error)


def _status(known: _Known, uncommitted: frozenset[str]) -> Status:
    standing = known.standing
    is_ours = standing.copied is not None
    return Status(
        *(known.path, known.record.template, standing.old.version, standing.new.version),
        state="interrupted" if _is_interrupted(known.top) else standing.state,
        releases_behind=standing.behind,
        changed=tuple(_changed(known, uncommitted)) if is_ours else None,
        uncommitted=len(uncommitted),
        warnings=tuple(dict.fromkeys(standing.old.warnings + standing.new.warnings + known.said)),
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is true of all projects of one version of a template."""

    old: Source
    new: Source
    state: str
    behind: int | None
    copied: Mapping[str, str] | None  # ids of the files that the template copies as they are
    _entries: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def entries(self, prefix: str) -> Mapping[str, bytes]:
        """Return how git's index has each of `copied`, where `prefix` precedes their paths, in its order.

        As versions 2 and 3 of the index have an ordinary file: id, flags, path (gitformat-index). The flags
        are the length of the path, with other bits where git must not look at a file.
        """
        if prefix not in self._entries:
            found = {}
            for name, oid in sorted((self.copied or {}).items(), key=lambda one: os.fsencode(one[0])):
                path = os.fsencode(prefix + name)
                length = min(len(path), _LONGEST_NAME).to_bytes(2, "big")
                found[name] = b"%b%b%b\0" % (bytes.fromhex(oid), length, path)
            self._entries[prefix] = found
        return self._entries[prefix]


class _Standings:
    """What was found once for all the projects of one version of a template."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], _Standing] = {}

    def of(self, record: Record) -> _Standing:
        key = record.url, record.commit, record.template, record.directory, record.engine, record.follows
        if key not in self._found:
            self._found[key] = self._read(record)
        return self._found[key]

    def _read(self, record: Record) -> _Standing:
        from scaffolder.engine.source import recorded, target

        old, new = recorded(record), target(record)
        copied = None if old.is_foreign else _copied(old, record.template)
        return _Standing(old, new, *_state(old, new, record.template), copied)


def _state(old: Source, new: Source, template: str) -> tuple[str, int | None]:
    from packaging.version import Version

    from scaffolder import history
    from scaffolder.engine.source import is_unchanged

    if is_unchanged(old, new, template):
        return "current", 0
    before, after = Version(old.version), Version(new.version)
    state = "ahead" if after < before else "behind"
    if old.is_foreign:
        return state, None
    return state, sum(before < Version(version) <= after for version in history.versions())


def _copied(source: Source, template: str) -> Mapping[str, str]:
    """Return the ids of the files that a template copies as they are."""
    from scaffolder.engine.source import project_files

    files = project_files(source, template)
    return {
        path: blob_id(file.content)
        for path, file in files.items()
        if "{" not in path and not path.endswith(_SUFFIX) and path + _SUFFIX not in files
    }


def _unchanged(path: Path, top: Path | None, standing: _Standing) -> frozenset[str]:
    """Return the files whose entry is found in git's index; none where that has another form."""
    if top is None:
        return frozenset()
    try:
        index = (top / ".git" / "index").read_bytes()
    except OSError:
        return frozenset()
    prefix = f"{path.resolve().relative_to(top).as_posix()}/".removeprefix("./")
    found, after = [], 0  # both are in order, so each is looked for behind the one before
    for name, entry in standing.entries(prefix).items():
        place = index.find(entry, after)
        if place >= 0:
            found.append(name)
            after = place
    return frozenset(found)


def _changed(known: _Known, uncommitted: frozenset[str]) -> Iterator[str]:
    """Yield the files that are there and not as the template has them.

    Whether one that is not there was left out by an answer, or deleted, only rendering tells. What git's
    index has as the template has it, and git finds unchanged on the disk, is not read.
    """
    path, ends = known.path, {name.rpartition("/")[2] for name in uncommitted}
    for name, oid in (known.standing.copied or {}).items():
        if name in known.unchanged and name.rpartition("/")[2] not in ends:
            continue
        try:
            with open(f"{path}/{name}", "rb") as file:  # noqa: PTH123 - ten thousand of them in a fleet
                content = file.read()
        except OSError:
            continue
        if blob_id(content) != oid and blob_id(content.replace(b"\r\n", b"\n")) != oid:
            yield name


def _is_interrupted(top: Path | None) -> bool:
    return top is not None and (top / ".git" / "scaffolder" / "staging" / "journal.json").exists()


def own_changes(path: Path) -> str:
    """Return a unified diff from what the template made to what its owner has now.

    It has the template's files only; line ends alone are no difference.

    Raises:
        ScaffolderError: it is no project, or what the template made cannot be made again.
    """
    from scaffolder.answers import Answers
    from scaffolder.engine.render import render
    from scaffolder.engine.scratch import scratch_repository
    from scaffolder.engine.source import recorded
    from scaffolder.project import read_record
    from scaffolder.record_file import in_place
    from scaffolder.repository import Entry

    record = read_record(path)
    answers = Answers(record.template, {})
    rendered = render(
        recorded(record).tree(record.template),
        answers,
        ask=False,
        defaults={},
        previous=record.values,
        folder_name=path.name,
    )
    file = _on_disk(path / record.answers_file, File("100644", b""))
    rendered = in_place(rendered, record, file.content if file else b"")
    trees: dict[str, dict[str, Entry]] = {"template": {}, "project": {}}
    contents: dict[str, bytes] = {}
    for name, made in rendered.files.items():
        for side, file in (("template", made), ("project", _on_disk(path / name, made))):
            if file is not None:
                oid = blob_id(file.content)
                contents[oid] = file.content
                trees[side][name] = Entry(file.mode, oid)
    with scratch_repository(None) as scratch:
        scratch.commit(trees, contents, base="template")
        return scratch.diff("template", "project")


def _on_disk(path: Path, made: File) -> File | None:
    """Return the file at `path`, None where there is none; with line feeds if the template has them."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return File("120000", os.fsencode(path.readlink()))
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    if b"\r\n" not in made.content and b"\0" not in content:
        content = content.replace(b"\r\n", b"\n")
    if os.name == "nt":
        return File(made.mode, content)
    return File("100755" if mode & stat.S_IXUSR else "100644", content)
