"""Opening a generated project."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaffolder.errors import NotAProject
from scaffolder.project import Project, open_project

FACTS = 'template = "toy"\npackage = "toy"\ntitle = "A toy"\n'


def test_a_project_is_what_its_portfolio_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "portfolio.toml").write_text(FACTS)
    monkeypatch.chdir(tmp_path)
    assert open_project(Path()) == Project(Path.cwd(), "toy", "toy", "A toy")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "it has no portfolio.toml", id="none"),
        pytest.param(b"template = ", "its portfolio.toml cannot be read: Invalid value", id="syntax"),
        pytest.param(b"\xff", "its portfolio.toml cannot be read: .* decode", id="bytes"),
        pytest.param(b'template = "toy"\n', "its portfolio.toml has no 'package'", id="key"),
        pytest.param(
            FACTS.replace('"toy"', '"-m x"').encode(), "its package '-m x' is no Python name", id="name"
        ),
        pytest.param(FACTS.replace('"toy"', "3").encode(), "its package 3 is no Python name", id="type"),
    ],
)
def test_anything_else_is_no_project(content: bytes | None, words: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "portfolio.toml").write_bytes(content)
    with pytest.raises(NotAProject, match=f"is not a generated project: {words}"):
        open_project(tmp_path)


def test_a_file_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotAProject, match=r"it has no portfolio.toml"):
        open_project(tmp_path / "file")
