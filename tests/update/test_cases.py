"""None of the ordinary cases loses work, and none hides what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder.create import new_project
from scaffolder.engine.trust import Trust
from scaffolder.errors import ScaffolderError
from scaffolder.update import Wish, update_project

from . import cases
from .cases import CASES, Case

if TYPE_CHECKING:
    from pathlib import Path


def test_there_are_twenty_four() -> None:
    assert len({case.name for case in CASES}) == 24


@pytest.fixture
def project(case: Case, home: Path, tmp_path: Path) -> Path:
    cases.write_copier_template(tmp_path / "template", case)
    path = tmp_path / "project"
    new_project(str(tmp_path / "template"), path, answers={}, ask=False, git=True, version="v1.0.0")
    cases.play_owner(case, path)
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_lost_and_nothing_is_hidden(case: Case, project: Path) -> None:
    before = cases.files_of(project)
    if case.is_refused:
        with pytest.raises(ScaffolderError, match="migration 'false' failed"):
            update_project(project, Wish(trust=Trust(is_given=True)))
        assert cases.files_of(project) == before
        return
    planned = update_project(project, Wish(dry_run=True))
    assert cases.files_of(project) == before
    outcome = update_project(project, Wish())
    verdict = cases.judge(case, project)
    assert (verdict.lost, verdict.missing, verdict.reappeared, verdict.rejected) == ((), (), (), ())
    assert {conflict.path: conflict.kind for conflict in outcome.conflicts} == case.conflicts
    assert verdict.marked == tuple(sorted(case.conflicts))
    assert outcome.kept_deleted == case.kept_deleted
    assert outcome.kept_yours == case.kept_yours
    assert outcome.beside == case.beside
    assert planned.conflicts == outcome.conflicts
    assert (planned.added, planned.changed, planned.removed, planned.beside) == (
        *(outcome.added, outcome.changed, outcome.removed),
        outcome.beside,
    )


@pytest.mark.parametrize("case", [case for case in CASES if not case.is_refused], ids=lambda case: case.name)
def test_git_can_take_it_all_back(case: Case, project: Path) -> None:
    before = cases.files_of(project)
    update_project(project, Wish())
    cases.git("restore", "--source=HEAD", "--staged", "--worktree", "--", ".", cwd=project)
    beside = {name for _, name in case.beside}  # git does not hear of these
    left = {name: kept for name, kept in cases.files_of(project).items() if name not in beside}
    assert left.keys() == before.keys()
    for name, (content, is_executable) in before.items():  # a checkout is where eol=crlf begins to act
        assert left[name] in ((content, is_executable), (content.replace(b"\n", b"\r\n"), is_executable))
    assert cases.git("status", "--porcelain", cwd=project).decode().split() == [
        word for name in sorted(beside) for word in ("??", name)
    ]
