"""A merged tree to a work tree: all of it, or nothing, wherever it is interrupted.

Everything is made ready in a folder inside git's own (staging). Then a process of its own session, which no
Ctrl-C and no killed terminal reaches, takes git's index.lock, looks whether anything moved meanwhile, writes
the journal and only renames from there on. If even that process dies, `recover` finishes what was begun.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.engine import commit
from scaffolder.engine.scratch import scratch_repository
from scaffolder.errors import GitFailed, NotUpdatable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scaffolder.engine.merge import Stages
    from scaffolder.repository import Entry, Repository, Tracked

_NONE = "000000"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written. Paths are those in the project."""

    files: Mapping[str, Entry | None]  # None: the file goes
    stages: Mapping[str, Stages]  # of the conflicts among them
    beside: Mapping[str, Entry]  # files that git does not hear of
    contents: Mapping[str, bytes]  # by id: those that the repository does not have


@contextlib.contextmanager
def locked(repository: Repository) -> Iterator[None]:
    """Keep other updates of this repository out, and finish one that was interrupted.

    Raises:
        NotUpdatable: another one is under way.
    """
    staging = _staging(repository)
    with commit.lock(staging.parent, repository.project):
        recover(repository)
        try:
            yield
        finally:
            if not (staging / commit.JOURNAL).exists():
                shutil.rmtree(staging, ignore_errors=True)


def recover(repository: Repository) -> bool:
    """Finish an update that was interrupted, or clean up behind it. Return True when there was something.

    To be called with the lock held.
    """
    staging = _staging(repository)
    if not staging.exists():
        return False
    commit.finish(staging, repository.folder)
    return True


def is_interrupted(repository: Repository) -> bool:
    """Return True when an update got as far as writing, but not to its end."""
    return (_staging(repository) / commit.JOURNAL).exists()


def look(repository: Repository, tracked: Tracked) -> commit.Found:
    """Return in which state the project is found; to be called before it is made sure that it is clean."""
    return commit.look(repository.project, repository.folder, tracked.entries)


def apply(repository: Repository, change: Change, found: commit.Found) -> None:
    """Write a change to the project's work tree and to git's index; nothing is committed.

    Conflicts come as git leaves them: markers in the file, three stages in the index.

    Args:
        repository: around the project.
        change: what to write.
        found: the state in which `look` found the project.

    Raises:
        NotUpdatable: it cannot be written, or something changed meanwhile. Nothing was changed.
    """
    staging = _staging(repository)
    try:
        ready = stage(repository, change, staging)
        journal = commit.plan(repository.project, repository.folder, staging, ready, found)
    except OSError as error:
        name = error.filename or staging
        why = error.strerror or str(error)
        raise NotUpdatable(repository.project, f"{name} cannot be written: {why}") from error
    failed = commit.in_own_session(staging, journal)
    if failed:
        raise NotUpdatable(repository.project, failed)


def stage(repository: Repository, change: Change, staging: Path) -> dict[str, Path | None]:
    """Make everything ready in the folder `staging`.

    Returns:
        For each path in the project the file that is to be put there, None where one is to go. The new index
        is `staging/index`.
    """
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    _write_blobs(repository, change, staging / "contents")
    index = staging / "index"
    shutil.copy2(repository.folder / "index", index)  # with its time, by which git knows whom not to trust
    written = {p: e for p, e in {**change.files, **change.beside}.items() if e and e.mode != "160000"}
    entries = {path: (entry,) for path, entry in written.items()}
    _update_index(repository, {**entries, **{p: () for p, e in change.files.items() if e is None}}, index)
    _check_out(repository, list(written), index, staging / "files")
    _update_index(repository, {**change.stages, **dict.fromkeys(change.beside, ())}, index)
    prefix = staging / "files" / repository.prefix
    return {path: prefix / path for path in written} | {p: None for p, e in change.files.items() if e is None}


def _write_blobs(repository: Repository, change: Change, folder: Path) -> None:
    """Give git the contents that it does not have, each in one step: no kill leaves a half one.

    (`fast-import` would be left with a `.keep` file in its way when it is killed.)
    """
    entries = [*change.files.values(), *change.beside.values()]
    entries += [entry for stages in change.stages.values() for entry in stages]
    needed = {entry.oid for entry in entries if entry is not None} & change.contents.keys()
    if not needed:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for oid in needed:
        (folder / oid).write_bytes(change.contents[oid])
    names = "".join(f"{folder.absolute() / oid}\n" for oid in sorted(needed))
    args = ["hash-object", "-w", "--no-filters", "--stdin-paths"]
    git.run(args, cwd=repository.top, stdin=names.encode(errors="surrogateescape"))


