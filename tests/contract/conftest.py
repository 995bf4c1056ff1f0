"""Fixtures of the contract: projects rendered once a session, a clone of this work tree for plain copier."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder import create

from .cases import Case, all_cases, cases
from .tools import REPOSITORY, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY_TEMPLATE = sorted(
    folder.parent.name for folder in TEMPLATES.glob("*/project") if folder.parent.name != "_shared"
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A project on disk, made by `scaffolder new` without a terminal."""

    case: Case
    path: Path
    version: str
    names: tuple[str, ...]  # of its files when it was made: tools leave caches there later

    def files(self, *patterns: str) -> list[Path]:
        """Return its files, relative: all of them, or those whose path matches one of `patterns`."""
        paths = map(Path, self.names)
        return [path for path in paths if not patterns or any(path.match(pattern) for pattern in patterns)]

    def text(self, path: Path | str) -> str:
        """Return the text of one of its files."""
        return (self.path / path).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make the home of somebody who has git and nothing else, for the whole session; return its path."""
    home = tmp_path_factory.mktemp("home-of-a-person")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = A Person\n\temail = person@example.org\n", encoding="utf-8"
    )
    return home


@pytest.fixture(scope="session")
def renderer(person: Path, tmp_path_factory: pytest.TempPathFactory):
    """Return a function that renders a case, each case once."""
    done: dict[str, Rendered] = {}

    def render(case: Case) -> Rendered:
        if str(case) not in done:
            dest = tmp_path_factory.mktemp("rendered") / case.template
            with pytest.MonkeyPatch.context() as patch:
                for variable in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"):
                    patch.setenv(variable, str(person))
                patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
                patch.delenv("GIT_CONFIG_GLOBAL", raising=False)
                made = create.new_project(case.template, dest, answers=case.answers, ask=False)
            done[str(case)] = Rendered(case, dest, made.version, made.files)
        return done[str(case)]

    return render


@pytest.fixture(scope="session", params=all_cases(), ids=str)
def project(request: pytest.FixtureRequest, renderer) -> Rendered:
    """Return one rendered project after the other: every template, every option set."""
    return renderer(request.param)


@pytest.fixture(scope="session", params=EVERY_TEMPLATE)
def template(request: pytest.FixtureRequest) -> str:
    """Return one template's name after the other."""
    return request.param


@pytest.fixture(scope="session")
def default_project(template: str, renderer) -> Rendered:
    """Return the project that a template makes when every question is answered by its default."""
    return renderer(cases(template)[0])


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a git repository with the files of this work tree that copier reads, committed or not."""
    listing = [
        "git",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "copier.yml",
        "templates",
    ]
    names = (
        subprocess.run(listing, cwd=REPOSITORY, capture_output=True, check=True).stdout.decode().split("\0")
    )
    target = tmp_path_factory.mktemp("clone")
    for name in filter(None, names):
        source = REPOSITORY / name
        if source.is_symlink() or source.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (
        ["init", "--quiet"],
        ["add", "--all"],
        [*identity, "commit", "--quiet", "--message", "all"],
    ):
        subprocess.run(["git", *arguments], cwd=target, check=True)
    return target
