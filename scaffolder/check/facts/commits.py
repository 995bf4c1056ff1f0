"""What git knows of the owner's work: how many commits, from when to when, on how many days.

Only of the repository's own folder, where it is part of a larger one. What counts is not what the scaffolder
committed by itself, what a machine did, or a merge. The repository may be anybody's, so git is asked for
nothing that its configuration could turn into a program or a connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.errors import GitFailed, GitMissing
from scaffolder.record import ANSWERS_FILE
from scaffolder.repository import top_of

if TYPE_CHECKING:
    from pathlib import Path

MOST = 50_000  # commits that are looked at, the newest first

_START = re.compile(r"Start from template \S+ v\S+")
_BY_SCAFFOLDER = re.compile(
    r"Update template \S+ from v\S+ to v\S+|Change answers to template \S+ v\S+|" + _START.pattern
)
_NO_CONNECTION = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}


class NoHistory(Exception):
    """There is no history to count in; str() says why, in one line."""


@dataclass(frozen=True, slots=True)
class History:
    """Commits of people, and the one that the project began with. Days are the authors' own, as ISO dates."""

    days: tuple[str, ...]  # one for each commit of the owner, sorted
    generated: str | None  # the day on which the template's files were committed; None: of another origin

    def __str__(self) -> str:
        began = f"; generated {self.generated}" if self.generated else ""
        if not self.days:
            return f"no commit of the owner{began}"
        first, last, distinct = self.days[0], self.days[-1], len(set(self.days))
        when = first if first == last else f"{first} to {last}"
        commits = f"{len(self.days):,} commit{'s' if len(self.days) > 1 else ''}"
        return f"{commits} on {distinct:,} day{'s' if distinct > 1 else ''}, {when}{began}"


def read_history(folder: Path) -> History:
    """Return what git has of `folder`.

    Raises:
        NoHistory: there is no repository, a shallow one, or git cannot be asked.
    """
    if top_of(folder) is None:
        raise NoHistory("it lies in no git repository")
    try:
        if _ask(folder, "rev-parse", "--is-shallow-repository").strip() == b"true":
            raise NoHistory("a shallow clone has no history; 'git fetch --unshallow' brings it")
        if not _ask(folder, "rev-parse", "--verify", "--quiet", "HEAD", accept=(0, 1)):
            return History((), None)
        commits = _log(folder, f"--max-count={MOST}", "--", ".")
        start = next((one for one in reversed(commits) if _START.fullmatch(one[3])), None)
        if start is None and (first := _log(folder, "--diff-filter=A", "--", f"./{ANSWERS_FILE}")):
            start = first[-1]
    except (GitFailed, GitMissing, OSError) as error:
        raise NoHistory(" ".join(str(error).split())) from error
    days = sorted(
        day
        for identifier, day, author, subject in commits
        if not (start and identifier == start[0])
        and not _BY_SCAFFOLDER.fullmatch(subject)
        and not author.endswith("[bot]")
    )
    return History(tuple(days), start[1] if start else None)


def _log(folder: Path, *args: str) -> list[tuple[str, ...]]:
    """Return identifier, day, author and subject of commits, the newest first."""
    wanted = ("--no-merges", "--no-show-signature", "--no-color", "--format=%H%x00%as%x00%an%x00%s", "-z")
    found = _ask(folder, "log", *wanted, *args).decode(errors="replace").split("\0")
    return list(zip(*[iter(found)] * 4, strict=False))


def _ask(folder: Path, *args: str, accept: tuple[int, ...] = (0,)) -> bytes:
    return git.run(args, cwd=folder, env=_NO_CONNECTION, accept=accept)
