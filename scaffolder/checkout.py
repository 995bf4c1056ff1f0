"""The files of a git checkout, tracked or not, but never ignored ones; and those of a commit."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scaffolder import git
from scaffolder.errors import GitFailed
from scaffolder.tree import File

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MODES = ("100644", "100755", "120000")  # a commit made by hand may have others


def list_files(folder: Path) -> tuple[str, ...]:
    """Return the paths of the files in `folder`, relative to it."""
    names = git.run(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=folder).decode()
    return tuple(name for name in names.split("\0") if name and os.path.lexists(folder / name))


def read_files(root: Path, below: Sequence[str]) -> dict[str, File]:
    """Return the files of the checkout at `root` that lie `below`, as `git add` would store them now.

    The checkout stays as it is: index and objects go to a temporary folder.
    """
    places = git.run(["rev-parse", "--git-path", "index", "--git-path", "objects"], cwd=root)
    index, objects = (root / path for path in places.decode().splitlines())
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        env = {
            "GIT_INDEX_FILE": str(Path(scratch, "index")),
            "GIT_OBJECT_DIRECTORY": str(Path(scratch, "objects")),
            # Quoted, or a colon in the path would end it.
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": json.dumps(objects.as_posix(), ensure_ascii=False),
        }
        Path(scratch, "objects").mkdir()
        if index.exists():
            shutil.copy2(index, env["GIT_INDEX_FILE"])  # spares hashing what did not change
        git.run(["add", "--all", "--", *below], cwd=root, env=env)
        listing = git.run(["ls-files", "-z", "--stage", "--", *below], cwd=root, env=env).decode()
        entries = [_parse_entry(line) for line in listing.split("\0") if line]
        blobs = _read_blobs([oid for _, oid, _ in entries], root, env)
    return {path: File(mode, blobs[oid]) for mode, oid, path in entries}


class Entry(NamedTuple):
    """A file of a commit, not read yet."""

    mode: str
    oid: str
    size: int
    path: str


def list_commit(repository: Path, revision: str, most_files: int) -> list[Entry]:
    """Return the files of a commit in a bare repository; one more than `most_files` if there are too many.

    Raises:
        GitFailed: it cannot be read.
    """
    args = ["ls-tree", "-r", "-l", "-z", "--full-tree", revision]
    rest = b""
    entries: list[Entry] = []
    with git.start(args, env={"GIT_DIR": str(repository)}) as process:
        output = process.stdout
        while output and len(entries) <= most_files and (chunk := output.read(1 << 16)):
            *lines, rest = (rest + chunk).split(b"\0")
            entries += [entry for line in lines if (entry := _parse_sized(line)) is not None]
        if len(entries) > most_files:  # folders within folders may list without an end
            process.kill()
            return entries[: most_files + 1]
    if process.returncode != 0:
        raise GitFailed("ls-tree", f"files of {revision} are missing")
    return entries


def read_entries(repository: Path, entries: Sequence[Entry]) -> dict[str, File]:
    """Return the files that `list_commit` found."""
    oids = list(dict.fromkeys(entry.oid for entry in entries))
    blobs = _read_blobs(oids, repository, {"GIT_DIR": "."}) if entries else {}
    return {entry.path: File(entry.mode, blobs[entry.oid]) for entry in entries}


def read_commit(repository: Path, revision: str) -> dict[str, File]:
    """Return the files of a commit in a bare repository; repositories in it (submodules) are left out."""
    env = {"GIT_DIR": "."}
    listing = git.run(["ls-tree", "-r", "-l", "-z", "--full-tree", revision], cwd=repository, env=env)
    found = (_parse_sized(line) for line in listing.split(b"\0")[:-1])
    return read_entries(repository, [entry for entry in found if entry is not None])


def _parse_sized(line: bytes) -> Entry | None:
    """Return the file of a line of `git ls-tree -l`, None for a repository in the repository."""
    head, _, path = line.decode(errors="surrogateescape").partition("\t")
    mode, kind, oid, size = head.split()
    if kind != "blob":
        return None
    if not size.isdigit():
        raise GitFailed("ls-tree", f"object {oid} is missing")
    return Entry(mode if mode in _MODES else "100644", oid, int(size), path)


def _parse_entry(line: str) -> tuple[str, str, str]:
    head, _, path = line.partition("\t")
    mode, oid, _ = head.split(" ")  # the last is the stage of a merge
    return mode, oid, path


def _read_blobs(oids: Sequence[str], root: Path, env: Mapping[str, str]) -> dict[str, bytes]:
    wanted = "".join(f"{oid}\n" for oid in oids).encode()
    answer = git.run(["cat-file", "--batch", "--buffer"], cwd=root, env=env, stdin=wanted)
    blobs: dict[str, bytes] = {}
    at = 0
    while at < len(answer):
        begin = answer.index(b"\n", at) + 1
        oid, *facts = answer[at:begin].decode().split(" ")  # "<id> blob <size>"
        if len(facts) != 2:
            raise GitFailed("cat-file", f"object {oid} is missing")
        size = facts[1]
        end = begin + int(size)
        blobs[oid] = answer[begin:end]
        at = end + 1
    return blobs