def _update_index(
    repository: Repository, entries: Mapping[str, tuple[Entry | None, ...]], index: Path
) -> None:
    """Give each path its one entry, its three stages, or none."""
    if not entries:
        return
    nothing = "0" * len(repository.head)
    lines = []
    for path, stages in entries.items():
        name = f"{repository.prefix}{path}"
        lines.append(f"{_NONE} {nothing} 0\t{name}")
        numbers = (0,) if len(stages) == 1 else (1, 2, 3)
        lines += [
            f"{e.mode} {e.oid} {number}\t{name}" for number, e in zip(numbers, stages, strict=False) if e
        ]
    _with_index(repository, index, "update-index", "-z", "--index-info", stdin=lines)


def _check_out(repository: Repository, paths: list[str], index: Path, folder: Path) -> None:
    folder.mkdir()
    if paths:
        names = [f"{repository.prefix}{path}" for path in paths]
        options = ("-q", "-f", "-z", "--stdin", f"--prefix={folder}/")
        _with_index(repository, index, "checkout-index", *options, stdin=names)


def _with_index(repository: Repository, index: Path, *args: str, stdin: list[str]) -> str:
    text = "".join(f"{line}\0" for line in stdin).encode(errors="surrogateescape")
    said = git.run(args, cwd=repository.top, env={"GIT_INDEX_FILE": str(index)}, stdin=text, as_user=True)
    return said.decode(errors="surrogateescape").strip()


def _staging(repository: Repository) -> Path:
    return repository.folder / "scaffolder" / "staging"


def commit_on_branch(repository: Repository, change: Change, branch: str, message: str) -> str:
    """Commit a change on top of HEAD as a new branch, and touch neither work tree nor index.

    Returns:
        The id of the commit.

    Raises:
        NotUpdatable: there is such a branch, or its name is none.
    """
    reference = f"refs/heads/{branch}"
    if not _is_free(repository, branch, reference):
        raise NotUpdatable(repository.project, f"there is a branch {branch!r} already; choose another name")
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        index = Path(scratch, "index")
        _write_blobs(repository, change, Path(scratch, "contents"))
        _with_index(repository, index, "read-tree", repository.head, stdin=[])
        entries = {**change.files, **change.beside}
        _update_index(repository, {path: (entry,) if entry else () for path, entry in entries.items()}, index)
        tree = _with_index(repository, index, "write-tree", stdin=[])
    made = _as_user(repository, "commit-tree", "-m", message, "-p", repository.head, tree)
    _as_user(repository, "update-ref", "-m", message, reference, made, "0" * len(made))
    return made


def _is_free(repository: Repository, branch: str, reference: str) -> bool:
    try:
        _as_user(repository, "check-ref-format", "--branch", branch)
    except GitFailed as error:
        raise NotUpdatable(repository.project, f"{branch!r} is no name for a branch") from error
    return not _as_user(repository, "for-each-ref", "--format=%(refname)", reference)


def _as_user(repository: Repository, *args: str) -> str:
    said = git.run(args, cwd=repository.top, as_user=True)
    return said.decode(errors="surrogateescape").strip()


def diff(repository: Repository, tracked: Tracked, change: Change) -> str:
    """Return a change as a unified diff; nothing is written in the project."""
    paths = change.files.keys() | change.beside.keys()
    old = {path: tracked.entries[path] for path in sorted(paths) if path in tracked.entries}
    new = {path: entry for path, entry in sorted({**change.files, **change.beside}.items()) if entry}
    contents = {e.oid: change.contents[e.oid] for e in new.values() if e.oid in change.contents}
    with scratch_repository(repository.objects, repository.algorithm) as scratch:
        scratch.commit({"old": old, "new": new}, contents, base="old")
        return scratch.diff("old", "new")


@contextlib.contextmanager
def rehearsal_tree(repository: Repository, change: Change) -> Iterator[tuple[Path, Callable[[], None]]]:
    """Yield the project in a temporary work tree as it is committed, and what puts the change into it."""
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        tree = Path(scratch, repository.project.name)
        git.run(
            ["worktree", "add", "--quiet", "--detach", str(tree), "HEAD"], cwd=repository.top, as_user=True
        )
        try:
            project = tree / repository.prefix
            yield project, lambda: _put(repository, change, project)
        finally:
            git.run(["worktree", "remove", "--force", "--force", str(tree)], cwd=repository.top)


def _put(repository: Repository, change: Change, project: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        ready = stage(repository, change, Path(scratch, "staging"))
        for path, staged in ready.items():
            target = project / path
            if staged is None:
                target.unlink(missing_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(staged, target, follow_symlinks=False)
