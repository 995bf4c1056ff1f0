"""What templates there are, told without importing anything heavy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import scaffolder
from scaffolder import catalog
from scaffolder.catalog import Question, Template
from scaffolder.create import plan_project
from scaffolder.errors import UnknownTemplate

if TYPE_CHECKING:
    from pathlib import Path


def test_templates_are_listed_by_name_with_the_newest_release(released: Path) -> None:
    assert catalog.templates() == (
        Template("other", "Another", "Has a question without default.", ("Python", "Nothing"), "0.1.0"),
        Template("toy", "A toy", "Shows that a project comes out.", ("Python",), "0.1.0"),
    )


def test_before_the_first_release_the_packages_version_is_shown(toys: Path) -> None:
    assert {template.version for template in catalog.templates()} == {scaffolder.__version__}


def test_a_template_is_found_by_its_name(released: Path) -> None:
    assert catalog.find("toy").title == "A toy"


@pytest.mark.parametrize(
    ("name", "advice"),
    [("toi", "did you mean 'toy'"), ("Other", "did you mean 'other'"), ("zzz", "one of: other, toy")],
)
def test_an_unknown_template_is_told_with_the_nearest(released: Path, name: str, advice: str) -> None:
    with pytest.raises(UnknownTemplate, match=f"no template named '{name}'; .*{advice}"):
        catalog.find(name)


def test_questions_are_those_that_apply_with_the_defaults_proposed(released: Path) -> None:
    assert catalog.questions("toy") == (
        Question("project_name", "str", "What is it called?", "Toy", ()),
        Question("author_name", "str", "Your name", "Your Name", ()),
        Question("licence", "str", "Which licence?", "MIT", ("MIT", "Apache-2.0")),
        Question("web", "bool", "A page?", True, ()),
        Question("workers", "int", "How many workers?", 2, ()),
    )
    assert catalog.questions("other")[-1] == Question("colour", "str", "Which colour?", None, ())


def test_questions_are_those_that_copier_asks(released: Path, tmp_path: Path) -> None:
    planned = plan_project("toy", tmp_path / "pump", answers={}, ask=False, git=False)
    proposed = {question.name: question.default for question in catalog.questions("toy")}
    assert planned.answers == {**proposed, "author_name": "Ada Example"}


@pytest.mark.parametrize("is_checkout", [True, False])
def test_the_file_tree_is_that_of_a_project_with_every_option(
    released: Path, tmp_path: Path, is_checkout: bool
) -> None:
    if is_checkout:
        (released / "templates/toy/project/left behind.log").write_text("by a run in place\n")
    else:
        shutil.rmtree(released / ".git")
    assert catalog.file_tree("toy") == plan_project("toy", tmp_path / "pump", answers={}, ask=False).files


def test_listing_imports_nothing_heavy() -> None:
    heavy = "copier", "jinja2", "yaml", "questionary", "prompt_toolkit", "platformdirs"
    program = "import sys, scaffolder.catalog as c; c.templates(); print(*{*sys.argv} & {*sys.modules})"
    command = [sys.executable, "-c", program, *heavy]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "\n"
