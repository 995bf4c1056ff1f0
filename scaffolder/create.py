"""From a template and answers to a new project: all of it, or nothing."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import history, places
from scaffolder.answers import Answers
from scaffolder.destination import explained, free_destination, put_in_place, workshop
from scaffolder.engine.render import render
from scaffolder.engine.source import Source, locate, materialise
from scaffolder.errors import GitMissing, NoGitIdentity
from scaffolder.git import Identity, check_version, commit_stream, identity, init
from scaffolder.stream import write_commit
from scaffolder.tree import File

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Created:
    """A project that was generated."""

    path: Path  # absolute
    template: str
    version: str
    commit: str | None  # None without git
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be generated."""

    files: tuple[str, ...]
    answers: Mapping[str, object]
    version: str


def new_project(
    template: str,
    dest: Path,
    *,
    answers: Mapping[str, object],
    ask: bool,
    git: bool = True,
    version: str | None = None,
) -> Created:
    """Generate a project in `dest`, which must be new or empty, with one commit unless `git` is False.

    Args:
        template: name of a template.
        dest: the project's folder. Missing parents are made.
        answers: what is answered already.
        ask: put the open questions to the person at the terminal; otherwise their defaults hold.
        git: make it a repository.
        version: a released version of the template; see `source.locate` for the default.

    Raises:
        ScaffolderError: it cannot be done. Nothing is left behind, nor after KeyboardInterrupt.
    """
    path, source = _prepare(dest, version, git=git)
    with explained(dest), workshop(path) as folder:
        author = _author(folder, git=git)
        _render(source, Answers(template, answers), folder, ask=ask, author=author.name)
        files = _read_files(folder, source, template)
        message = f"Start from template {template} {source.tag}"
        commit = _commit(folder, files, message, author) if git else None
        _keep(source)
        put_in_place(folder, path)
    return Created(path, template, source.version, commit, tuple(files))


def plan_project(
    template: str,
    dest: Path,
    *,
    answers: Mapping[str, object],
    ask: bool,
    git: bool = True,
    version: str | None = None,
) -> Planned:
    """Return what `new_project` would generate, and write nothing but temporary files elsewhere."""
    path, source = _prepare(dest, version, git=git)
    with explained(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        folder = Path(scratch, path.name)
        folder.mkdir()
        author = _author(folder, git=git)
        chosen = _render(source, Answers(template, answers), folder, ask=ask, author=author.name)
        return Planned(tuple(_read_files(folder, source, template)), chosen.values, source.version)


def _prepare(dest: Path, version: str | None, *, git: bool) -> tuple[Path, Source]:
    with explained(dest):
        path = free_destination(dest)
    if git:
        check_version()
    return path, locate(version)


def _author(folder: Path, *, git: bool) -> Identity:
    """Make `folder` a repository if so wished, and return who works there, nobody where git does not know.

    This comes before any question: nobody should answer them all to hear that git does not know him.
    """
    if git:
        init(folder)
        return identity(folder)
    try:
        return identity(folder)
    except (GitMissing, NoGitIdentity):
        return Identity("", "")


def _render(source: Source, answers: Answers, folder: Path, *, ask: bool, author: str) -> Answers:
    defaults = {"author_name": author} if author else {}
    with tempfile.TemporaryDirectory(prefix="scaffolder-", ignore_cleanup_errors=True) as scratch:
        with explained(Path(tempfile.gettempdir())):
            tree = materialise(source, answers.template, Path(scratch))
        return render(tree, answers, folder, ask=ask, defaults=defaults)


def _read_files(folder: Path, source: Source, template: str) -> dict[str, File]:
    files: dict[str, File] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(".git/"):
            is_executable = path.stat().st_mode & 0o100 or source.is_executable(template, name)
            files[name] = File("100755" if is_executable else "100644", path.read_bytes())
    return files


def _commit(folder: Path, files: Mapping[str, File], message: str, author: Identity) -> str:
    people = [f"author {author.author}", f"committer {author.committer}"]
    return commit_stream(write_commit(files, branch="main", people=people, message=message), folder)


def _keep(source: Source) -> None:
    """Put unreleased templates by, since an update of the project will need them again."""
    if not source.is_release:
        with explained(places.cache()):
            history.keep_snapshot(source.version, source.files)
