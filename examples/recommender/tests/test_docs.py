"""The chapter on the formulas: each name that it links is in the file that it links to."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from projects import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHAPTER = ROOT / "docs" / "from-scratch.md"
LINKS = re.findall(r"\[`([\w.]+)`\]\(([^)\s]+)\)", CHAPTER.read_text(encoding="utf-8"))


@cache
def names(path: Path) -> frozenset[str]:
    """Return what a module defines: `function`, `Class`, `Class.method`."""

    def found(nodes: list[ast.stmt], within: str = "") -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield within + node.name
            if isinstance(node, ast.ClassDef):
                yield from found(node.body, f"{node.name}.")

    return frozenset(found(ast.parse(path.read_text(encoding="utf-8")).body))


@pytest.mark.parametrize(("name", "target"), LINKS, ids=[name for name, _ in LINKS])
def test_a_linked_name_is_where_the_link_leads(name: str, target: str) -> None:
    path = (CHAPTER.parent / target).resolve()
    assert path.is_relative_to(ROOT / "src")
    assert name in names(path)


def test_every_link_of_the_chapter_is_one_of_these() -> None:
    assert CHAPTER.read_text(encoding="utf-8").count("](") == len(LINKS)


@pytest.mark.parametrize(
    "model", ["knn.py", "mf.py", "als.py", "ease.py", "popularity.py", "judge.py", "split.py"]
)
def test_no_model_is_left_out(model: str) -> None:
    assert any(target.endswith(f"/model/{model}") for _, target in LINKS)


@pytest.mark.parametrize("name", ["data/README.md", "DECISIONS.md"])
def test_files_that_the_texts_name_are_there(name: str) -> None:
    for path in re.findall(r"`((?:src|tests)/[\w/.-]+)`", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), path
