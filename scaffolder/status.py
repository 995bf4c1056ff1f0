"""Where a project stands: behind its template or not, and what its owner changed."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from scaffolder import git, history
from scaffolder.engine.source import is_unchanged, project_files, recorded, target
from scaffolder.errors import GitFailed, ScaffolderError
from scaffolder.fleet import Failure
from scaffolder.project import read_record
from scaffolder.repository import top_of
from scaffolder.tree import File, blob_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from scaffolder.engine.source import Source

_THREADS = 4  # they wait for git
_SUFFIX = ".jinja"
_reading_templates = Lock()  # the first thread reads a version, the others then find it


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
    with ThreadPoolExecutor(_THREADS) as threads:
        yield from threads.map(_status, paths)


def _status(path: Path) -> Status | Failure:
    try:
        return project_status(path)
    except ScaffolderError as error:
        return Failure(path, str(error))
    except OSError as error:
        return Failure(path, f"{error.filename or path}: {error.strerror or error}")


def project_status(path: Path) -> Status:
    """Return the status of the project at `path`.

    The repository of a template of others is asked for news, as an update does it.

    Raises:
        ScaffolderError: it is no project, or its version is not known here.
    """
    record = read_record(path)
    with _reading_templates:
        old, new = recorded(record), target(record)
        state, behind = _state(old, new, record.template)
        copied = None if old.is_foreign else _copied(old, record.template)
    if _is_interrupted(path):
        state = "interrupted"
    return Status(
        *(path, record.template, old.version, new.version, state, behind),
        changed=None if copied is None else tuple(_changed(path, copied)),
        uncommitted=_count_uncommitted(path),
        warnings=tuple(dict.fromkeys(old.warnings + new.warnings)),
    )


def _state(old: Source, new: Source, template: str) -> tuple[str, int | None]:
    from packaging.version import Version

    if is_unchanged(old, new, template):
        return "current", 0
    before, after = Version(old.version), Version(new.version)
    state = "ahead" if after < before else "behind"
    if old.is_foreign:
        return state, None
    return state, sum(before < Version(version) <= after for version in _released())


@lru_cache(maxsize=1)
def _released() -> tuple[str, ...]:
    return history.versions()


@lru_cache(maxsize=64)
def _copied(source: Source, template: str) -> Mapping[str, str]:
    """Return the ids of the files that a template copies as they are."""
    files = project_files(source, template)
    return {
        path: blob_id(file.content)
        for path, file in files.items()
        if "{" not in path and not path.endswith(_SUFFIX) and path + _SUFFIX not in files
    }


def _changed(path: Path, copied: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that are there and not as the template has them.

    Whether one that is not there was left out by an answer, or deleted, only rendering tells.
    """
    for name, oid in copied.items():
        try:
            with open(f"{path}/{name}", "rb") as file:  # noqa: PTH123 - ten thousand of them in a fleet
                content = file.read()
        except OSError:
            continue
        if blob_id(content) != oid and blob_id(content.replace(b"\r\n", b"\n")) != oid:
            yield name


def _is_interrupted(path: Path) -> bool:
    folder = top_of(path)
    return folder is not None and (folder / ".git" / "scaffolder" / "staging" / "journal.json").exists()


def _count_uncommitted(path: Path) -> int:
    options = ("--porcelain", "-z", "--no-renames")
    try:
        found = git.run(["--no-optional-locks", "status", *options, "--", "."], cwd=path, as_user=True)
    except GitFailed:
        return 0  # in no repository: nothing is committed, and `update` says so
    return found.count(b"\0")


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
