"""Many projects at once: where they are, and one action on each, in several processes."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError
from scaffolder.record import CRUFT_FILE, RECORD_FILE, RECORDS
from scaffolder.repository import top_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection

    from scaffolder.update import Outcome, Wish

_SKIPPED = {"venv", "node_modules", "__pycache__", "site-packages"}  # and what is hidden


found_early: dict[Path, tuple[Path, ...]] = {}  # what `discover` will be asked for, once


@dataclass(frozen=True, slots=True)
class Failure:
    """A project that could not be dealt with, and why."""

    path: Path
    message: str

    @classmethod
    def of(cls, path: Path, error: Exception) -> Failure:
        """Return what `error` says of the project at `path`, which the message names."""
        if isinstance(error, OSError):
            return cls(path, f"{error.filename or path}: {error.strerror or error}")
        if not isinstance(error, ScaffolderError):  # a bug that one project meets must not stop the others
            return cls(path, f"{path}: internal error, {type(error).__name__}: {error}")
        said = str(error)
        return cls(path, said if str(path) in said else f"{path}: {said}")


def discover(root: Path) -> tuple[Path, ...]:
    """Return the projects below `root`, and `root` itself if it is one: the folders with a record in them."""
    if root in found_early:
        return found_early.pop(root)
    found, waiting = set(), [os.fspath(root)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name in RECORDS:
                        found.add(Path(folder))
                    elif entry.is_dir(follow_symlinks=False) and not _is_skipped(entry.name):
                        waiting.append(entry.path)
        except OSError:
            continue  # a folder that may not be read has no project to update
    return tuple(sorted(found))


def _is_skipped(name: str) -> bool:
    return name in _SKIPPED or name.startswith(".")


def update_all(paths: Sequence[Path], wish: Wish, *, jobs: int) -> Iterator[Outcome | Failure]:
    """Update projects and yield what came of each as it ends; one that fails stops no other.

    Two projects in one git repository are never dealt with at once. Closing the iterator lets those that
    are under way come to their end. Where processes cannot be forked, `jobs` is taken for 1.
    """
    groups = _by_repository(paths)
    if min(jobs, len(groups)) <= 1 or not hasattr(os, "fork"):
        for path in (path for group in groups for path in group):
            yield _update(path, wish)
        return
    _load_engines(path for group in groups for path in group)
    yield from _share_out(deque(groups), wish, min(jobs, len(groups)))


def _load_engines(paths: Iterable[Path]) -> None:
    """Import what will render, once, before there are several processes."""
    kinds = {_is_cookiecutter(path) for path in paths}
    if True in kinds:
        from scaffolder.engine import cookiecutter_engine  # noqa: F401
    if False in kinds:
        from scaffolder.engine import copier_engine  # noqa: F401


def _is_cookiecutter(path: Path) -> bool:
    """Return what most likely rendered a project; the record itself is not read yet."""
    return any((path / name).exists() for name in (RECORD_FILE, CRUFT_FILE))


def _by_repository(paths: Iterable[Path]) -> list[list[Path]]:
    groups: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(Path(os.path.normpath(path.absolute())) for path in paths):
        groups.setdefault(top_of(path) or path, []).append(path)
    return list(groups.values())


def _update(path: Path, wish: Wish) -> Outcome | Failure:
    from scaffolder.update import update_project

    try:
        return update_project(path, wish)
    except Exception as error:
        return Failure.of(path, error)


def _stopping_signals() -> tuple[signal.Signals, ...]:
    return signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals wait, here and in a process that is begun meanwhile, until it can deal with them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _stopping_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker:
    """A process that updates one project after the other."""

    def __init__(self, wish: Wish, group: Iterable[Path], others: Iterable[_Worker]) -> None:
        import multiprocessing

        context = multiprocessing.get_context("fork")  # the others would import copier once more each
        self.pipe, far_end = context.Pipe()
        near_ends = [self.pipe, *(other.pipe for other in others)]
        self.process = context.Process(target=_serve, args=(far_end, near_ends, wish))
        self.process.start()
        far_end.close()
        self.begin(group)

    def begin(self, group: Iterable[Path]) -> None:
        self.left = deque(group)
        self._send_next()

    def _send_next(self) -> None:
        with contextlib.suppress(OSError):  # it is gone; `take` will find that out
            self.pipe.send(self.left[0])

    def take(self) -> Outcome | Failure:
        """Return what came of the project under way; the next one of its repository is begun."""
        path = self.left.popleft()
        try:
            result: Outcome | Failure = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            status = self.process.exitcode or 0
            how = signal.strsignal(-status) if status < 0 else f"exit status {status}"
            return Failure(path, f"{path}: its update ended unexpectedly ({how}); run it again")
        if self.left:
            self._send_next()
        return result

    def is_gone(self) -> bool:
        return self.process.exitcode is not None

    def end(self) -> None:
        self.pipe.close()
        self.process.join()


def _serve(pipe: Connection, near_ends: Iterable[Connection], wish: Wish) -> None:
    """Update what comes through the pipe until the parent closes its end, or is no more.

    Ctrl-C reaches all processes. The parent then begins nothing new, and the projects under way come to their
    end, which takes no time; but a project's own tests are broken off, when the parent says so.
    """
    for number in _stopping_signals():  # what is ignored here, the processes of the tests would ignore too
        signal.signal(number, _do_nothing if wish.test else signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        try:
            if wish.test:
                signal.signal(signal.SIGTERM, _break_off)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _stopping_signals())
            for near_end in near_ends:  # while one is open here, the worker at its other end waits for ever
                near_end.close()
            while True:
                pipe.send(_update(pipe.recv(), wish))
        finally:
            signal.signal(signal.SIGTERM, _do_nothing)


def _do_nothing(*_: object) -> None:
    pass


def _break_off(*_: object) -> None:
    signal.signal(signal.SIGTERM, _do_nothing)  # a second one must not stop the cleaning up
    raise KeyboardInterrupt


def _share_out(groups: deque[list[Path]], wish: Wish, jobs: int) -> Iterator[Outcome | Failure]:
    from multiprocessing.connection import wait

    workers: list[_Worker] = []
    try:
        for _ in range(jobs):
            with _signals_held():
                workers.append(_Worker(wish, groups.popleft(), workers))
        while workers:
            ready = wait([worker.pipe for worker in workers])
            for worker in [worker for worker in workers if worker.pipe in ready]:
                yield worker.take()
                if worker.left and worker.is_gone():
                    groups.append(list(worker.left))
                    worker.left.clear()
                if worker.left:
                    continue
                if groups and not worker.is_gone():
                    worker.begin(groups.popleft())
                    continue
                workers.remove(worker)
                worker.end()
                if groups:
                    with _signals_held():
                        workers.append(_Worker(wish, groups.popleft(), workers))
    finally:
        for worker in workers if wish.test else []:
            worker.process.terminate()
        for worker in workers:
            worker.end()
