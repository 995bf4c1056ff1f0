"""Projects of the toy template, and a second release of it, for tests of what happens to them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from scaffolder import checkout, history, places
from scaffolder.create import new_project

from .conftest import git

if TYPE_CHECKING:
    from pathlib import Path

CHANGELOG = """\
# Changelog

## 0.2.0

- toy: says hello,
  twice.
- other: nothing to see here.
- A new command.

## 0.1.0

- toy: first version.
"""


def make_project(path: Path, version: str = "0.1.0") -> Path:
    """Return a new toy project with default answers, in a repository of its own with one commit."""
    new_project("toy", path, answers={}, ask=False, git=True, version=version)
    return path


def release_second(checkout_of_toys: Path) -> None:
    """Release 0.2.0: a changed text, a changed script, a new file, a file less and one more question."""
    template = checkout_of_toys / "templates" / "toy"
    project = template / "project"
    readme = project / "README.md.jinja"
    readme.write_text(readme.read_text() + "\nHello {{ greeting }}.\n")
    (project / "run.sh").write_text("#!/bin/sh\necho hello\n")
    (project / "new.txt").write_text("new\n")
    (project / "web" / "a page.html").unlink()
    questions = template / "questions.yml"
    question = "greeting:\n  type: str\n  default: World\n  when: \"{{ template == 'toy' }}\"\n\n"
    questions.write_text(question + questions.read_text())
    (checkout_of_toys / "CHANGELOG.md").write_text(CHANGELOG)
    history.add("0.2.0", checkout.read_files(checkout_of_toys, places.ROOTS), date(2026, 2, 3))


def commit(path: Path, files: dict[str, str]) -> None:
    """Write `files` into the project and commit them."""
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    git("add", "--all", cwd=path)
    git("commit", "--quiet", "-m", "Mine", cwd=path)


def staged_tree(path: Path) -> str:
    """Return the id of the tree that `git commit` would commit now."""
    return git("write-tree", cwd=path).strip()
