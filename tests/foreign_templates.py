"""Copier templates of others in git repositories on disk, for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from .conftest import git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANSWERS = {"{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}"}
PLAIN = {
    "copier.yml": "name:\n  type: str\n  default: World\n",
    "hello.txt.jinja": "Hello {{ name }}\n",
    **ANSWERS,
}


class Link(str):
    """The target of a symbolic link."""

    __slots__ = ()


def commit(folder: Path, files: Mapping[str, str | bytes], tag: str | None = None) -> None:
    """Make `files`, and nothing else, the next commit of the repository at `folder`, which is made."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", "--initial-branch=main", cwd=folder)
    for entry in folder.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            if name.endswith((".sh", ".sh.jinja")):
                path.chmod(0o755)
    git("add", "--all", "--force", cwd=folder)
    git("commit", "--quiet", "--allow-empty", "-m", f"Commit {tag}", cwd=folder)
    if tag:
        git("tag", tag, cwd=folder)


def copier_copy(source: Path, into: Path, *args: str) -> None:
    """Run plain copier, with git's file protocol as it comes."""
    cache = into.parent / "cache-of-copier"
    command = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", *args, str(source), str(into)]
    subprocess.run(command, check=True, env={**os.environ, "COPIER_CACHE_DIR": str(cache)})
