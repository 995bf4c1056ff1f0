"""Stream a large file over HTTP(S), keep what has arrived, and go on from there after an interruption.

    data/raw/NAME          what has arrived so far
    data/raw/NAME.json     its address, its version (ETag) and whether it is whole

The next attempt asks for the rest only, on the condition that the file on the server is still the same one.
What has arrived whole is not asked for again, unless its reader refuses it (`forgotten_if_refused`).
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from .errors import DataError
from .files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_CHUNK = 1 << 18  # bytes read between two progress lines


class Patience(Protocol):
    """How long to try, as a section of params.toml has it."""

    @property
    def timeout_s(self) -> float:
        """Seconds without an answer before an attempt counts as failed."""

    @property
    def attempts(self) -> int:
        """How many there may be."""

    @property
    def backoff_s(self) -> float:
        """Seconds before the second attempt; doubled before each further one."""


@dataclass(frozen=True, slots=True)
class _State:
    url: str
    etag: str
    whole: bool


class _Changed(Exception):  # noqa: N818  # what happened, not an error of ours
    """The file on the server is another one now."""


def whole(url: str, path: Path, settings: Patience) -> Path:
    """Fetch the whole file at `url` into `path`; returns `path`.

    Raises:
        DataError: it could not be fetched; what has arrived is kept for the next try.
    """
    _fetch(url, path, settings, enough=lambda: False)
    return path


def lines(url: str, path: Path, settings: Patience) -> Iterator[bytes]:
    """Yield the lines of the file at `url`, fetching no more of it than is asked for.

    Lines that have arrived before come from `path`. Stop asking, and the connection is closed.

    Raises:
        DataError: it could not be fetched; what has arrived is kept for the next try.
    """
    given = 0
    while True:
        state = _state(path)
        if path.exists() and state is not None and state.url == url:
            with path.open("rb") as file:
                file.seek(given)
                for line in file:
                    if not line.endswith(b"\n") and not state.whole:
                        break
                    given += len(line)
                    yield line
            if state.whole:
                return
        size = path.stat().st_size if path.exists() else 0
        _fetch(url, path, settings, enough=lambda before=size: path.stat().st_size > before + 16 * _CHUNK)  # type: ignore[misc]


@contextmanager
def forgotten_if_refused(path: Path) -> Iterator[None]:
    """Delete the download at `path` when what reads it within finds that it is no such data.

    Else the next attempt would read the same bytes again, since they have arrived whole.
    """
    try:
        yield
    except DataError:
        _forget(path)
        raise


def _fetch(url: str, path: Path, settings: Patience, enough: Callable[[], bool]) -> None:
    """Append to `path` until the file is whole or `enough` says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = _state(path)
    if state is None or state.url != url:
        _forget(path)
    elif state.whole:
        return None
    reason: object = "no answer"
    for attempt in range(1, settings.attempts + 1):
        try:
            return _append(url, path, settings.timeout_s, enough)
        except _Changed:
            _forget(path)
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
        if attempt < settings.attempts:
            time.sleep(settings.backoff_s * 2 ** (attempt - 1))
    raise DataError(
        f"{url}: {reason}; try again (what has arrived is kept), or download it by hand and use --file FILE"
    )


def _append(url: str, path: Path, timeout_s: float, enough: Callable[[], bool]) -> None:
    if not url.startswith(("http://", "https://")):
        raise ValueError("expected an address that starts with https://")
    have, state = (path.stat().st_size if path.exists() else 0), _state(path)
    request = urllib.request.Request(url, headers={"User-Agent": "portfolio-project"})  # noqa: S310
    if have and state is not None:
        request.add_header("Range", f"bytes={have}-")
        if state.etag:
            request.add_header("If-Range", state.etag)
    with _opened(request, timeout_s) as answer:
        if have and answer.status != 206:
            raise _Changed
        etag = answer.headers.get("ETag", "")
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        write_atomic(_state_file(path), json.dumps(asdict(_State(url, etag, whole=False))) + "\n")
        with path.open("ab") as file:
            while piece := answer.read(_CHUNK):
                file.write(piece)
                file.flush()
                have += len(piece)
                _say(path.name, have, total)
                if enough():
                    return
        if total is not None and have < total:
            raise ValueError(f"connection closed after {have:,} of {total:,} bytes")
    write_atomic(_state_file(path), json.dumps(asdict(_State(url, etag, whole=True))) + "\n")


def _opened(request: urllib.request.Request, timeout_s: float) -> http.client.HTTPResponse:
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=timeout_s)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # there is no more than is here
            raise _Changed from None
        raise
    return answer


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    _state_file(path).unlink(missing_ok=True)


def _state(path: Path) -> _State | None:
    try:
        return _State(**json.loads(_state_file(path).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _state_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _say(name: str, have: int, total: int | None) -> None:
    of = f" of {total / 1e6:,.0f}" if total else ""
    sys.stderr.write(f"\r{name}: {have / 1e6:,.1f}{of} MB " if sys.stderr.isatty() else "")
    sys.stderr.flush()
