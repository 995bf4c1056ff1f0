"""How much a template of others may take: time, memory, files and bytes. More is broken off, in one line."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SECONDS = 60.0  # of rendering one project; the largest public templates take one
MOST_BYTES = 500_000_000  # of a project's files together, and so of each; --max-size says otherwise
MOST_FILES = 20_000
LONGEST_VALUE = 1 << 20  # characters of what one expression multiplies
_LARGEST_POWER = 10_000
_MOST_MEMORY = 4 << 30  # on top of what is in use, where the system can be told

_most_bytes: ContextVar[int | None] = ContextVar("most_bytes", default=None)


class OutOfBounds(BaseException):
    """A template that takes too much. No Exception, since a template's text could catch one."""


@contextlib.contextmanager
def at_most(size: int | None) -> Iterator[None]:
    """Let a project have `size` bytes, None for the default; forked processes know it too."""
    token = _most_bytes.set(size)
    try:
        yield
    finally:
        _most_bytes.reset(token)


def most_bytes() -> int:
    """Return how much a project's files may take together."""
    wished = _most_bytes.get()
    return MOST_BYTES if wished is None else wished


class Budget:
    """What the files of a project may still take."""

    def __init__(self) -> None:
        self.limit = self.bytes_left = most_bytes()
        self.files_left = MOST_FILES

    def spend(self, size: int) -> None:
        """Count `size` bytes, or raise OutOfBounds."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise OutOfBounds(f"it makes more than {self.limit:,} bytes; --max-size SIZE allows more")

    def spend_file(self) -> None:
        """Count a file, or raise OutOfBounds."""
        self.files_left -= 1
        if self.files_left < 0:
            raise OutOfBounds(f"it makes more than {MOST_FILES:,} files")


def refuse_huge(operator: str, left: object, right: object) -> None:
    """Raise OutOfBounds when something without end would come of `left * right` or `left ** right`."""
    if operator == "**":
        is_huge = (
            isinstance(left, int) and isinstance(right, int) and abs(left) > 1 and right > _LARGEST_POWER
        )
    else:
        times = next((value for value in (left, right) if isinstance(value, int)), 0)
        lengths = [len(value) for value in (left, right) if isinstance(value, str | bytes | list | tuple)]
        is_huge = bool(lengths) and times * max(lengths) > LONGEST_VALUE
    if is_huge:
        raise OutOfBounds(f"it makes a value of more than {LONGEST_VALUE:,} characters")


class Watch:
    """Raises OutOfBounds in the thread that runs a template, once that took its time; a person may take any.

    A text without end can be stopped in no other way: it never comes back to us. In the main thread a signal
    of the system does it, which breaks off a regular expression too; elsewhere, and on Windows, a thread.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._is_over = False
        self._has_signal = False

    def __enter__(self) -> Watch:
        is_main = threading.current_thread() is threading.main_thread()
        if (
            is_main
            and sys.platform != "win32"
            and signal.getsignal(signal.SIGALRM) in (signal.SIG_DFL, _ring)
        ):
            signal.signal(signal.SIGALRM, _ring)
            self._has_signal = True
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        if self._has_signal and sys.platform != "win32":
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            self._has_signal = False

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Let time pass without counting it, and begin anew; memory is not bounded meanwhile."""
        self._stop()
        try:
            with _memory_unbounded():
                yield
        finally:
            self._start()

    def _start(self) -> None:
        if self._has_signal and sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS, MOST_SECONDS)
            return
        self._is_over = False
        self._timer = threading.Timer(MOST_SECONDS, self._raise)
        self._timer.daemon = True
        self._timer.start()

    def _stop(self) -> None:
        if self._has_signal and sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)
            return
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            if not self._is_over:
                self._is_over = True
                return
        _raise_in(self._thread, None)  # in case that it did not arrive yet

    def _raise(self) -> None:
        with self._lock:
            if not self._is_over:
                self._is_over = True
                _raise_in(self._thread, _TookTooLong)


class _TookTooLong(OutOfBounds):
    def __str__(self) -> str:
        return f"it was not done after {MOST_SECONDS:g} seconds"


def _ring(*_: object) -> None:
    raise _TookTooLong


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(kind) if kind else None
    )


@contextlib.contextmanager
def memory_bounded() -> Iterator[None]:
    """Let a text that grows and grows end in a MemoryError instead of the system's; on Linux only."""
    if sys.platform != "linux":
        yield
        return
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        in_use = int(file.read().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = in_use + _MOST_MEMORY
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft <= wanted:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def _memory_unbounded() -> Iterator[None]:
    """Lift the bound: a child process would inherit it, and some reserve more than they ever use."""
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
