"""A project of a template of others, one version behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from scaffolder.create import new_project

from .cases import Case, write_copier_template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Make(Protocol):
    """Makes the project of a template that renders `before`, and then `after`."""

    def __call__(
        self, before: Mapping[str, bytes], after: Mapping[str, bytes], settings: str = ..., where: str = ...
    ) -> Path: ...


@pytest.fixture
def make(home: Path, tmp_path: Path) -> Make:
    """Return what makes a project at the first version of a template, in git unless `where` is in one."""

    def made(
        before: Mapping[str, bytes], after: Mapping[str, bytes], settings: str = "", where: str = "project"
    ) -> Path:
        source, project = tmp_path / "template", tmp_path / where
        write_copier_template(source, Case("", before, after, settings=settings))
        is_inside = (tmp_path / where).parent != tmp_path
        new_project(str(source), project, answers={}, ask=False, git=not is_inside, version="v1.0.0")
        return project

    return made
