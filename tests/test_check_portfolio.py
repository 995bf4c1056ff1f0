"""A repository as the rules see it: what it has, and that nothing in it can raise or lead outside."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.check import portfolio as portfolios
from scaffolder.check.portfolio import Portfolio, sections

from .check_samples import HOSTILE, make_repository
from .check_verdicts import verdicts

if TYPE_CHECKING:
    from pathlib import Path

links = pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")


def titles(text: str) -> list[tuple[str, int, int]]:
    return [(one.title, one.level, one.line) for one in sections(text)]


# ---- files


def test_without_git_environments_and_caches_are_left_out(tmp_path: Path) -> None:
    kept = ["a.py", "src/b.py", ".github/workflows/ci.yml", ".gitignore", "ü/c d.py"]
    left = [".venv/x.py", "node_modules/x.js", "a/__pycache__/x.pyc", "build/x", ".cache/x"]
    portfolio = Portfolio(make_repository(tmp_path / "p", dict.fromkeys([*kept, *left], "x")))
    assert portfolio.files == tuple(sorted(kept))
    assert not portfolio.is_in_git


def test_with_git_what_it_ignores_is_left_out(home: Path, tmp_path: Path) -> None:
    repository = make_repository(
        tmp_path / "p", {".gitignore": "/models/\n", "models/m": "x", "build/x": "x"}
    )
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    portfolio = Portfolio(repository)
    assert portfolio.files == (".gitignore", "build/x")
    assert portfolio.is_in_git
    assert portfolio.has("build/x")
    assert not portfolio.has("models/m")
    assert portfolio.size("models/m") == 1  # one may look at it all the same


def test_a_folder_inside_of_a_repository_has_only_its_own_files(home: Path, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"a/b.py": "x", "c.py": "x"})
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    assert Portfolio(repository / "a").files == ("b.py",)


def test_very_many_files_are_not_listed_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portfolios, "MOST_FILES", 10)
    files = {f"{folder}/{name}": "x" for folder in range(20) for name in range(2)}
    assert len(Portfolio(make_repository(tmp_path / "p", files)).files) <= 11


@pytest.mark.parametrize(
    ("content", "trouble"), [(b"\xff", "not UTF-8 text"), (b"x" * 3_000_000, "larger than 2 MB")]
)
def test_a_text_that_is_none_says_why(tmp_path: Path, content: bytes, trouble: str) -> None:
    repository = make_repository(tmp_path / "p", {"x": ""})
    (repository / "a.md").write_bytes(content)
    portfolio = Portfolio(repository)
    assert portfolio.text("a.md") is None
    assert portfolio.trouble["a.md"] == trouble


@pytest.mark.parametrize(
    "path", ["nothing.md", "", ".", "x/y", "../out.md", "/etc/passwd", "a\0b", "x" * 5000]
)
def test_a_path_to_nothing_has_no_text(tmp_path: Path, path: str) -> None:
    (tmp_path / "out.md").write_text("outside")
    portfolio = Portfolio(make_repository(tmp_path / "p", {"x": "inside"}))
    assert portfolio.text(path) is None
    assert portfolio.size(path) is None
    assert portfolio.begin(path, 3) == b""


@links
def test_links_are_followed_inside_only(tmp_path: Path) -> None:
    (tmp_path / "out.md").write_text("outside")
    repository = make_repository(tmp_path / "p", {"a.md": "inside"})
    (repository / "in.md").symlink_to("a.md")
    (repository / "out.md").symlink_to(tmp_path / "out.md")
    (repository / "loop.md").symlink_to("loop.md")
    (repository / "folder").symlink_to(tmp_path, target_is_directory=True)
    portfolio = Portfolio(repository)
    assert portfolio.text("in.md") == "inside"
    for path in ("out.md", "loop.md", "folder/out.md"):
        assert portfolio.text(path) is None
        assert portfolio.begin(path, 3) == b""
        assert portfolio.size(path) is None
    assert portfolio.trouble["out.md"] == "a link that leads out of the repository"


@links
def test_a_repository_may_be_reached_through_a_link(tmp_path: Path) -> None:
    make_repository(tmp_path / "p", {"README.md": "# P"})
    (tmp_path / "link").symlink_to(tmp_path / "p")
    assert Portfolio(tmp_path / "link").text("README.md") == "# P"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"x": ""})
    os.mkfifo(repository / "README.md")
    assert Portfolio(repository).readme is None


# ---- README


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# A\n\n### B\n\n## C ##\n", [("A", 1, 1), ("B", 3, 3), ("C", 2, 5)]),
        ("A\n=\n\nB\n---\n", [("A", 1, 1), ("B", 2, 4)]),
        ("one\ntwo\n---\n", []),
        ("---\ntitle: x\n---\n# A\n", [("A", 1, 4)]),
        ("- a\n---\n| a |\n---\n", []),
        ("```\n# a\n```\n~~~~\n# b\n```\n~~~\n~~~~\n# C\n", [("C", 1, 9)]),
        ('<h1 align="center">A <b>B</b></h1>\n', [("A B", 1, 1)]),
        ("# C#\n#no\n####### no\n    # no\n", [("C#", 1, 1)]),
        ("#\n", []),
        ("", []),
    ],
)
def test_headings(text: str, found: list[tuple[str, int, int]]) -> None:
    assert titles(text) == found


def test_a_section_ends_at_the_next_heading_of_its_level() -> None:
    found = {one.title: one.text for one in sections("# A\na\n## B\nb\n### C\nc\n## D\nd\n")}
    assert found == {"A": "a\n## B\nb\n### C\nc\n## D\nd", "B": "b\n### C\nc", "C": "c", "D": "d"}


@pytest.mark.parametrize(
    "text", ["# a\n" * 400_000, "#" + " " * 1_000_000 + "x", "```\n" * 400_000, "-\n" * 400_000]
)
def test_a_text_of_headings_only_takes_no_time(text: str) -> None:
    assert len(sections(text)) <= portfolios.MOST_HEADINGS


# ---- Python, TOML, YAML


def test_what_pytest_collects(tmp_path: Path) -> None:
    text = (
        "def test_a(): pass\nasync def test_b(): pass\ndef helper(): pass\n"
        "class TestC:\n    def test_d(self): pass\n    def other(self): pass\n"
        "class Cases(unittest.TestCase):\n    def test_e(self): pass\n"
        "class Other:\n    def test_f(self): pass\n"
    )
    portfolio = Portfolio(make_repository(tmp_path / "p", {"tests/test_x.py": text, "tests/x.py": text}))
    assert [one.name for one in portfolio.tests] == ["test_a", "test_b", "test_d", "test_e"]


@pytest.mark.parametrize("text", ["def (", "\0", "(" * 100_000, "a" * 10 + "\udcff"])
def test_python_that_is_none_has_no_tree(tmp_path: Path, text: str) -> None:
    repository = make_repository(tmp_path / "p", {"x": ""})
    (repository / "a.py").write_bytes(text.encode(errors="surrogateescape"))
    portfolio = Portfolio(repository)
    assert portfolio.tree("a.py") is None
    assert portfolio.trouble["a.py"]


@pytest.mark.parametrize("text", ["a = ", "a = [" * 5_000, "a = " + "9" * 5_000, "\udcff", "a = 1\na = 2"])
def test_toml_that_is_none_is_empty(tmp_path: Path, text: str) -> None:
    repository = make_repository(tmp_path / "p", {"x": ""})
    (repository / "portfolio.toml").write_bytes(text.encode(errors="surrogateescape"))
    portfolio = Portfolio(repository)
    assert portfolio.facts == {}
    assert portfolio.trouble["portfolio.toml"]


@pytest.mark.parametrize(
    "text",
    ["a: [", "!!timestamp x", "!!int ''", "!!bool x", "[" * 5_000, "? {a: 1}\n: 2", "!!python/name:os"],
)
def test_yaml_that_is_none_is_nothing(tmp_path: Path, text: str) -> None:
    portfolio = Portfolio(make_repository(tmp_path / "p", {"a.yml": text}))
    assert portfolio.yaml("a.yml") is None
    assert portfolio.trouble["a.yml"].startswith("no YAML: ")


# ---- its origin


def test_a_repository_of_another_origin_has_no_record(tmp_path: Path) -> None:
    portfolio = Portfolio(make_repository(tmp_path / "p"))
    assert portfolio.record is None
    assert portfolio.made is None


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "_src_path: 3\n",
        "<<<<<<< a\n",
        "[" * 5_000,
        "_src_path: https://example.org/t.git\n_commit: v1\n",
    ],
)
def test_a_record_that_says_nothing_makes_nothing(tmp_path: Path, text: str) -> None:
    portfolio = Portfolio(make_repository(tmp_path / "p", {".copier-answers.yml": text}))
    assert portfolio.made is None


def test_rules_share_one_portfolio(tmp_path: Path) -> None:
    portfolio = Portfolio(make_repository(tmp_path / "p"))
    assert copy.deepcopy({"portfolio": portfolio})["portfolio"] is portfolio


def test_hostile_content_of_every_file_ends_in_verdicts(tmp_path: Path) -> None:
    found = verdicts(make_repository(tmp_path / "p", HOSTILE))
    assert found["EV106"].result is False
    assert all(
        "<script>" not in one.text.replace("`", "\0").split("\0")[0]
        for one in found.values()
        if one.result is False
    )
