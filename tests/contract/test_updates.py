"""Each released version of each template, edited and updated: every edit is there, its tests are green."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from scaffolder import create, history
from scaffolder.update import Outcome, Wish, update_project

from .cases import cases
from .conftest import EVERY_TEMPLATE
from .edits import EDITS
from .test_suites import listing, passes
from .tools import template_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKERS = re.compile(rb"^(<{7}|>{7})( |$)", re.MULTILINE)
RELEASED = [
    (template, version)
    for version in history.versions()
    for template in EVERY_TEMPLATE
    if any(path.startswith(f"templates/{template}/project/") for path in history.files(version))
]


@dataclass(frozen=True, slots=True)
class Updated:
    """An edited project after its update, conflicts resolved; beside it a fresh one of the newest version."""

    template: str
    path: Path
    outcome: Outcome
    fresh: Path
    touched: frozenset[str]  # what the owner's commit changed


@pytest.fixture(scope="module", params=RELEASED, ids="-".join)
def updated(request, person, tmp_path_factory) -> Iterator[Updated]:
    """Generate at a released version, edit, commit, update to the newest, resolve the conflicts."""
    template, version = request.param
    answers = cases(template)[0].answers
    folder = tmp_path_factory.mktemp("updates")
    path, fresh = folder / template, folder / "fresh" / template
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"):
            patch.setenv(variable, str(person))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.delenv("GIT_CONFIG_GLOBAL", raising=False)
        # Answers to questions that came later are not given to an earlier version.
        known = history.files(version)[f"templates/{template}/questions.yml"].content
        shared = history.files(version)["templates/_shared/questions.yml"].content
        asked = {name for name in answers if re.search(rf"^{name}:".encode(), known + shared, re.MULTILINE)}
        old = {name: value for name, value in answers.items() if name in asked}
        create.new_project(template, path, answers=old, ask=False, version=version)
        create.new_project(template, fresh, answers=answers, ask=False)
        for edit in EDITS[template]:
            edit.make(path)
        _git(path, "add", "--all")
        _git(path, "commit", "--quiet", "--message", "Make it ours")
        touched = _git(path, "diff", "--name-only", "--no-renames", "HEAD~", "HEAD").split()
        outcome = update_project(path, Wish())
        for conflict in outcome.conflicts:
            _keep_ours(path, conflict.path)
        yield Updated(template, path, outcome, fresh, frozenset(touched))


def test_every_edit_is_there(updated):
    assert [edit for edit in EDITS[updated.template] if not edit.is_there(updated.path)] == []


def test_every_other_file_is_the_newest_templates(updated):
    differ = [name for name in _files(updated.path) ^ _files(updated.fresh) if name not in updated.touched]
    assert differ == []
    for name in _files(updated.fresh) & _files(updated.path) - updated.touched:
        assert (updated.path / name).read_bytes() == (updated.fresh / name).read_bytes(), name


def test_no_conflict_is_left_and_none_was_in_a_file_that_the_owner_never_touched(updated):
    assert _git(updated.path, "ls-files", "--unmerged") == ""
    assert {conflict.path for conflict in updated.outcome.conflicts} <= updated.touched
    for name in updated.touched & _files(updated.path):
        assert not MARKERS.search((updated.path / name).read_bytes()), name


def test_its_record_is_that_of_the_newest_version(updated):
    name = ".copier-answers.yml"
    assert (updated.path / name).read_bytes() == (updated.fresh / name).read_bytes()


@pytest.mark.slow
def test_its_own_tests_are_green_and_leave_nothing_behind(updated, green):
    tree = _tree(updated.path)
    if tree not in green:  # else another version led to the very same files, and they have passed
        before = listing(updated.path)
        said = passes(template_python(updated.template), updated.path)
        assert re.search(r"\d+ passed", said)
        assert listing(updated.path) - before == set()
    green.add(tree)


@pytest.fixture(scope="module")
def green() -> set[str]:
    """The trees whose tests have passed."""
    return set()


def test_every_template_has_its_edits():
    assert sorted(EDITS) == EVERY_TEMPLATE


def _keep_ours(project: Path, name: str) -> None:
    """Resolve a conflict: our side of each part where both changed, our file where the template has none."""
    stages = {line.split()[2]: line.split()[1] for line in _git(project, "ls-files", "-s", name).splitlines()}
    if {"1", "2", "3"} <= stages.keys():
        sides = []
        for stage in ("2", "1", "3"):
            side = project / f".git/side-{stage}"
            side.write_bytes(_bytes(project, "cat-file", "blob", stages[stage]))
            sides.append(str(side))
        (project / name).write_bytes(_bytes(project, "merge-file", "--ours", "--stdout", *sides))
    _git(project, "add", "--", name)


def _files(project: Path) -> set[str]:
    """Return the files that git has or would take, as they lie on disk."""
    listing = _git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return {name for name in listing.split("\0") if name and (project / name).is_file()}


def _tree(project: Path) -> str:
    """Return git's id of all that it has or would take, as it lies on disk."""
    _git(project, "add", "--all")
    return _git(project, "write-tree")


def _git(project: Path, *arguments: str) -> str:
    return _bytes(project, *arguments).decode("utf-8")


def _bytes(project: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=project, capture_output=True, check=True).stdout
