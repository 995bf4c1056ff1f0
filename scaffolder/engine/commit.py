"""The moment at which an update happens: renames, in an order that can be finished after any interruption.

Nothing here starts a process or reads the templates; the journal says it all.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scaffolder.errors import NotUpdatable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

try:
    import fcntl
except ImportError:  # Windows, where git's index.lock alone keeps a second update out
    fcntl = None  # type: ignore[assignment]

JOURNAL = "journal.json"
_MOVED = "changed while it was being updated; nothing was written, run the update again"


class _Step(NamedTuple):
    target: str
    staged: str | None  # None: the target goes
    before: list[int] | None  # mark of what lies at the target; None: nothing


class Found(NamedTuple):
    """In which state everything was, before it was looked at: what differs later was changed meanwhile."""

    index_mark: list[int] | None  # of git's index
    files: Mapping[str, list[int] | None]  # marks of the files that git knows, by their path in the project


class Journal(NamedTuple):
    """What is to be renamed, and in which state everything was found."""

    project: str
    git_folder: str
    index_mark: list[int]  # of git's index as it was found
    steps: list[_Step]


@contextlib.contextmanager
def lock(folder: Path, project: Path) -> Iterator[None]:
    """Hold the lock of a repository; the process that commits inherits it.

    Raises:
        NotUpdatable: another process holds it.
    """
    try:
        folder.mkdir(exist_ok=True)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise NotUpdatable(project, f"{folder} cannot be written: {error.strerror}") from error
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise NotUpdatable(project, "another update of it is under way; wait for its end") from error
        yield
    finally:
        os.close(handle)


def look(project: Path, git_folder: Path, paths: Iterable[str]) -> Found:
    """Return the state of git's index and of these files of the project."""
    return Found(_mark(git_folder / "index"), {path: _mark(project / path) for path in paths})


def plan(
    project: Path, git_folder: Path, staging: Path, ready: Mapping[str, Path | None], found: Found
) -> Journal:
    """Note in which state everything that will be replaced must still be then.

    Args:
        project: its folder.
        git_folder: where the index lies.
        staging: the folder with what is ready, and the new index.
        ready: for each path in the project the file to put there, None where one is to go.
        found: the state from before anything was read; a path that it does not have was free.

    Raises:
        OSError: a folder cannot be written.
    """
    steps = []
    for path, staged in sorted(
        ready.items(), key=lambda entry: entry[1] is not None
    ):  # what goes, goes first
        target = project / path
        folder = next(parent for parent in target.parents if parent.is_dir())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
        is_folder = target.is_dir() and not target.is_symlink()  # of files that go, or git would refuse it
        before = _mark(target) if is_folder else found.files.get(path)
        steps.append(_Step(str(target), str(staged) if staged else None, before))
    _sync(staging / "index")
    return Journal(str(project), str(git_folder), found.index_mark or [], steps)


def in_own_session(staging: Path, journal: Journal) -> str:
    """Carry the journal out in a process that no signal to this one reaches, and wait for it.

    Returns:
        Why it could not be done, and everything is as it was; empty when it is done.
    """
    if not hasattr(os, "fork"):
        return _carry_out(staging, journal)
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the child needs none of their locks
        child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
                signal.signal(number, signal.SIG_IGN)
            os.write(writer, _carry_out(staging, journal).encode(errors="surrogateescape") + b"\0")
        os._exit(0)
    os.close(writer)
    said = _read_patiently(reader)
    os.close(reader)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)
    if said.endswith(b"\0"):
        return said[:-1].decode(errors="surrogateescape")
    return "writing it was interrupted; run the command again, it will finish that first"


def _read_patiently(reader: int) -> bytes:
    """Read to the end; whoever presses Ctrl-C hears so after it."""
    is_interrupted = False
    said = b""
    while True:
        try:
            chunk = os.read(reader, 4096)
        except KeyboardInterrupt:
            is_interrupted = True
            continue
        said += chunk
        if not chunk:
            break
    if is_interrupted:
        raise KeyboardInterrupt
    return said


