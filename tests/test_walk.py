"""`tests/bench/walk.py`, which takes any template, on toy templates of both engines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import cookiecutter_templates, foreign_templates
from .conftest import git

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.skipif(os.name == "nt", reason="its paths and home are those of Unix")
WALK = Path(__file__).parent / "bench" / "walk.py"
LINES = [f"line_{number} = {number}\n" for number in range(30)]


def walk(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, WALK, *args]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def files(version: int) -> dict[str, str]:
    lines = [*LINES[:10], *(f"new_{number} = 0\n" for number in range(version)), *LINES[10:]]
    return {"app.py": "".join(lines), "README.md": "# A toy\n\nText.\n", "data.json": "{}\n"}


@pytest.fixture
def copier(home: Path, tmp_path: Path) -> Path:
    for version in (1, 2, 3):
        made = {**foreign_templates.PLAIN, **files(version)}
        foreign_templates.commit(tmp_path / "template", made, f"v{version}.0.0")
    return tmp_path / "template"


@pytest.fixture
def cookiecutter(home: Path, tmp_path: Path) -> Path:
    marker = tmp_path / "the-hook-has-run"
    hook: Mapping[str, str] = {"hooks/post_gen_project.py": f"open({str(marker)!r}, 'w').close()\n"}
    for version in (1, 2, 3):
        made = {**cookiecutter_templates.template({}, files(version)), **hook}
        cookiecutter_templates.commit(tmp_path / "template", made, f"v{version}.0.0")
    return tmp_path / "template"


def test_a_copier_template(copier: Path) -> None:
    done = walk(copier, "--versions", "1")
    assert done.returncode == 0, done.stderr
    header, _, row, last = (line.strip("| ").split(" | ") for line in done.stdout.splitlines())
    words = ("kept", "lost", "conflicts")
    tools = ("copier", "scaffolder")
    assert header == ["versions", "edits", *(f"{tool}: {word}" for tool in tools for word in words)]
    assert row[:2] == ["v2.0.0 → v3.0.0", "3"]  # app.py, README.md and hello.txt
    assert row[5:7] == ["3", "0"]
    assert last == ["sum", *row[1:]]


def test_a_cookiecutter_template_whose_hooks_do_not_run(cookiecutter: Path, tmp_path: Path) -> None:
    done = walk(cookiecutter, "--every", "2", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert "| cruft: kept |" in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[2].startswith("| v1.0.0 → v3.0.0 | 2 |")
    assert not (tmp_path / "the-hook-has-run").exists()


def test_what_cannot_be_walked_is_told_in_one_line(copier: Path, tmp_path: Path) -> None:
    (tmp_path / "file.bundle").write_text("no bundle")
    git("tag", "--delete", "v2.0.0", "v3.0.0", cwd=copier)
    for url, why in (
        ("file:///nowhere/template.git", "cannot be read"),
        ("/nowhere", "is not there"),
        (tmp_path / "file.bundle", "cannot be read"),
        ("https://ada:s3cret@example.org/x.git", "***@example.org"),
        (copier, "it has no two versions"),
    ):
        done = walk(url)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert why in done.stderr
        assert "s3cret" not in done.stderr
    done = walk(copier, "--versions", "0")
    assert done.returncode == 2
    assert "expected a number from 1 on, not '0'" in done.stderr
