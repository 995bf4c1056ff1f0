"""A machine of one's own for a test: a home with a name for git, and a checkout of toy templates."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from scaffolder import checkout, history, places

TOYS = Path(__file__).parent / "data" / "toy-templates"


def git(*args: str, cwd: Path) -> str:
    return subprocess.run(["git", *args], cwd=cwd, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder whose git configuration names Ada; nothing of the real machine's is seen."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / ".gitconfig").write_text("[user]\n\tname = Ada Example\n\temail = ada@example.org\n")
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_", "COPIER_"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return folder


@pytest.fixture
def toys(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed checkout of toy templates, which the scaffolder takes for its own. Nothing is released."""
    folder = tmp_path / "checkout"
    shutil.copytree(TOYS, folder, symlinks=True)
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "-m", "Toys", cwd=folder)
    monkeypatch.setattr(places, "home", lambda: folder)
    monkeypatch.setattr(places, "stream", lambda: tmp_path / "history.stream")
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    return folder


@pytest.fixture
def released(toys: Path) -> Path:
    """The same, with what is committed released as 0.1.0 and tagged."""
    history.add("0.1.0", checkout.read_files(toys, places.ROOTS), date(2026, 1, 2))
    git("tag", "v0.1.0", cwd=toys)
    return toys
