"""Plain copier and the scaffolder update the same projects, with the same result.

The template's repository is served by a git server on this machine. A rule in the user's git configuration
leads there from the address that every project records; plain copier honours it because it calls git.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from datetime import date
from typing import TYPE_CHECKING

import pytest

from scaffolder import checkout, history, places
from scaffolder.create import new_project
from scaffolder.engine.source import own_url
from scaffolder.probe import free_port
from scaffolder.project import read_record
from scaffolder.update import Wish, update_project

from .conftest import git
from .trees import read_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

DAEMON = shutil.which("git-daemon", path=subprocess.check_output(["git", "--exec-path"], text=True).strip())

pytestmark = pytest.mark.skipif(DAEMON is None, reason="this git has no `git daemon`")

ANSWERS = {"author_name": "Ada Example", "licence": "Apache-2.0", "workers": 5}
PROJECT = "templates/toy/project"
NEXT: Mapping[str, str | None] = {  # what 0.2.0 changes: edits, a new file, one gone, a new question
    "templates/_shared/shared.sh": "#!/bin/sh\necho shared by all\n",
    f"{PROJECT}/run.sh": "#!/bin/sh\n# Runs it.\necho own\n",
    f"{PROJECT}/docs/new.md.jinja": "# {{ project_name }}, {{ colour }}\n",
    f"{PROJECT}/web/a page.html": None,
    "templates/toy/questions.yml": """\
colour:
  type: str
  help: Which colour?
  default: green
  when: "{{ template == 'toy' }}"

""",
}
LAST: Mapping[str, str | None] = {
    f"{PROJECT}/docs/new.md.jinja": "# {{ project_name }} is {{ colour }}\n",
    f"{PROJECT}/docs/newer.md": "newer\n",
}
EDITS = {
    "README.md": ("# Toy\n", "# Toy\n\nMy own words.\n"),
    "src/toy/part.py": ("NUMBER = 7\n", "NUMBER = 7\nMINE = 8\n"),
    "src/toy/mine.py": ("", "ALSO_MINE = 9\n"),
}


@pytest.fixture
def server(released: Path, home: Path, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """A git server, to which the recorded address leads. Calling it puts all releases there."""
    base, port = tmp_path / "served", free_port()
    base.mkdir()
    command = [str(DAEMON), "--listen=127.0.0.1", f"--port={port}", "--reuseaddr", "--export-all"]
    daemon = subprocess.Popen(
        [*command, f"--base-path={base}", str(base)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with (home / ".gitconfig").open("a") as config:
        config.write(f'[url "git://127.0.0.1:{port}/scaffolder.git"]\n\tinsteadOf = {own_url()}\n')

    def publish() -> None:
        shutil.rmtree(base / "scaffolder.git", ignore_errors=True)
        shutil.copytree(history.store(), base / "scaffolder.git")

    try:
        _wait_for(port)
        publish()
        yield publish
    finally:
        daemon.terminate()
        daemon.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the git server does not answer")


def release(toys: Path, version: str, changes: Mapping[str, str | None]) -> None:
    """Change the templates and release them. Questions are added before those that are there."""
    for name, text in changes.items():
        path = toys / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        elif path.name == "questions.yml":
            path.write_text(text + path.read_text())
        else:
            path.write_text(text)
    git("add", "--all", cwd=toys)
    git("commit", "--quiet", "-m", version, cwd=toys)
    history.add(version, checkout.read_files(toys, places.ROOTS), date(2026, 2, 3))


def copier(*args: str, cwd: Path) -> None:
    """Run copier's own command line."""
    done = subprocess.run(
        [sys.executable, "-m", "copier", *args], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def by_copier(project: Path) -> None:
    copier("update", "--quiet", "--defaults", cwd=project)
    keep(project)


def by_us(project: Path) -> None:
    assert update_project(project, Wish()).state == "updated"
    keep(project)


def keep(project: Path) -> None:
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "-m", "Update", cwd=project)


def edit(project: Path) -> None:
    """Do what an owner does, here where the template does not change the same lines."""
    for name, (old, new) in EDITS.items():
        path = project / name
        text = path.read_text() if path.exists() else ""
        assert old in text
        path.write_text(text.replace(old, new) if old else new)
    keep(project)


def made_by_us(path: Path) -> Path:
    new_project("toy", path, answers=ANSWERS, ask=False)
    return path


def made_by_copier(path: Path) -> Path:
    given = [part for key, value in ANSWERS.items() for part in ("-d", f"{key}={value}")]
    path.parent.mkdir()
    copier(
        "copy", "--quiet", "--defaults", "-d", "template=toy", *given, own_url(), str(path), cwd=path.parent
    )
    git("init", "--quiet", "--initial-branch=main", cwd=path)
    keep(path)
    return path


def facts(project: Path) -> dict[str, object]:
    """What is committed there, and that nothing else lies about."""
    assert git("status", "--porcelain", "--ignored", cwd=project) == ""
    return dict(read_tree(project))


HANDS = {"copier": by_copier, "us": by_us}


@pytest.mark.parametrize(
    ("maker", "first", "second"),
    [
        pytest.param(made_by_us, "copier", "copier", id="us-copier-copier"),
        pytest.param(made_by_us, "copier", "us", id="us-copier-us"),
        pytest.param(made_by_us, "us", "copier", id="us-us-copier"),
        pytest.param(made_by_copier, "copier", "us", id="copier-copier-us"),
        pytest.param(made_by_copier, "us", "us", id="copier-us-us"),
    ],
)
def test_whoever_generates_and_updates_the_result_is_the_same(
    released: Path,
    server: Callable[[], None],
    tmp_path: Path,
    *,
    maker: Callable[[Path], Path],
    first: str,
    second: str,
) -> None:
    one, other = made_by_us(tmp_path / "toy"), maker(tmp_path / "shared" / "toy")
    edit(one)
    edit(other)
    for version, changes, hand in (("0.2.0", NEXT, first), ("0.3.0", LAST, second)):
        release(released, version, changes)
        server()
        by_us(one)
        HANDS[hand](other)
        assert read_record(other).commit == f"v{version}"
        assert facts(other) == facts(one)
    assert (other / "docs" / "new.md").read_text() == "# Toy is green\n"
    assert "My own words." in (other / "README.md").read_text()


def test_plain_copier_updates_across_two_versions(
    released: Path, server: Callable[[], None], tmp_path: Path
) -> None:
    project = made_by_us(tmp_path / "toy")
    edit(project)
    release(released, "0.2.0", NEXT)
    release(released, "0.3.0", LAST)
    server()
    by_copier(project)
    assert read_record(project).commit == "v0.3.0"
    assert (project / "docs" / "newer.md").exists()
    assert not (project / "web").exists()
    assert "MINE" in (project / "src" / "toy" / "part.py").read_text()
