"""What is not committed in many projects, asked of git all at once."""

from __future__ import annotations

import contextlib
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.errors import GitFailed, ScaffolderError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

_STATUS = ("status", "--porcelain", "-z", "--branch", "--no-ahead-behind", "--no-renames", "--", ".")
_UNLOCKED = {"GIT_OPTIONAL_LOCKS": "0"}  # looking must not write
_early: dict[tuple[Path, ...], Uncommitted] = {}
_LONGEST = 60_000  # characters of paths that one process is given


def begin_early(args: Sequence[str]) -> None:
    """Let git begin on `status --all DIR`, before the command line is read.

    Loading what reads it takes as long as git needs for a fleet, and another core.

    Args:
        args: what follows `status`. Any but `--all DIR` among it is of no concern here.
    """
    from scaffolder.fleet import discover, found_early

    for word, following in pairwise(args):
        if word == "--all":
            with contextlib.suppress(ScaffolderError, OSError):  # whoever asks in earnest will hear of it
                root = Path(following).absolute()
                found_early[root] = paths = discover(root)
                _early[paths] = Uncommitted(paths)


def ask_all(paths: Sequence[Path]) -> Uncommitted:
    """Return what git says of the projects; it may have begun already."""
    return _early.pop(tuple(paths), None) or Uncommitted(paths)


class Uncommitted:
    """The files of projects that differ from the last commit, or that git does not know.

    Git begins to look at once, in as many processes as there are cores; `of` waits for them.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._found: dict[Path, frozenset[str]] = {}
        self._begun = [(part, _begin(part)) for part in _parts(paths)] if len(paths) > 1 else []

    def of(self, path: Path) -> frozenset[str]:
        """Return the paths of such files, in the repository of the project at `path`; none without one."""
        while self._begun:
            self._take(*self._begun.pop())
        if path not in self._found:
            self._found[path] = _ask(path)
        return self._found[path]

    def _take(self, part: Sequence[Path], process: subprocess.Popen[bytes]) -> None:
        sections = list(_sections(process.communicate()[0]))
        if (
            process.returncode
        ):  # it stopped at a project that git cannot read; that, and the rest, is asked alone
            sections = sections[:-1]
        self._found |= dict(zip(part, sections, strict=False))


def _parts(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    size = -(-len(paths) // (os.cpu_count() or 1))
    part: list[Path] = []
    for path in paths:
        if part and (len(part) == size or sum(len(str(one)) for one in part) > _LONGEST):
            yield part
            part = []
        part.append(path)
    yield part


def _begin(paths: Sequence[Path]) -> subprocess.Popen[bytes]:
    named = [word for path in paths for word in ("-c", f"scaffolder.project={path.absolute()}")]
    return git.start([*named, "for-each-repo", "--config=scaffolder.project", "--", *_STATUS], env=_UNLOCKED)


def _ask(path: Path) -> frozenset[str]:
    try:
        return next(_sections(git.run(_STATUS, cwd=path, env=_UNLOCKED, as_user=True)))
    except (GitFailed, FileNotFoundError, NotADirectoryError):
        return frozenset()  # in no repository: nothing is committed, and `update` says so


def _sections(said: bytes) -> Iterator[frozenset[str]]:
    """Yield what git says of each project; each begins with the line of its branch."""
    names: set[str] | None = None
    for line in os.fsdecode(said).split("\0"):
        if line.startswith("## "):
            if names is not None:
                yield frozenset(names)
            names = set()
        elif line and names is not None:
            names.add(line[3:])
    if names is not None:
        yield frozenset(names)
