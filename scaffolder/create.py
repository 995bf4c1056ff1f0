"""From a template and answers to a new project: all of it, or nothing."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import history, places
from scaffolder.answers import Answers
from scaffolder.destination import explained, free_destination, put_in_place, workshop
from scaffolder.engine import foreign
from scaffolder.engine.render import Rendered, render
from scaffolder.engine.source import Source, locate
from scaffolder.engine.trust import Trust
from scaffolder.errors import GitMissing, NoGitIdentity
from scaffolder.git import Identity, check_version, commit_stream, identity, init, run
from scaffolder.stream import write_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.tree import File

_NO_TRUST = Trust()


@dataclass(frozen=True, slots=True)
class Created:
    """A project that was generated."""

    path: Path  # absolute
    template: str
    version: str
    commit: str | None  # None without git
    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be generated."""

    files: tuple[str, ...]
    answers: Mapping[str, object]
    version: str
    warnings: tuple[str, ...] = ()


def new_project(
    template: str,
    dest: Path,
    *,
    answers: Mapping[str, object],
    ask: bool,
    git: bool = True,
    version: str | None = None,
    directory: str = "",
    trust: Trust = _NO_TRUST,
) -> Created:
    """Generate a project in `dest`, which must be new or empty, with one commit unless `git` is False.

    Args:
        template: name of a template; or a git URL, `gh:owner/repository` or the path of a template of others,
            copier's or cookiecutter's.
        dest: the project's folder. Missing parents are made.
        answers: what is answered already.
        ask: put the open questions to the person at the terminal; otherwise their defaults hold.
        git: make it a repository.
        version: a released version of the template; see `source.locate` and `foreign.locate` for the default.
        directory: where a template of others lies in its repository.
        trust: whose code may run.

    Raises:
        ScaffolderError: it cannot be done. Nothing is left behind, nor after KeyboardInterrupt.
    """
    path, source, template = _prepare(dest, template, version, directory, git=git)
    with explained(dest), workshop(path) as folder:
        author = _author(folder, git=git)
        made = _render(source, Answers(template, answers), path, ask=ask, author=author.name, trust=trust)
        _write(made.files, folder)
        message = f"Start from template {template} {source.tag}"
        commit = _commit(folder, _committed(made.files, folder, source), message, author) if git else None
        _keep(source)
        put_in_place(folder, path)
    return Created(path, template, source.version, commit, tuple(made.files), _warnings(source, made))


def plan_project(
    template: str,
    dest: Path,
    *,
    answers: Mapping[str, object],
    ask: bool,
    git: bool = True,
    version: str | None = None,
    directory: str = "",
    trust: Trust = _NO_TRUST,
) -> Planned:
    """Return what `new_project` would generate, and write nothing but temporary files elsewhere."""
    path, source, template = _prepare(dest, template, version, directory, git=git)
    with explained(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        folder = Path(scratch, path.name)
        folder.mkdir()
        author = _author(folder, git=git)
        made = _render(source, Answers(template, answers), path, ask=ask, author=author.name, trust=trust)
        return Planned(
            tuple(made.files), made.answers.values, source.version, warnings=_warnings(source, made)
        )


def _prepare(
    dest: Path, template: str, version: str | None, directory: str, *, git: bool
) -> tuple[Path, Source, str]:
    with explained(dest):
        path = free_destination(dest)
    if git:
        check_version()
    if not foreign.is_address(template):
        return path, locate(version), template
    check_version()
    source = foreign.locate(template, version, directory=directory)
    return path, source, foreign.parse_address(template).name


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


def _render(
    source: Source, answers: Answers, path: Path, *, ask: bool, author: str, trust: Trust
) -> Rendered:
    defaults = {"author_name": author} if author else {}
    tree = source.tree(answers.template)
    is_trusted = trust.allows(source)
    return render(tree, answers, ask=ask, defaults=defaults, folder_name=path.name, trust=is_trusted)


def _write(files: Mapping[str, File], folder: Path) -> None:
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.mode == "120000":
            path.symlink_to(os.fsdecode(file.content))
            continue
        path.write_bytes(file.content)
        if file.mode == "100755":
            path.chmod(path.stat().st_mode | 0o111)


def _committed(files: Mapping[str, File], folder: Path, source: Source) -> Mapping[str, File]:
    """Return the files without those that the project's own .gitignore leaves out."""
    if not source.is_foreign:
        return files  # ours ignore none of their files, and a test says so
    names = b"".join(os.fsencode(name) + b"\0" for name in files)
    found = run(["check-ignore", "-z", "--stdin"], cwd=folder, stdin=names, accept=(0, 1))
    ignored = set(os.fsdecode(found).split("\0"))
    return {name: file for name, file in files.items() if name not in ignored}


def _warnings(source: Source, made: Rendered) -> tuple[str, ...]:
    warnings = (*source.warnings, *made.warnings)
    if made.answers_file:
        return warnings
    return (*warnings, "the template writes no answers file, so this project can never be updated")


def _commit(folder: Path, files: Mapping[str, File], message: str, author: Identity) -> str:
    people = [f"author {author.author}", f"committer {author.committer}"]
    return commit_stream(write_commit(files, branch="main", people=people, message=message), folder)


def _keep(source: Source) -> None:
    """Put unreleased templates by, since an update of the project will need them again."""
    if not (source.is_release or source.is_foreign):
        with explained(places.cache()):
            history.keep_snapshot(source.version, source.files)
