"""None of the ordinary cases loses work in a project of a cookiecutter template, and none hides anything."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from scaffolder import places
from scaffolder.create import new_project
from scaffolder.engine.trust import Trust
from scaffolder.errors import ScaffolderError
from scaffolder.update import Wish, update_project

from . import cases
from .cases import CASES, Case
from .cookiecutter_cases import HOOK_CASE, SKIP_CASE, SKIPPED, skip, write_cookiecutter_template

if TYPE_CHECKING:
    from pathlib import Path

TRUSTED = Wish(trust=Trust(is_given=True))


@pytest.fixture(autouse=True)
def machine(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    (home / "cookiecutter.yml").write_text("default_context: {}\n")
    monkeypatch.setenv("COOKIECUTTER_CONFIG", str(home / "cookiecutter.yml"))


@pytest.fixture
def project(case: Case, tmp_path: Path) -> Path:
    write_cookiecutter_template(tmp_path / "template", case)
    path = tmp_path / "project"
    new_project(str(tmp_path / "template"), path, answers={}, ask=False, version="v1.0.0")
    if case is SKIP_CASE:
        skip(path)
    cases.play_owner(case, path)
    return path


@pytest.fixture
def project_of_cruft(case: Case, tmp_path: Path) -> Path:
    import cruft

    write_cookiecutter_template(tmp_path / "template", case)
    path: Path = cruft.create(
        str(tmp_path / "template"),
        output_dir=tmp_path,
        no_input=True,
        default_config=True,
        checkout="v1.0.0",
        skip=[SKIPPED] if case is SKIP_CASE else None,
    )
    cases.git("init", "--quiet", "--initial-branch=main", cwd=path)
    cases.commit_all(path, "New")
    cases.play_owner(case, path)
    return path


def play(case: Case, project: Path) -> None:
    before = cases.files_of(project)
    if case is HOOK_CASE:
        with pytest.raises(ScaffolderError, match=r"hooks/post_gen_project\.py"):
            update_project(project, TRUSTED)
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
    assert (planned.added, planned.changed, planned.removed) == (
        *(outcome.added, outcome.changed, outcome.removed),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_lost_and_nothing_is_hidden(case: Case, project: Path) -> None:
    play(case, project)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="cruft writes in the system's encoding there")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nor_is_it_with_the_record_of_cruft(case: Case, project_of_cruft: Path) -> None:
    play(case, project_of_cruft)
