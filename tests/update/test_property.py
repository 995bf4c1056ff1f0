"""Whatever both did: the owner's lines are there, and files that they did not touch are the template's."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffolder.answers import Answers
from scaffolder.engine import apply
from scaffolder.engine.render import Rendered
from scaffolder.engine.rules import propose
from scaffolder.repository import open_repository
from scaffolder.tree import File

from .cases import commit_all, files_of, git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scaffolder.engine.rules import Proposal

NAMES = ("a.txt", "b", "sub", "sub/a.txt", "sub/deep/c.txt", "größe.txt", 'with "quotes" and spaces.txt')
Tree = dict[str, tuple[str, ...]]  # lines by path


def _fits(tree: Tree, name: str) -> bool:
    """Return True when the name takes the place of no folder and of no file of the tree."""
    return not any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in tree)


@st.composite
def _edited(draw: st.DrawFn, tree: Tree, who: str) -> Tree:
    """Return a later state of a tree. Lines that are new say who wrote them, and are found nowhere else."""
    result = dict(tree)
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(("edit", "edit", "edit", "add", "delete", "rename")))
        if kind == "add":
            name = draw(st.sampled_from(NAMES))
            if name not in result and _fits(result, name):
                result[name] = tuple(f"{who} {number}.{line}" for line in range(draw(st.integers(0, 3))))
        elif result:
            name = draw(st.sampled_from(sorted(result)))
            lines = result[name]
            if kind == "edit":
                at, end = sorted((draw(st.integers(0, len(lines))), draw(st.integers(0, len(lines)))))
                end = min(end, at + 2)
                new = tuple(f"{who} {number}.{line}" for line in range(draw(st.integers(0, 2))))
                result[name] = (*lines[:at], *new, *lines[end:])
            else:
                del result[name]
            other = draw(st.sampled_from(NAMES))
            if kind == "rename" and other not in result and _fits(result, other):
                result[other] = lines
    return result


@st.composite
def histories(draw: st.DrawFn) -> tuple[Tree, Tree, Tree, Tree]:
    """Return what the template was and became, the owner's files, and files that git does not know."""
    base: Tree = {}
    for number, name in enumerate(draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))):
        if _fits(base, name):
            base[name] = tuple(f"line {number}.{line}" for line in range(draw(st.integers(0, 9))))
    theirs, mine = draw(_edited(base, "template")), draw(_edited(base, "mine"))
    untracked: Tree = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=1)):
        if name not in mine and _fits(mine, name):
            untracked[name] = ("untracked",)
    return base, theirs, mine, untracked


def _content(lines: tuple[str, ...]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _rendered(tree: Tree) -> Rendered:
    files = {name: File("100644", _content(lines)) for name, lines in tree.items()}
    return Rendered(files=files, answers=Answers("toy", {}), answers_file="", skip_if_exists=frozenset())


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository without a commit."""
    folder = tmp_path_factory.mktemp("property") / "project"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        patch.setenv("HOME", str(folder.parent))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        (folder.parent / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
        subprocess.run(["git", "init", "--quiet", "--template=", str(folder)], check=True)
        yield folder


def _updated(empty: Path, base: Tree, theirs: Tree, mine: Tree, untracked: Tree) -> tuple[Path, Proposal]:
    project = empty.parent / "now"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(empty, project)
    _write(project, mine)
    commit_all(project, "Mine")
    _write(project, untracked)
    repository = open_repository(project)
    found = apply.look(repository, repository.index)
    with apply.locked(repository):
        proposal = propose(repository, repository.index, _rendered(base), _rendered(theirs), name="template")
        apply.apply(repository, proposal.change, found)
    return project, proposal


def _write(project: Path, tree: Tree) -> None:
    for name, lines in tree.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(_content(lines))


def _check(empty: Path, history: tuple[Tree, Tree, Tree, Tree]) -> None:
    base, theirs, mine, untracked = history
    project, proposal = _updated(empty, *history)
    found = {name: content for name, (content, _) in files_of(project).items()}
    everything = b"".join(found.values()).decode().splitlines()
    for lines in mine.values():
        assert {line for line in lines if line.startswith("mine")} <= set(everything)
    for name, lines in untracked.items():
        assert found[name] == _content(lines)
    is_followed = any(  # git may see a rename, and carry the other side's change into the new name
        name not in mine or (name not in theirs and mine[name] != lines) for name, lines in base.items()
    )
    for name in base.keys() & mine.keys():
        if mine[name] == base[name] and name not in dict(proposal.beside):
            assert found.get(name) == (_content(theirs[name]) if name in theirs else None)
    for name, lines in theirs.items():
        is_free = name not in untracked and _fits(untracked, name) and name not in mine and _fits(mine, name)
        if name not in base and is_free:
            new = {line for line in lines if line.startswith("template")}
            assert new <= set(everything) or name in proposal.kept_deleted
            assert is_followed or found[name] == _content(lines)
    for name, lines in mine.items():
        if name not in base and name not in theirs and not is_followed and _fits(theirs, name):
            assert found[name] == _content(lines)
    _check_index(project, proposal)


def _check_index(project: Path, proposal: Proposal) -> None:
    """The index has each conflict, and otherwise what lies on the disk."""
    unmerged = git("ls-files", "-z", "--unmerged", cwd=project).decode().split("\0")
    assert {line.partition("\t")[2] for line in unmerged if line} == set(proposal.kinds)
    changed = git("diff", "-z", "--name-only", cwd=project).decode().split("\0")
    assert {name for name in changed if name} <= set(proposal.kinds)


COMMON = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)


@settings(COMMON, max_examples=60)
@given(history=histories())
def test_no_line_of_the_owner_is_lost(empty: Path, history: tuple[Tree, Tree, Tree, Tree]) -> None:
    _check(empty, history)


@pytest.mark.slow
@settings(COMMON, max_examples=2000)
@given(history=histories())
def test_no_line_of_the_owner_is_lost_in_two_thousand_histories(
    empty: Path, history: tuple[Tree, Tree, Tree, Tree]
) -> None:
    _check(empty, history)