def _carry_out(staging: Path, journal: Journal) -> str:
    git_folder = Path(journal.git_folder)
    index_lock = git_folder / "index.lock"
    try:
        _link(staging / "index", index_lock)
    except FileExistsError:
        return f"another git command is at work, or died, in this repository: {index_lock} exists"
    except OSError as error:
        return f"{index_lock} cannot be written: {error.strerror}"
    done: list[tuple[_Step, Path | None]] = []
    try:
        if _mark(git_folder / "index") != journal.index_mark:
            raise _Moved("git's index")
        for step in journal.steps:
            if _mark(Path(step.target)) != step.before:
                raise _Moved(step.target)
        _write_journal(staging, journal)
        for number, step in enumerate(journal.steps):
            done.append((step, _keep(Path(step.target), staging / f"old-{number}")))
            _take(step, Path(journal.project))
        index_lock.replace(git_folder / "index")
    except (OSError, _Moved) as error:
        _undo(done, Path(journal.project))
        (staging / JOURNAL).unlink(missing_ok=True)
        index_lock.unlink(missing_ok=True)
        if isinstance(error, _Moved):
            return f"{error} {_MOVED}"
        return f"{error.filename} cannot be written: {error.strerror}"
    _clear(staging)
    return ""


class _Moved(Exception):
    pass


def finish(staging: Path, git_folder: Path) -> None:
    """Finish what an interrupted process began, or clean up where it had not begun to write.

    A file that changed since is left alone, and the template's version is put beside it.
    """
    index, index_lock = staging / "index", git_folder / "index.lock"
    is_ours = _is_same(index, index_lock) or _has_same_content(index, index_lock)
    text = _journal_text(staging)
    if text is None:
        if is_ours:
            index_lock.unlink()
        shutil.rmtree(staging, ignore_errors=True)
        return
    found = json.loads(text)
    for fields in found["steps"]:
        step = _Step(*fields)
        target = Path(step.target)
        if step.staged is None:
            if _mark(target) is not None and _mark(target) == step.before:
                _take(step, Path(found["project"]))
        elif os.path.lexists(step.staged):
            _finish_writing(step, target, Path(found["project"]))
    if is_ours:
        index_lock.replace(git_folder / "index")
    _clear(staging)


def _finish_writing(step: _Step, target: Path, project: Path) -> None:
    if _mark(target) not in (step.before, None) and not _has_same_content(target, Path(str(step.staged))):
        target = free_name(target)
    _take(step._replace(target=str(target)), project)


def free_name(path: Path) -> Path:
    """Return a path beside `path` at which nothing lies: with `.new` behind it, or `.new2` and so on."""
    number = 1
    while True:
        name = path.with_name(f"{path.name}.new{number if number > 1 else ''}")
        if not os.path.lexists(name):
            return name
        number += 1


def _journal_text(staging: Path) -> str | None:
    try:
        return (staging / JOURNAL).read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None


def _write_journal(staging: Path, journal: Journal) -> None:
    """From here on the update is bound to happen."""
    temporary = staging / "journal.new"
    temporary.write_text(json.dumps(journal._asdict()), encoding="utf-8", errors="surrogateescape")
    _sync(temporary)
    temporary.replace(staging / JOURNAL)
    _sync(staging)


def _take(step: _Step, project: Path) -> None:
    target = Path(step.target)
    if step.staged is None:
        target.unlink(missing_ok=True)
        for folder in target.parents:
            if folder == project or not _remove_empty(folder):
                break
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    _move(Path(step.staged), target)


def _remove_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = free_name(target)  # git's folder lies on another disk
        shutil.copy2(source, near, follow_symlinks=False)
        near.replace(target)


def _keep(target: Path, old: Path) -> Path | None:
    if not os.path.lexists(target):
        return None
    try:
        os.link(target, old, follow_symlinks=False)
    except OSError:
        shutil.copy2(target, old, follow_symlinks=False)
    return old


def _undo(done: list[tuple[_Step, Path | None]], project: Path) -> None:
    for step, old in reversed(done):
        with contextlib.suppress(OSError):
            target = Path(step.target)
            if old is None:
                _take(_Step(step.target, None, None), project)
            elif not _is_same(old, target):
                target.parent.mkdir(parents=True, exist_ok=True)
                _move(old, target)


def _mark(path: Path) -> list[int] | None:
    """Return what changes when a file is written to or replaced, None where there is none."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode]


def _has_same_content(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink() or not (one.is_file() and other.is_file()):
        return False
    return one.read_bytes() == other.read_bytes()


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except PermissionError:  # a file system without hard links
        with target.open("xb") as file:
            file.write(source.read_bytes())


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear(staging: Path) -> None:
    """Remove the folder; the journal first, since without it there is nothing to finish."""
    (staging / JOURNAL).unlink(missing_ok=True)
    shutil.rmtree(staging, ignore_errors=True)
