"""The git repository that a project lies in; a project may be a folder of a larger one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scaffolder import git
from scaffolder.errors import GitFailed, NotUpdatable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_UNFINISHED = {  # what git keeps in its folder while something is under way
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_LOG": "a bisection",
}
_SUBMODULE = "160000"


class Entry(NamedTuple):
    """A file as git has it."""

    mode: str  # 100644, 100755, 120000 (symbolic link) or 160000 (submodule)
    oid: str


@dataclass(frozen=True)
class Tracked:
    """The files of a project that git knows, by their path in the project."""

    entries: Mapping[str, Entry]
    hands_off: frozenset[str]  # the owner told git not to look at these (assume-unchanged, skip-worktree)


@dataclass(frozen=True)
class Repository:
    """The repository around a project."""

    project: Path  # absolute, without symbolic links
    top: Path
    prefix: str  # of the project's paths in the repository: "" or "apps/forecast/"
    folder: Path  # git's own folder for this work tree
    objects: Path
    algorithm: str  # sha1 or sha256
    head: str

    def oid(self, content: bytes) -> str:
        """Return the id that a file with this content has in this repository."""
        return hashlib.new(
            self.algorithm, b"blob %d\0%s" % (len(content), content), usedforsecurity=False
        ).hexdigest()

    @cached_property
    def index(self) -> Tracked:
        """What is staged. In a clean work tree that is what is committed, and what lies on the disk."""
        entries, hands_off = {}, set()
        for line in self._listing("ls-files", "-z", "-s", "-v"):
            head, _, path = line.partition("\t")
            tag, mode, oid, _stage = head.split()
            entries[path] = Entry(mode, oid)
            if tag != "H":
                hands_off.add(path)
        return Tracked(entries, frozenset(hands_off))

    @cached_property
    def committed(self) -> Tracked:
        """What is committed at HEAD."""
        entries = {}
        for line in self._listing("ls-tree", "-r", "-z", self.head):
            head, _, path = line.partition("\t")
            mode, _kind, oid = head.split()
            entries[path] = Entry(mode, oid)
        return Tracked(entries, frozenset())

    def _listing(self, *args: str) -> list[str]:
        found = git.run(args, cwd=self.project, as_user=True)
        return found.decode(errors="surrogateescape").split("\0")[:-1]

    def read(self, path: str, entry: Entry) -> bytes:
        """Return what git has of a file; from the disk where that is the same, since it is faster."""
        try:
            on_disk = (self.project / path).read_bytes() if entry.mode != "120000" else b""
        except OSError:
            on_disk = b""
        return on_disk if self.oid(on_disk) == entry.oid else self.blobs([entry.oid])[entry.oid]

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Return the contents with these ids."""
        return read_blobs(oids, self.project)

    def require_clean(self) -> None:
        """Raise NotUpdatable unless the files that git knows lie on the disk as they are committed."""
        for name, what in _UNFINISHED.items():
            if (self.folder / name).exists():
                raise NotUpdatable(self.project, f"{what} is under way; finish or abort it first")
        options = ("--porcelain=v2", "-z", "--untracked-files=no", "--ignore-submodules=all")
        found = git.run(
            ["--no-optional-locks", "status", *options, "--", "."], cwd=self.project, as_user=True
        )
        if not found:
            return
        lines = found.decode(errors="replace").split("\0")
        paths = [line.split(" ", _FIELDS[line[0]])[-1] for line in lines if line[:2] in ("1 ", "2 ", "u ")]
        if unmerged := [line.split(" ", _FIELDS["u"])[-1] for line in lines if line.startswith("u ")]:
            why = f"{self._first(unmerged)} in conflict; resolve that and commit it first"
            raise NotUpdatable(self.project, f"{why}, or pass --branch NAME")
        why = f"{self._first(paths)} changed since the last commit"
        raise NotUpdatable(self.project, f"{why}; commit or stash that first, or pass --branch NAME")

    def _first(self, paths: Sequence[str]) -> str:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        return f"{paths[0].removeprefix(self.prefix)}{more}"


_FIELDS = {"1": 8, "2": 9, "u": 10}  # spaces before the path in a line of `git status --porcelain=v2`


def open_repository(project: Path) -> Repository:
    """Return the repository around the folder `project`.

    Raises:
        NotUpdatable: there is none, or nothing is committed.
    """
    if "\n" in str(project.resolve()):
        raise NotUpdatable(project, "there is a line break in its path; move it")
    asked = ["--show-toplevel", "--absolute-git-dir", "--git-path", "objects", "--show-object-format"]
    try:
        found = git.run(["rev-parse", *asked, "--show-prefix", "HEAD"], cwd=project, as_user=True)
    except GitFailed as error:
        raise NotUpdatable(project, _why(str(error))) from error
    except OSError as error:
        raise NotUpdatable(project, error.strerror or str(error)) from error
    top, folder, objects, algorithm, prefix, head = found.decode(errors="surrogateescape").split("\n")[:6]
    inside = Path(top, prefix)
    return Repository(inside, Path(top), prefix, Path(folder), inside / objects, algorithm, head)


def _why(said: str) -> str:
    if "not a git repository" in said:
        return "it lies in no git repository; run 'git init', and commit what the template made"
    if "must be run in a work tree" in said:
        return "it lies in a repository without a work tree"
    if "dubious ownership" in said:
        return (
            "it belongs to another user; 'git config --global --add safe.directory FOLDER' lets git into it"
        )
    if "'HEAD'" in said:
        return "nothing is committed yet; commit what the template made, without your changes"
    return said


def read_blobs(oids: Iterable[str], folder: Path) -> dict[str, bytes]:
    """Return the contents with these ids from the repository that `folder` belongs to."""
    wanted = sorted(set(oids))
    found: dict[str, bytes] = {}
    if not wanted:
        return found
    asked = "".join(f"{oid}\n" for oid in wanted).encode()
    answer = git.run(["cat-file", "--batch"], cwd=folder, stdin=asked)
    at = 0
    for oid in wanted:
        end = answer.index(b"\n", at)
        header = answer[at:end].split()
        if header[-1] == b"missing":
            raise GitFailed("cat-file", f"object {oid} is missing")
        size = int(header[2])
        found[oid] = answer[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return found


def is_submodule(entry: Entry) -> bool:
    """Return True when the entry is a repository of its own."""
    return entry.mode == _SUBMODULE


def top_of(path: Path) -> Path | None:
    """Return the folder that holds the `.git` of what `path` lies in, found without git."""
    real = path.resolve()
    return next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), None)
