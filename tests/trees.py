"""Comparing two folders so that a failing test says where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Tree = dict[str, tuple[bool, bytes]]


def read_tree(folder: Path) -> Tree:
    """Return whether each file is executable, and its content; without the repository in `.git`."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: (bool(path.stat().st_mode & 0o111), path.read_bytes())
        for name, path in found.items()
        if not name.startswith(".git/")
    }


def differences(one: Tree, other: Tree) -> list[str]:
    """Return a line for each path that is not the same in both."""
    return [
        f"{path}: {one.get(path)!r:.200} / {other.get(path)!r:.200}"
        for path in sorted(one.keys() | other.keys())
        if one.get(path) != other.get(path)
    ]
