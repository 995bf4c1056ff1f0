"""The files of a git checkout, tracked or not, but never ignored ones; and those of a commit."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import git
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


def read_commit(repository: Path, revision: str) -> dict[str, File]:
    """Return the files of a commit in a bare repository; repositories in it (submodules) are left out."""
    env = {"GIT_DIR": "."}
    listing = git.run(["ls-tree", "-r", "-z", "--full-tree", revision], cwd=repository, env=env)
    entries = []
    for line in listing.decode(errors="surrogateescape").split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, kind, oid = head.split()
        if kind == "blob":
            entries.append((mode if mode in _MODES else "100644", oid, path))
    blobs = _read_blobs([oid for _, oid, _ in entries], repository, env) if entries else {}
    return {path: File(mode, blobs[oid]) for mode, oid, path in entries}


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
        oid, _, size = answer[at:begin].decode().split(" ")  # "<id> blob <size>"
        end = begin + int(size)
        blobs[oid] = answer[begin:end]
        at = end + 1
    return blobs
