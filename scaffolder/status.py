"""Where a project stands: behind its template or not, and what its owner changed."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from scaffolder import git, history
from scaffolder.engine.source import is_unchanged, project_files, recorded, target
from scaffolder.errors import GitFailed, ScaffolderError
from scaffolder.fleet import Failure
from scaffolder.project import Record, read_record
from scaffolder.repository import top_of
from scaffolder.tree import File, blob_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from scaffolder.engine.source import Source

_THREADS = max(2, os.cpu_count() or 1)  # they wait for git
_SUFFIX = ".jinja"


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
    """Yield the status of each project, in order; one that cannot be read stops no other."""
    standings = _Standings()
    with ThreadPoolExecutor(_THREADS) as threads:
        yield from threads.map(lambda path: _status(path, standings), paths)


def _status(path: Path, standings: _Standings) -> Status | Failure:
    try:
        return _project_status(path, standings)
    except ScaffolderError as error:
        return Failure(path, str(error))
    except OSError as error:
        return Failure(path, f"{error.filename or path}: {error.strerror or error}")


def _project_status(path: Path, standings: _Standings) -> Status:
    """Return the status of the project at `path`.

    The repository of a template of others is asked for news, as an update does it.

    Raises:
        ScaffolderError: it is no project, or its version is not known here.
    """
    uncommitted = _uncommitted(path)  # in a process of git's, while the other threads do what follows
    standing, record = standings.of(path)
    return Status(
        *(path, record.template, standing.old.version, standing.new.version),
        state="interrupted" if _is_interrupted(path) else standing.state,
        releases_behind=standing.behind,
        changed=None if standing.copied is None else tuple(_changed(path, standing.copied, uncommitted)),
        uncommitted=len(uncommitted),
        warnings=tuple(dict.fromkeys(standing.old.warnings + standing.new.warnings)),
    )


class _Standing(NamedTuple):
    """What is true of all projects of one version of a template."""

    old: Source
    new: Source
    state: str
    behind: int | None
    copied: Mapping[str, str] | None  # ids of the files that the template copies as they are


class _Standings:
    """What was found once for all the projects of one version of a template."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], _Standing] = {}
        self._lock = Lock()  # the first thread reads a version, the others then find it

    def of(self, path: Path) -> tuple[_Standing, Record]:
        record = read_record(path)
        key = record.url, record.commit, record.template
        with self._lock:
            if key not in self._found:
                self._found[key] = self._read(record)
            return self._found[key], record

    def _read(self, record: Record) -> _Standing:
        old, new = recorded(record), target(record)
        copied = None if old.is_foreign else _copied(old, record.template)
        return _Standing(old, new, *_state(old, new, record.template), copied)


def _state(old: Source, new: Source, template: str) -> tuple[str, int | None]:
    from packaging.version import Version

    if is_unchanged(old, new, template):
        return "current", 0
    before, after = Version(old.version), Version(new.version)
    state = "ahead" if after < before else "behind"
    if old.is_foreign:
        return state, None
    return state, sum(before < Version(version) <= after for version in history.versions())


def _copied(source: Source, template: str) -> Mapping[str, str]:
    """Return the ids of the files that a template copies as they are."""
    files = project_files(source, template)
    return {
        path: blob_id(file.content)
        for path, file in files.items()
        if "{" not in path and not path.endswith(_SUFFIX) and path + _SUFFIX not in files
    }


def _changed(path: Path, copied: Mapping[str, str], uncommitted: AbstractSet[str]) -> Iterator[str]:
    """Yield the files that are there and not as the template has them.

    Whether one that is not there was left out by an answer, or deleted, only rendering tells. A file that
    git's index has with the template's id, and git finds unchanged on the disk, is not read: the bytes of its
    entry are looked for. Where the index has another form, every file is read.
    """
    top = top_of(path)
    prefix = f"{path.resolve().relative_to(top).as_posix()}/".removeprefix("./") if top else ""
    index = _index(top) if top else b""
    for name, oid in copied.items():
        entry = f"{prefix}{name}"
        if entry not in uncommitted and _index_entry(entry, oid) in index:
            continue
        try:
            with open(f"{path}/{name}", "rb") as file:  # noqa: PTH123 - ten thousand of them in a fleet
                content = file.read()
        except OSError:
            continue
        if blob_id(content) != oid and blob_id(content.replace(b"\r\n", b"\n")) != oid:
            yield name


def _index(top: Path) -> bytes:
    try:
        return (top / ".git" / "index").read_bytes()
    except OSError:
        return b""


@lru_cache(maxsize=100_000)
def _index_entry(path: str, oid: str) -> bytes:
    """Return id, flags and path, as versions 2 and 3 of git's index have them for an ordinary file.

    (gitformat-index: the flags are the length of the path, and other bits where git must not look at a file.)
    """
    name = os.fsencode(path)
    return bytes.fromhex(oid) + min(len(name), 0xFFF).to_bytes(2, "big") + name + b"\0"


def _is_interrupted(path: Path) -> bool:
    folder = top_of(path)
    return folder is not None and (folder / ".git" / "scaffolder" / "staging" / "journal.json").exists()


def _uncommitted(path: Path) -> frozenset[str]:
    """Return the files that differ from the last commit, by their path in the repository."""
    options = ("--porcelain", "-z", "--no-renames")
    try:
        found = git.run(["--no-optional-locks", "status", *options, "--", "."], cwd=path, as_user=True)
    except (GitFailed, NotADirectoryError, FileNotFoundError):
        return frozenset()  # in no repository: nothing is committed, and `update` says so
    return frozenset(line[3:] for line in os.fsdecode(found).split("\0") if line)


def own_changes(path: Path) -> str:
    """Return a unified diff from what the template made to what its owner has now.

    It has the template's files only; line ends alone are no difference.

    Raises:
        ScaffolderError: it is no project, or what the template made cannot be made again.
    """
    from scaffolder.answers import Answers
    from scaffolder.engine.render import render
    from scaffolder.engine.scratch import scratch_repository
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
